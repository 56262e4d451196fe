"""Kept JSON files, checked where they are read: what is wrong is one sentence with file and key."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ivfgrade.errors import InputError

Record = dict[str, Any]


class Kind(NamedTuple):
    words: str  # as in "must be ..."
    fits: Callable[[Any], bool]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _names(value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    return texts and len(value) > 0 and len(set(value)) == len(value)


WHOLE = Kind("a whole number from 0", lambda value: _whole(value) and value >= 0)
COUNT = Kind("a whole number from 1", lambda value: _whole(value) and value >= 1)
FOLD = Kind("a whole number from 0, or null", lambda v: v is None or (_whole(v) and v >= 0))
INSIDE_1 = Kind("a number between 0 and 1", lambda value: _number(value) and 0 < value < 1)
NUMBER = Kind("a number, or null", lambda value: value is None or _number(value))
TEXT = Kind("a text", lambda value: isinstance(value, str) and bool(value))
PAIR = Kind("a list of two, or null", lambda v: v is None or (isinstance(v, list) and len(v) == 2))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NAMES = Kind("a list of names, each once", _names)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))

STUDY = {"data": TEXT, "bootstrap": OBJECT}
BOOTSTRAP = {"samples": COUNT, "confidence": INSIDE_1, "seed": WHOLE}
SHARED = {  # equal in all rows of a trial
    "training_seed": WHOLE,
    "fold": FOLD,
    "profile": TEXT,
    "recipe": TEXT,
    "verdicts": FLAG,
    "data_digest": TEXT,
}
TRIAL = {**SHARED, "order": NAMES, "rows": OBJECT}
TRAINING = {"epochs": COUNT, "phase": OBJECT, "phase_1": OBJECT, "model": OBJECT}  # if it is there
MEASURE = {"value": NUMBER, "low": NUMBER, "high": NUMBER, "by": TEXT, "grades": OBJECT,
           "images": WHOLE, "patients": WHOLE}  # fmt: skip
CORRELATION = {"value": NUMBER, "low": NUMBER, "high": NUMBER}
CONTROL = {"verdict": TEXT, "rank_correlation": OBJECT}


def read_record(path: Path) -> Record:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return require(found, path, {})


def require(found: Any, path: Path, kinds: Mapping[str, Kind], at: str = "") -> Record:
    """`found` itself, if it is an object with these keys; `at` is where in the file it stands."""
    if not isinstance(found, dict):
        raise InputError(f"{path}: {at or 'its content'} must be an object, not {_shown(found)}")
    require_keys(found, path, kinds, at)
    for name, kind in kinds.items():
        if not kind.fits(found[name]):
            where = f"{at}.{name}".lstrip(".")
            raise InputError(f"{path}: {where} must be {kind.words}, not {_shown(found[name])}")
    return found


def require_keys(found: Record, path: Path, names: Iterable[str], at: str = "") -> None:
    absent = [f"{at}.{name}".lstrip(".") for name in names if name not in found]
    if absent:
        raise InputError(f"{path} lacks {', '.join(absent)}")


def read_study(path: Path) -> Record:
    about = require(read_record(path), path, STUDY)
    resampled = require(about["bootstrap"], path, BOOTSTRAP, "bootstrap")
    strange = sorted(set(resampled) - set(BOOTSTRAP))
    if strange:
        raise InputError(f"{path} has an unknown key bootstrap.{strange[0]}")
    return about


def read_trial(path: Path) -> Record:
    about = require(read_record(path), path, TRIAL)
    for row in about["order"]:
        if row.startswith(".") or "/" in row:
            raise InputError(f"{path}: order names {_shown(row)}, which is no row")
    settings = require(about["rows"], path, dict.fromkeys(about["order"], OBJECT), "rows")
    for row in about["order"]:
        require_setting(settings[row], path, f"rows.{row}")
    return about


def require_setting(setting: Any, path: Path, at: str = "") -> Record:
    """A row.json; what it says of a training, where it says so, is of the right kind."""
    given = {n: kind for n, kind in TRAINING.items() if n in require(setting, path, {}, at)}
    if "model" in given:
        given["epochs"] = COUNT
    require(setting, path, given, at)
    if "phase" in given:
        require(setting["phase"], path, {"keep": PAIR, "hold": PAIR}, f"{at}.phase".lstrip("."))
    return setting


def read_texture(path: Path) -> Record:
    found = require(read_record(path), path, {"measured": OBJECT})
    for name, entry in found["measured"].items():
        require(entry, path, MEASURE, f"measured.{name}")
        _require_ends(entry, path, f"measured.{name}")
    return found


def read_heat_control(path: Path) -> Record:
    """By heat map, then by the part of the network that is redrawn."""
    found = read_record(path)
    for name, about in found.items():
        if isinstance(about, dict) and "control" in about:
            parts = require(about, path, {"control": OBJECT}, name)["control"]
            for part, one in parts.items():
                at = f"{name}.control.{part}"
                require(one, path, CONTROL, at)
                correlation, at = one["rank_correlation"], f"{at}.rank_correlation"
                _require_ends(require(correlation, path, CORRELATION, at), path, at)
    return found


def read_origin(path: Path) -> Record:
    """Of a stage: when, from which commit and on what machine it ran."""
    return require(read_record(path), path, {"stage": TEXT})


def _require_ends(entry: Mapping[str, Any], path: Path, at: str) -> None:
    ends: Sequence[Any] = [entry[name] for name in ("value", "low", "high")]
    if any(end is None for end in ends) and ends[0] is not None:
        raise InputError(f"{path}: {at} has a value without its interval")


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
