"""The one kind of error a user can cause; it reaches the terminal as one line, exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class InputError(Exception):
    """What is wrong, where, and what to do about it, in one sentence."""


def printable(text: str) -> str:
    """A file's name may hold line breaks, a terminal's commands, or bytes that are no text."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


@contextmanager
def one_line() -> Iterator[None]:
    """Turn an `InputError` into one line on stderr and exit code 1, without a traceback."""
    try:
        yield
    except InputError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        raise SystemExit(1) from None
