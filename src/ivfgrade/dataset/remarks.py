"""What a check remarks on beyond plain errors: odd masks, twins across splits, cheap shortcuts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from ivfgrade.dataset.contract import LABELS, SPLITS, Problem, Sample
from ivfgrade.dataset.duplicates import Twins
from ivfgrade.dataset.images import Mask
from ivfgrade.dataset.truth import area_ratio

STRAY = 0.05  # share of the fragment area that may lie outside the outline
CONTRADICTION = 0.05  # difference of a ratio column from the ratio of the masks
FEW_PATIENTS = 12  # annotated ones: three in each split at best


@dataclass(frozen=True)
class Look:
    """What was seen of one sample."""

    sample: Sample
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    height: int = 0
    width: int = 0
    pixel_digest: str = ""
    fingerprint: np.ndarray | None = None
    has_fragment: bool = False  # its mask marks at least one pixel
    ratio: float | None = None  # from the column, else from mask and outline


def remarks_on_masks(sample: Sample, fragment: Mask | None, embryo: Mask | None) -> list[Problem]:
    remarks = []
    for folder, name, mask in (
        ("masks", sample.fragment, fragment),
        ("embryo", sample.embryo, embryo),
    ):
        if mask is not None and mask.smoothed:
            reason = "has many grey levels as if resized; every nonzero pixel counts"
            remarks.append(Problem(f"{folder}/{name}", reason))
        if mask is not None and mask.pixels.all():
            remarks.append(Problem(f"{folder}/{name}", "marks the whole image"))
    if embryo is not None and not embryo.pixels.any():
        remarks.append(Problem(f"embryo/{sample.embryo}", "is empty; the outline is estimated"))
    elif fragment is not None and embryo is not None:
        remarks += _contradictions(sample, fragment.pixels, embryo.pixels)
    return remarks


def _contradictions(sample: Sample, fragment: np.ndarray, embryo: np.ndarray) -> list[Problem]:
    remarks = []
    area, outside = np.count_nonzero(fragment), np.count_nonzero(fragment & ~embryo)
    if outside > STRAY * area:
        reason = f"has {outside / area:.0%} of the fragment area outside the embryo outline"
        remarks.append(Problem(f"masks/{sample.fragment}", reason))
    measured = area_ratio(fragment, embryo)
    if sample.ratio is not None and measured is not None:
        difference = abs(sample.ratio - measured)
        if difference > CONTRADICTION:
            reason = f"has ratio {sample.ratio:g} in {LABELS} and {measured:.3f} in its masks"
            remarks.append(Problem(sample.image, reason))
    return remarks


def leaks(samples: list[Sample], twins: list[Twins]) -> list[Problem]:
    """Twins that a split column puts apart: the one in the less guarded split has to go."""
    patient_of = {sample.image: sample.patient for sample in samples}
    split_of = {sample.patient: sample.split for sample in samples if sample.split}
    problems = []
    for twin in twins:
        pair = [(split_of.get(patient_of[i], ""), i) for i in (twin.first, twin.second)]
        if all(split for split, _ in pair) and pair[0][0] != pair[1][0]:
            (split, image), (other_split, other) = sorted(pair, key=lambda p: SPLITS.index(p[0]))
            reason = (
                f"is in split {split} and shows the same picture as "
                f"{other} in split {other_split} (correlation {twin.correlation})"
            )
            problems.append(Problem(image, reason, (image,)))
    return problems


def remarks_on_twins(samples: list[Sample], twins: list[Twins]) -> list[Problem]:
    by_image = {sample.image: sample for sample in samples}
    remarks = []
    for twin in twins:
        one, other = by_image[twin.first], by_image[twin.second]
        same = f"shows the same picture as {other.image} (correlation {twin.correlation})"
        if one.patient != other.patient:
            consequence = f"so patients {one.patient} and {other.patient} stay in one split"
            remarks.append(Problem(one.image, f"{same}, {consequence}"))
        if one.grade and other.grade and one.grade != other.grade:
            remarks.append(Problem(one.image, f"{same}, but not its grade"))
    return remarks


def remarks_on_whole(looks: list[Look]) -> list[Problem]:
    """Signs that a model could score well without looking at fragments, or could not learn."""
    samples = [look.sample for look in looks]
    remarks = []
    annotated = {s.patient for s in samples if s.supervision in ("paired", "ratio")}
    if 0 < len(annotated) < FEW_PATIENTS:  # none is a problem, and told as one
        reason = f"only {len(annotated)} patients have a mask or ratio; intervals will be wide"
        remarks.append(reason)
    grades = {sample.grade for sample in samples if sample.grade}
    if len(grades) == 1:
        remarks.append(f"every grade is {min(grades)}, so grades teach nothing")
    remarks += _shortcuts("site", [(s.site, s.grade) for s in samples])
    sizes = [(f"{look.width} x {look.height}", look.sample.grade) for look in looks]
    remarks += _shortcuts("image size", sizes)
    return [Problem(LABELS, reason) for reason in remarks]


def _shortcuts(what: str, pairs: list[tuple[str, str]]) -> list[str]:
    """Several sites, or image sizes, each of one single grade, give the grade away."""
    grades_of = defaultdict(list)
    for value, grade in pairs:
        if value and grade:
            grades_of[value].append(grade)
    repeated = [grades for grades in grades_of.values() if len(grades) > 1]
    all_grades = {grade for grades in repeated for grade in grades}
    if len(repeated) > 1 and len(all_grades) > 1 and all(len(set(g)) == 1 for g in repeated):
        return [f"the {what} alone tells the grade"]
    return []
