"""What later stages need of each split: who lacks it hears so from the check, not hours later.

Training learns from masks and starts the ratio head at the mean of their ratios. Validation picks
an epoch by Dice, which an image without fragments does not have, and by the error of the ratio.
Calibration fits the ratio that comes out of masks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from ivfgrade.dataset.contract import FRAGMENTS, LABELS, SPLITS, Problem
from ivfgrade.dataset.duplicates import Twins
from ivfgrade.dataset.remarks import Look
from ivfgrade.dataset.split import SplitParams, assign_splits, members_of
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme


def _outlined(look: Look) -> bool:
    return look.sample.supervision == "paired"


def _fragmented(look: Look) -> bool:
    return _outlined(look) and look.has_fragment


def _measured(look: Look) -> bool:
    return _outlined(look) and look.ratio is not None


MASK = ("image with a mask", _outlined)
FRAGMENT = ("mask that marks a fragment", _fragmented)
RATIO = ("image with a mask whose ratio is known, from a column or an outline", _measured)
NEEDS: dict[str, tuple[tuple[str, Callable[[Look], bool]], ...]] = {
    "train": (MASK, RATIO),
    "val": (MASK, FRAGMENT, RATIO),
    "calibration": (MASK, RATIO),
    "test": (),  # any label: its metrics say of themselves on how many images they rest
}


def split_problems(
    looks: Sequence[Look],
    twins: Iterable[Twins],
    scheme: GradingScheme,
    params: SplitParams,
    seed: int,
) -> list[Problem]:
    """Split as preprocessing will, and look for what every split must have."""
    if not looks:
        return []
    members = members_of([look.sample for look in looks], [look.ratio for look in looks], scheme)
    try:
        if not any(map(_outlined, looks)):
            raise InputError(
                f"none of its images has a mask in {FRAGMENTS}/, "
                "so no model can be trained on it; ivfgrade evaluate takes it"
            )
        splits = assign_splits(members, [(t.first, t.second) for t in twins], params, seed)
        reasons = _unmet_needs(looks, splits)
    except InputError as error:
        reasons = [str(error)]
    return [Problem(LABELS, reason, fatal=True) for reason in reasons]


def _unmet_needs(looks: Sequence[Look], splits: Mapping[str, str]) -> list[str]:
    """At most one reason per split; `splits` is image -> split."""
    patients = {(splits[look.sample.image], look.sample.patient) for look in looks}
    sizes = Counter(split for split, _ in patients)
    fullest = max(SPLITS, key=lambda split: sizes[split])
    reasons = []
    for split in SPLITS:
        inside = [look for look in looks if splits[look.sample.image] == split]
        lacking = [what for what, met in NEEDS[split] if not any(map(met, inside))]
        if not inside:
            reasons.append(
                f"no patient is in {split}; give some {fullest} patients the split {split}"
            )
        elif lacking:
            reasons.append(
                f"{split} has no {lacking[0]}; give a patient who has one the split {split}"
            )
    return reasons
