"""Split by patient, so that no patient and no twin of an image is on both sides, and by grade.

Patients linked by near-duplicate images move as one group. Groups are dealt largest first, each
to the split that brings the counts per grade closest to their targets; a `split` column wins.

With a `fold` the patients are first dealt into equal folds. That one is the test split, the others
share the rest as the fractions say, so that over all folds every patient is tested once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from ivfgrade.dataset.contract import SPLITS, Sample
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme


@dataclass(frozen=True)
class Fractions:
    train: float
    val: float
    calibration: float
    test: float

    def __post_init__(self) -> None:
        if not (min(astuple(self)) >= 0 and abs(sum(astuple(self)) - 1) <= 1e-6):  # NaN is neither
            raise ValueError(f"{', '.join(SPLITS)} must be fractions that add up to 1")


@dataclass(frozen=True)
class SplitParams:
    annotated: Fractions  # patients with at least one mask or ratio
    grade_only: Fractions
    near_duplicate: float  # correlation of two pictures from which they count as one
    folds: int
    fold: int | None  # which of `folds` is the test split; None: the fractions say how large it is

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ValueError("folds must be at least 2")
        if self.fold is not None and not 0 <= self.fold < self.folds:
            raise ValueError(f"fold must lie between 0 and {self.folds - 1}, or be null")
        if self.fold is not None and 1 in (self.annotated.test, self.grade_only.test):
            raise ValueError("fold needs a share of images outside the test split")
        if not 0.9 <= self.near_duplicate <= 1:  # what thumbnails propose, see duplicates
            raise ValueError("near_duplicate is a correlation between 0.9 and 1")


@dataclass(frozen=True)
class Member:
    """What splitting needs to know of one image."""

    image: str
    patient: str
    supervision: str
    grade: str  # given, or that of the true ratio, or ""
    split: str  # given, or ""


@dataclass(frozen=True)
class _Group:
    """Patients that must stay together; `given` is the split that a column asks for."""

    patients: tuple[str, ...]
    annotated: bool
    counts: Counter[str]
    given: str


def members_of(
    samples: Iterable[Sample], ratios: Iterable[float | None], scheme: GradingScheme
) -> list[Member]:
    """`ratios` are the true ones, as far as they are known."""
    members = []
    for sample, ratio in zip(samples, ratios, strict=True):
        measured = "" if ratio is None else scheme.grade(ratio)
        grade = sample.grade or measured
        members.append(
            Member(sample.image, sample.patient, sample.supervision, grade, sample.split)
        )
    return members


def assign_splits(
    members: Sequence[Member],
    twins: Iterable[tuple[str, str]],
    params: SplitParams,
    seed: int,
) -> dict[str, str]:
    """Image -> split; `twins` are pairs of near-duplicate images, "none" is for unlabelled ones."""
    twins = list(twins)
    labelled = [member for member in members if member.supervision != "unlabelled"]
    groups = _groups(labelled, _linked_patients(members, twins))
    of_patient: dict[str, str] = {}
    for annotated, fractions in ((True, params.annotated), (False, params.grade_only)):
        chosen = [group for group in groups if group.annotated == annotated]
        for group, split in _deal(chosen, fractions, params, seed):
            of_patient.update(dict.fromkeys(group.patients, split))
    _require_every_split(groups, of_patient, params.annotated)
    column = {member.patient: member.split for member in labelled if member.split}
    of_patient.update(column)
    placed = {member.image: of_patient[member.patient] for member in labelled}
    _require_twins_together(twins, placed)
    return {member.image: placed.get(member.image, "none") for member in members}


def _linked_patients(members: Sequence[Member], twins: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Patient -> first patient, in name order, that it is linked with (union-find)."""
    patient_of = {member.image: member.patient for member in members}
    parent = {patient: patient for patient in patient_of.values()}

    def root(patient: str) -> str:
        while parent[patient] != patient:
            parent[patient] = parent[parent[patient]]
            patient = parent[patient]
        return patient

    for one, other in twins:
        if one in patient_of and other in patient_of:
            first, second = sorted((root(patient_of[one]), root(patient_of[other])))
            parent[second] = first
    return {patient: root(patient) for patient in parent}


def _groups(members: Sequence[Member], linked: Mapping[str, str]) -> list[_Group]:
    by_group: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_group[linked[member.patient]].append(member)
    groups = []
    for _, inside in sorted(by_group.items()):
        counts = Counter(f"grade {member.grade}" for member in inside)
        counts["image"], counts["patient group"] = len(inside), 1
        counts.update("ratio alone" for member in inside if member.supervision == "ratio")
        asked = Counter(member.split for member in inside if member.split)
        groups.append(
            _Group(
                patients=tuple(sorted({member.patient for member in inside})),
                annotated=any(member.supervision in ("paired", "ratio") for member in inside),
                counts=counts,
                given=min(asked, key=lambda split: (-asked[split], split)) if asked else "",
            )
        )
    return groups


def _deal(
    groups: list[_Group], fractions: Fractions, params: SplitParams, seed: int
) -> list[tuple[_Group, str]]:
    share = np.array(astuple(fractions))  # splits
    if params.fold is None:
        return _deal_into(SPLITS, share, groups, seed)
    given = next((group for group in groups if group.given), None)
    if given is not None:
        raise InputError(
            f"its split column already places patient {given.patients[0]}: "
            "set split.fold to null, or leave the column out"
        )
    folds = [str(fold) for fold in range(params.folds)]
    equal = np.full(params.folds, 1 / params.folds)
    dealt = _deal_into(folds, equal, groups, seed)
    tested = [(group, "test") for group, fold in dealt if fold == str(params.fold)]
    others = [group for group, fold in dealt if fold != str(params.fold)]
    rest = share * (np.array(SPLITS) != "test")
    return tested + _deal_into(SPLITS, rest / rest.sum(), others, seed)


def _deal_into(
    splits: Sequence[str], share: np.ndarray, groups: list[_Group], seed: int
) -> list[tuple[_Group, str]]:
    """Greedy and deterministic: the order depends on names, sizes and the seed alone."""
    kinds = sorted(set().union(*(group.counts for group in groups)))
    vectors = {g.patients: np.array([g.counts[kind] for kind in kinds], float) for g in groups}
    total = sum(vectors.values(), np.zeros(len(kinds)))  # kinds
    filled = np.zeros((len(splits), len(kinds)))
    dealt = []
    for group in groups:
        if group.given:
            filled[splits.index(group.given)] += vectors[group.patients]
            dealt.append((group, group.given))
    free = [group for group in groups if not group.given]
    shuffled = [free[i] for i in np.random.default_rng(seed).permutation(len(free))]
    for group in sorted(shuffled, key=lambda g: -g.counts["image"]):
        split = _neediest(filled, vectors[group.patients], share, total)
        filled[split] += vectors[group.patients]
        dealt.append((group, splits[split]))
    return _every_split_has_one(dealt, splits, share)


def _neediest(filled: np.ndarray, vector: np.ndarray, share: np.ndarray, total: np.ndarray) -> int:
    """The split where adding `vector` lowers the squared distance from the targets most."""
    target = share[:, None] * total  # splits kinds
    scale = np.maximum(target, 1e-9) * np.maximum(total, 1)
    change = ((filled + vector - target) ** 2 - (filled - target) ** 2) / scale
    return int(np.argmin(np.where(share > 0, change.sum(1), np.inf)))


def _every_split_has_one(
    dealt: list[tuple[_Group, str]], splits: Sequence[str], share: np.ndarray
) -> list[tuple[_Group, str]]:
    """With few patients rounding can leave a split empty: it gets the smallest spare group."""
    dealt = list(dealt)
    for split in (name for name, part in zip(splits, share, strict=True) if part > 0):
        sizes = Counter(name for _, name in dealt)
        if sizes[split]:
            continue
        spare = [i for i, (group, name) in enumerate(dealt) if sizes[name] > 1 and not group.given]
        if spare:
            smallest = min(spare, key=lambda i: (dealt[i][0].counts["image"], dealt[i][0].patients))
            dealt[smallest] = (dealt[smallest][0], split)
    return dealt


def _require_twins_together(twins: list[tuple[str, str]], placed: Mapping[str, str]) -> None:
    """A column can tear a chain of twins apart whose middle it does not place."""
    for one, other in twins:
        if one in placed and other in placed and placed[one] != placed[other]:
            raise InputError(
                f"{one} and {other} show the same picture but fall into {placed[one]} and "
                f"{placed[other]}: the split column tears a chain of twins apart; "
                "give all its patients one split, or leave an image of it out"
            )


def _require_every_split(
    groups: list[_Group], of_patient: Mapping[str, str], fractions: Fractions
) -> None:
    """A split column may leave a split out; our own dealing may not."""
    annotated = [group for group in groups if group.annotated]
    if all(group.given for group in annotated or groups):
        return
    wanted = [s for s, part in zip(SPLITS, astuple(fractions), strict=True) if part > 0]
    reached = {of_patient[group.patients[0]] for group in annotated}
    missing = [split for split in wanted if split not in reached]
    if not missing:
        return
    if len(annotated) < len(wanted):
        raise InputError(
            f"a mask or ratio is there for only {len(annotated)} of its patients (near-duplicates "
            f"counted as one), which leaves none for {', '.join(missing)}; "
            f"at least {len(wanted)} are needed"
        )
    raise InputError(
        f"its split column leaves no patient with a mask or ratio for {', '.join(missing)}; "
        "place some there"
    )
