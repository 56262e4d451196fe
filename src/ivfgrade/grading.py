"""A grading scheme: which share of fragments is which grade. One ratio has exactly one grade."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.errors import InputError


@dataclass(frozen=True)
class GradingScheme:
    id: str
    version: int
    names: tuple[str, ...]
    borders: tuple[float, ...]  # 0 = borders[0] < ... < borders[-1] = 1, one more than names

    def grade_index(self, ratio: np.ndarray | float) -> np.ndarray:
        """Bins are [low, high): a ratio on a border belongs to the upper grade, 1 to the last."""
        return np.searchsorted(np.asarray(self.borders[1:-1]), np.asarray(ratio), side="right")

    def grade(self, ratio: float) -> str:
        return self.names[int(self.grade_index(ratio))]

    def interval(self, grade: str) -> tuple[float, float]:
        """[y_min, y_max] of equation 5."""
        if grade not in self.names:
            known = ", ".join(self.names)
            raise InputError(f"grade {grade!r} is not one of {known} in scheme {self.id}")
        index = self.names.index(grade)
        return self.borders[index], self.borders[index + 1]

    def widened(self, grade: str, margin: float) -> tuple[float, float]:
        """A grade given by eye does not bind to the last percent (S4.15)."""
        low, high = self.interval(grade)
        return max(0.0, low - margin), min(1.0, high + margin)


def load_scheme(path: Path) -> GradingScheme:
    try:
        content = YAML(typ="safe").load(path.read_text())
        rows = content["grades"]
        lows = [float(row["low"]) for row in rows]
        highs = [float(row["high"]) for row in rows]
        names = tuple(str(row["name"]) for row in rows)
        scheme_id, version = str(content["id"]), int(content["version"])
    except OSError as error:
        raise InputError(f"grading scheme {path} cannot be read: {error.strerror}") from error
    except (YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"grading scheme {path} needs id, version and grades with name, low and high"
        ) from error
    borders = [*lows, highs[-1]] if rows else []
    seamless = lows[1:] == highs[:-1] and borders[:1] == [0.0] and borders[-1:] == [1.0]
    if not seamless or sorted(set(borders)) != borders or len(set(names)) != len(names):
        raise InputError(f"grading scheme {path}: grades must cover 0 to 1 once, in rising order")
    return GradingScheme(scheme_id, version, names, tuple(borders))
