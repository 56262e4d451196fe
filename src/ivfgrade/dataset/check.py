"""Look at a whole data set before anything is built from it, and report every problem at once."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivfgrade.atomic import write_json
from ivfgrade.dataset.contract import SUPERVISIONS, Problem, Sample, read_contract
from ivfgrade.dataset.duplicates import Twins, find_twins, fingerprint
from ivfgrade.dataset.images import BadImage, Mask, read_image, read_mask
from ivfgrade.dataset.needs import split_problems
from ivfgrade.dataset.outline import embryo_outline
from ivfgrade.dataset.pool import map_with_progress
from ivfgrade.dataset.remarks import (
    Look,
    leaks,
    remarks_on_masks,
    remarks_on_twins,
    remarks_on_whole,
)
from ivfgrade.dataset.split import SplitParams
from ivfgrade.dataset.truth import grade_disagreement, true_ratio
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme


@dataclass(frozen=True)
class Report:
    root: str
    problems: list[Problem]
    warnings: list[Problem]
    quarantined: list[str]  # images to leave out should the data set be used all the same
    counts: dict[str, Any]
    twins: list[Twins]  # near-duplicates, which must stay on one side of a split

    def require(self, on_bad: str) -> None:
        """Policy `fail`: any problem stops. Policy `quarantine`: only a rest without use does."""
        usable = self.counts["images"] and not any(problem.fatal for problem in self.problems)
        if not self.problems or (on_bad == "quarantine" and usable):
            return
        lines = [f"  {problem}" for problem in self.problems]
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise InputError("\n".join([f"{self.root} has {count}", *lines]))

    def text(self) -> str:
        """For people: what there is, what is odd, what is wrong."""
        counts = self.counts
        kinds = ", ".join(f"{n} {kind}" for kind, n in counts["supervision"].items() if n)
        grades = ", ".join(f"{n} {grade}" for grade, n in sorted(counts["grades"].items()))
        compared = counts["grade_disagreement"]
        differing = f"{compared['differing']} of {compared['compared']}"
        aside = f"; {differing} differ from the grade of the known ratio"
        lines = [
            f"{self.root}: {counts['images']} usable images of {counts['patients']} patients",
            f"  labels: {kinds or 'none'}; {counts['outlines_given']} embryo outlines given",
            f"  grades: {grades or 'none'}{aside if compared['compared'] else ''}",
        ]
        for title, entries in (("warning", self.warnings), ("problem", self.problems)):
            lines += [f"  {title}: {entry}" for entry in entries]
        return "\n".join(lines)


def check(
    root: Path, scheme: GradingScheme, split: SplitParams, seed: int, workers: int | None = None
) -> Report:
    if not root.is_dir():
        raise InputError(f"{root} is not a folder; it should hold images/ and labels.csv")
    contract = read_contract(root, scheme)
    jobs = [(root, sample) for sample in contract.samples]
    looks = map_with_progress(_look, jobs, "check", workers) if jobs else []
    problems = contract.problems + [problem for look in looks for problem in look.problems]
    warnings = contract.warnings + [remark for look in looks for remark in look.warnings]
    looks = [look for look in looks if not look.problems]
    samples = [look.sample for look in looks]
    twins = find_twins(
        [sample.image for sample in samples],
        np.array([look.fingerprint for look in looks]),
        [look.pixel_digest for look in looks],
        split.near_duplicate,
    )
    problems += leaks(samples, twins)
    quarantined = {image for problem in problems for image in problem.images if image}
    usable = [look for look in looks if look.sample.image not in quarantined]
    problems += split_problems(usable, twins, scheme, split, seed)
    warnings += remarks_on_twins(samples, twins) + remarks_on_whole(usable)
    return Report(
        root=str(root),
        problems=sorted(problems, key=str),
        warnings=sorted(warnings, key=str),
        quarantined=sorted(quarantined),
        counts=_counts(usable, twins, scheme),
        twins=twins,
    )


def write_report(report: Report, path: Path) -> None:
    write_json(path, asdict(report))


def read_report(path: Path, root: Path) -> Report:
    """The report on `root`; one on another folder would leave out the wrong images."""
    try:
        content = json.loads(path.read_text())
        for key in ("problems", "warnings"):
            entries = content[key]
            content[key] = [Problem(**{**e, "images": tuple(e["images"])}) for e in entries]
        content["twins"] = [Twins(**item) for item in content["twins"]]
        report = Report(**content)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; run dvc repro check") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a report of the check stage; run it again") from error
    if report.root != str(root):
        raise InputError(f"{path} is a report on {report.root}, not on {root}; run dvc repro check")
    return report


def _look(job: tuple[Path, Sample]) -> Look:
    root, sample = job
    try:
        image = read_image(sample.image_path(root))
    except BadImage as error:
        return Look(sample, problems=[_problem(error, root, sample)])
    masks: dict[str, Mask] = {}
    problems = []
    for kind, path in (
        ("fragment", sample.fragment_path(root)),
        ("embryo", sample.embryo_path(root)),
    ):
        try:
            if path is not None:
                masks[kind] = read_mask(path, image.shape)
        except BadImage as error:
            problems.append(_problem(error, root, sample))
    return Look(
        sample,
        problems=problems,
        warnings=remarks_on_masks(sample, masks.get("fragment"), masks.get("embryo")),
        height=image.shape[0],
        width=image.shape[1],
        pixel_digest=hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest(),
        fingerprint=fingerprint(image),
        has_fragment="fragment" in masks and bool(masks["fragment"].pixels.any()),
        ratio=None if problems else _ratio_of(sample, image, masks),
    )


def _problem(error: BadImage, root: Path, sample: Sample) -> Problem:
    return Problem(error.path.relative_to(root).as_posix(), error.reason, (sample.image,))


def _ratio_of(sample: Sample, image: np.ndarray, masks: dict[str, Mask]) -> float | None:
    """As preprocessing will find it; the slow estimate of an outline only where it matters."""
    fragment, given = (masks[k].pixels if k in masks else None for k in ("fragment", "embryo"))
    if sample.ratio is not None or fragment is None or not fragment.any():
        return true_ratio(sample.ratio, fragment, None, "none")[0]
    return true_ratio(None, fragment, *embryo_outline(image, given, fragment))[0]


def _counts(looks: list[Look], twins: list[Twins], scheme: GradingScheme) -> dict[str, Any]:
    samples = [look.sample for look in looks]
    kinds = Counter(sample.supervision for sample in samples)
    patient_of = {sample.image: sample.patient for sample in samples}
    apart = sum(patient_of.get(t.first) != patient_of.get(t.second) for t in twins)
    return {
        "images": len(samples),
        "patients": len({sample.patient for sample in samples}),
        "supervision": {kind: kinds[kind] for kind in SUPERVISIONS},
        "outlines_given": sum(bool(sample.embryo) for sample in samples),
        "grades": dict(Counter(sample.grade for sample in samples if sample.grade)),
        "splits_given": dict(Counter(sample.split for sample in samples if sample.split)),
        "sizes": dict(Counter(f"{look.width} x {look.height}" for look in looks).most_common(5)),
        "twins": {"same_patient": len(twins) - apart, "other_patient": apart},
        "grade_disagreement": grade_disagreement(
            ((look.sample.grade, look.ratio) for look in looks), scheme
        ),
    }
