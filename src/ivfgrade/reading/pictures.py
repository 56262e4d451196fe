"""A picture as the page shows it: decoded as for the network, smaller, as JPEG."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ivfgrade.dataset.images import read_image
from ivfgrade.htmlreport.pictures import jpeg

LONGEST = 640  # pixels: twice what the network sees, and a thousand pictures stay below 60 MB


@dataclass(frozen=True)
class Shown:
    jpeg: str  # base64
    width: int
    height: int
    scale: float  # shown pixels over those of the file


def shown(path: Path) -> Shown:
    image = Image.fromarray(read_image(path))
    scale = min(1.0, LONGEST / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    small = image.resize((width, height), Image.Resampling.LANCZOS) if scale < 1 else image
    return Shown(base64.b64encode(jpeg(np.asarray(small))).decode(), width, height, scale)
