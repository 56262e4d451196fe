"""A folder as `ivfgrade predict` leaves it: tiny pictures with squares on them, answers by hand."""

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image

from ivfgrade.grading import GradingScheme
from ivfgrade.prediction.journal import FILE, key_of

SCHEME = GradingScheme("s", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
HEIGHT, WIDTH = 40, 60
HOSTILE = '=1+1,"<img src=x onerror=window.harmed=1><!--\u2028\n.png'
RATIOS = (0.0512, 0.1734, 0.4321, 0.6123, 0.0634, 0.2145, 0.3378, 0.7789, 0.0456, 0.1867, 0.2911)
NAMES = tuple(f"p{number:02d}.png" for number in range(len(RATIOS)))
REFUSED, BROKEN = "q-refused.png", "r-broken.png"
DIGEST = "d" * 64
FACTS = {
    "scheme": {"grades": list(SCHEME.names), "borders": list(SCHEME.borders)},
    "confidence": 0.9,
    "refusals": {"defocused": "no sharp outline was found"},
}


def write_run(folder: Path, pictures: Path) -> Path:
    """Eleven graded pictures, one with a hostile name, one refused and one that nobody can read."""
    lines = [
        graded(folder, pictures / name, ratio) for name, ratio in zip(NAMES, RATIOS, strict=True)
    ]
    lines += [graded(folder, pictures / HOSTILE, 0.1111), refused(folder, pictures / REFUSED)]
    (pictures / BROKEN).write_bytes(b"no picture")
    reason = {"status": "unreadable", "reasons": ["cannot be decoded"]}
    lines.append({**about(pictures / BROKEN), **reason})
    (folder / FILE).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "run.json").write_text(json.dumps({"bundle": "made", "digest": DIGEST, **FACTS}))
    return folder


def graded(folder: Path, path: Path, ratio: float) -> dict:
    low, high = max(0.0, ratio - 0.06), min(1.0, ratio + 0.06)
    first, grade, last = (int(SCHEME.grade_index(value)) for value in (low, ratio, high))
    piece = {"area_px": 36, "diameter_px": 6.77, "x_px": 23.0, "y_px": 13.0}
    return {
        **about(picture(path)),
        "mask": mask(folder, path.stem),
        "status": "graded",
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "grade": SCHEME.names[grade],
        "grades": list(SCHEME.names[first : last + 1]),
        "embryo_px": 900,
        "fragments": [piece],
    }


def refused(folder: Path, path: Path) -> dict:
    found = {"status": "refused", "reasons": ["defocused"]}
    return {**about(picture(path)), "mask": mask(folder, path.stem), **found}


def about(path: Path) -> dict:
    size, changed = key_of(path)
    named = {"file": str(path), "bytes": size, "changed_ns": changed}
    return {**named, "width": WIDTH, "height": HEIGHT}


def picture(path: Path) -> Path:
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    pixels[10:16, 20:26] = 220
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def mask(folder: Path, stem: str) -> str:
    """The embryo 30 x 30 pixels, the fragment 6 x 6."""
    indices = np.zeros((HEIGHT, WIDTH), np.uint8)
    indices[5:35, 10:40] = 1
    indices[10:16, 20:26] = 2
    image = Image.fromarray(indices)
    image.putpalette([0, 0, 0, 80, 200, 255, 255, 170, 40])
    name = f"masks/{hashlib.sha256(stem.encode()).hexdigest()[:8]}.png"
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    image.save(folder / name)
    return name
