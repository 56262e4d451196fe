"""The params.yaml that makes a trial, as far as a comparison needs it.

Not all of it is checked: what was kept years ago may lack a key that today's code asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.errors import InputError

Values = Mapping[str, Any]


def read_values(path: Path) -> Values:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return values_of(text, str(path))


def values_of(text: str, name: str) -> Values:
    """`name` is how to call it when it is wrong."""
    try:
        values = YAML(typ="safe").load(text)
        if not isinstance(values["profiles"][values["profile"]], Mapping):
            raise TypeError("its profile holds no values")
        stride_of(values)
    except (YAMLError, KeyError, TypeError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{name} is no params.yaml of a trial ({why})") from error
    return values


def stride_of(values: Values) -> int:
    """Of the backbone, while whole networks learn."""
    return values["recipes"][values["recipe"]]["outlining"]["output_stride"]
