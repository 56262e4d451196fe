"""Does the graph answer raw pictures as the Python pipeline does?

The pipeline: Pillow's letterbox, the network in PyTorch, the maps on their way back by
`dataset.letterbox`. The graph resizes with other code, so that a grey level may differ here and
there; what comes of it is measured in the units of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
import torch

from ivfgrade.bundle.deployable import Deployable
from ivfgrade.bundle.params import Alike
from ivfgrade.dataset.letterbox import pad_image, place, unpad_map, valid
from ivfgrade.errors import InputError


@dataclass(frozen=True)
class Same:
    images: int
    ratio: float  # largest difference
    mask_iou: float  # of all fragment pixels together
    different: float  # largest share of an image's embryo pixels that differ in the fragment mask

    def require(self, limits: Alike) -> None:
        for what, value, limit, within in (
            ("ratios differ by up to", self.ratio, limits.ratio, self.ratio <= limits.ratio),
            ("masks overlap by", self.mask_iou, limits.mask_iou, self.mask_iou >= limits.mask_iou),
            ("the share of embryo pixels that differ is up to", self.different, limits.different,
             self.different <= limits.different),
        ):  # fmt: skip
            if not within:  # NaN, which is on no side, too
                raise InputError(
                    f"graph and PyTorch do not agree on {self.images} images: {what} {value:.3g}, "
                    f"the limit is {limit:g}; no graph was written"
                )

    def told(self) -> dict[str, Any]:
        return asdict(self)


def same(
    session: onnxruntime.InferenceSession, made: Deployable, pictures: Iterable[np.ndarray]
) -> Same:
    """`pictures` uint8 [H,W,3] of any sizes."""
    ratios, shares, both, either = [], [], 0, 0
    outputs = ["ratio", "fragment_mask"]
    for picture in pictures:
        ratio, masks = session.run(outputs, {"pixels": picture[None]})
        expected_ratio, fragment, embryo = by_python(made, picture)
        found = masks[0] > 0
        ratios.append(abs(float(ratio[0]) - expected_ratio))
        shares.append(float((found ^ fragment).sum() / max(1, int(embryo.sum()))))
        both += int((found & fragment).sum())
        either += int((found | fragment).sum())
    iou = both / either if either else 1.0
    return Same(len(ratios), max(ratios), iou, max(shares))


def by_python(made: Deployable, picture: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Ratio, and the masks of fragments and embryo at the picture's own size."""
    where = place(picture.shape[0], picture.shape[1], made.size)
    square = torch.from_numpy(pad_image(picture, where)).permute(2, 0, 1)[None] / 255
    inside = torch.from_numpy(valid(where))[None, None].float()
    with torch.inference_mode():
        found = made.network(square, inside)
    maps = found.maps[0].numpy()
    fragment, embryo = (
        unpad_map(one, where) >= threshold
        for one, threshold in zip(maps, made.thresholds, strict=True)
    )
    return float(found.ratio), fragment, embryo
