"""A small folder in the data contract, and what tests do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivfgrade.dataset.split import Fractions, SplitParams
from ivfgrade.grading import GradingScheme

SCHEME = GradingScheme("abcd", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
SPLIT = SplitParams(Fractions(0.4, 0.2, 0.2, 0.2), Fractions(0.5, 0.0, 0.0, 0.5), 0.98, 5, None)
HEIGHT, WIDTH = 40, 56


@dataclass
class Folder:
    root: Path
    rows: list[dict[str, str]] = field(default_factory=list)

    def add(
        self, name: str, patient: str, kinds: Sequence[str] = ("masks", "embryo"), **labels: str
    ) -> None:
        index = len(self.rows)
        image, fragment, embryo = picture(index)
        self.save("images", name, image)
        for kind, mask in (("masks", fragment), ("embryo", embryo)):
            if kind in kinds:
                self.save(kind, Path(name).stem + ".png", mask.astype(np.uint8) * 255)
        self.rows.append({"image": name, "patient": patient, **labels})
        self.write_labels()

    def save(self, kind: str, name: str, pixels: np.ndarray) -> Path:
        path = self.root / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    def write_labels(self) -> None:
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        lines = [",".join(columns)]
        lines += [",".join(row.get(column, "") for column in columns) for row in self.rows]
        (self.root / "labels.csv").write_text("\n".join(lines) + "\n")


def picture(index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A noisy disc of its own place and size, its fragments and its outline."""
    rng = np.random.default_rng(index)
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    radius = rng.uniform(10, 16)
    distance = np.hypot(row - rng.uniform(17, 23), column - rng.uniform(20, 36))
    embryo = distance < radius
    fragment = embryo & (column > rng.uniform(28, 34))
    noise = rng.normal(0, 1, (HEIGHT, WIDTH))
    image = 120 + np.where(embryo, 40, 4) * noise
    return image.clip(0, 255).astype(np.uint8), fragment, embryo


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Eight annotated patients with two images each, then two patients with grades alone."""
    made = Folder(tmp_path / "raw")
    for patient in range(8):
        for image in range(2):
            made.add(f"p{patient}_{image}.png", f"P{patient}", grade="ABCD"[patient % 4])
    for patient in range(8, 10):
        made.add(f"p{patient}_0.png", f"P{patient}", kinds=(), grade="A")
    return made
