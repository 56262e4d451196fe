"""Build a frozen dataclass from a mapping, key by key: a missing, unknown or mistyped key stops.

The types are the schema, so there is nothing to keep in step with them.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from ivfgrade.errors import InputError

T = TypeVar("T")


def build(cls: type[T], section: Any, where: str) -> T:
    """An instance of `cls`; `where` is the dotted name that an error mentions."""
    if not isinstance(section, Mapping):
        raise InputError(f"{where} must be a section of keys, not {section!r}")
    hints = typing.get_type_hints(cls)
    fields = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    prefix = f"{where}." if where else ""
    for key in section:
        if key not in fields:
            raise InputError(f"unknown parameter {prefix}{key}; known here: {', '.join(fields)}")
    for name in fields:
        if name not in section:
            raise InputError(f"missing parameter {prefix}{name}")
    values = {name: convert(hints[name], section[name], f"{prefix}{name}") for name in fields}
    try:
        return cls(**values)
    except ValueError as error:  # a range check in __post_init__
        raise InputError(f"parameter {prefix}{error}") from error


def convert(hint: Any, value: Any, where: str) -> Any:
    """`value` as the type `hint`, recursively; an int passes for a float, nothing else bends."""
    if hint is Any:
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, where)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is typing.Literal:
        if value not in arguments:
            known = ", ".join(map(str, arguments))
            raise InputError(f"parameter {where} is {value!r}; it can be {known}")
        return value
    if origin in (dict, Mapping) and isinstance(value, Mapping):
        return {str(key): convert(arguments[1], value[key], f"{where}.{key}") for key in value}
    if origin is tuple and isinstance(value, list | tuple):
        return _convert_tuple(arguments, value, where)
    if hint is float and type(value) in (int, float):
        return _float(value, where)
    if origin is None and type(value) is hint:
        return value
    raise InputError(f"parameter {where} is {value!r}; it must be {_readable(hint)}")


def _float(value: float, where: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"parameter {where} is too large a number") from None


def _convert_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise InputError(f"parameter {where} needs {len(arguments)} values, not {len(value)}")
    pairs = enumerate(zip(arguments, value, strict=True))
    return tuple(convert(hint, item, f"{where}[{i}]") for i, (hint, item) in pairs)


def _readable(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if typing.get_origin(hint) is None else str(hint)
