"""May trials be pooled? What they say of themselves decides, before any of their tables is read.

Asked of kept trials when they are compared, and of a new one before hours of training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ivfgrade.comparison.identity import Identity
from ivfgrade.comparison.same_values import differences
from ivfgrade.errors import InputError


def require_poolable(trials: Sequence[Identity]) -> None:
    """Asked of every two, not of each and the first: where the first was kept without its values,
    others may still differ in theirs."""
    for theirs, ours in combinations(trials, 2):
        obstacle = next(_obstacles(ours, theirs), None)
        if obstacle:
            raise InputError(f"{obstacle}: keep them in different folders of results")


def _obstacles(ours: Identity, theirs: Identity) -> Iterator[str]:
    both = f"{ours.name} and {theirs.name}"
    if (ours.fold is None) != (theirs.fold is None):
        yield f"{both} do not mix, a single split and folds test the same images"
    if ours.name == theirs.name:
        yield f"two trials are of {ours.name}"
    if None not in (ours.data_digest, theirs.data_digest) and (
        ours.data_digest != theirs.data_digest
    ):
        yield f"{both} were run on different data"
    if ours.profile != theirs.profile:
        yield f"{both} are of different profiles, {ours.profile} and {theirs.profile}"
    if ours.recipe != theirs.recipe:
        yield f"{both} are of different recipes, {ours.recipe} and {theirs.recipe}"
    for name, one, other in differences(ours, theirs):
        yield f"{both} were made with different values, {name} is {one} and {other}"
