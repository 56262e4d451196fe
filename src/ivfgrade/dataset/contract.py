"""The data contract: a folder with images/, masks/, embryo/ and labels.csv -> samples and problems.

Only names and labels are looked at here, no pixel. Every problem is collected, so that a user
mends a data set in one go; a row with a problem of its own yields no sample.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivfgrade.dataset.images import IMAGE_SUFFIXES, MASK_SUFFIXES
from ivfgrade.dataset.labels import Row, parse_fraction, read_rows
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme

IMAGES, FRAGMENTS, EMBRYOS, LABELS = "images", "masks", "embryo", "labels.csv"
SPLITS = ("train", "val", "calibration", "test")
SUPERVISIONS = ("paired", "ratio", "weak", "unlabelled")
KNOWN_COLUMNS = ("image", "patient", "grade", "ratio", "split", "stage", "site")


@dataclass(frozen=True)
class Problem:
    """`images` are the rows to leave out should the data set be used all the same."""

    file: str
    reason: str
    images: tuple[str, ...] = ()
    fatal: bool = False  # the rest cannot be used either

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Sample:
    image: str
    patient: str
    grade: str = ""
    ratio: float | None = None
    split: str = ""
    stage: str = ""
    site: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    fragment: str = ""  # file name in masks/, "" without one
    embryo: str = ""  # file name in embryo/, "" without one

    @property
    def supervision(self) -> str:
        if self.fragment:
            return "paired"
        if self.ratio is not None:
            return "ratio"
        return "weak" if self.grade else "unlabelled"

    def image_path(self, root: Path) -> Path:
        return root / IMAGES / self.image

    def fragment_path(self, root: Path) -> Path | None:
        return root / FRAGMENTS / self.fragment if self.fragment else None

    def embryo_path(self, root: Path) -> Path | None:
        return root / EMBRYOS / self.embryo if self.embryo else None


@dataclass(frozen=True)
class Contract:
    root: Path
    samples: list[Sample]  # sorted by image name
    problems: list[Problem]
    warnings: list[Problem]

    def without(self, images: Iterable[str]) -> Contract:
        left_out = set(images)
        kept = [sample for sample in self.samples if sample.image not in left_out]
        return replace(self, samples=kept)


def read_contract(root: Path, scheme: GradingScheme) -> Contract:
    images, warnings = _files(root, IMAGES, IMAGE_SUFFIXES)
    labels = root / LABELS
    if not labels.is_file():
        count = f"{len(images)} images" if images else "no images"
        reason = f"is missing; it names image and patient of each row ({count} in {IMAGES}/)"
        return Contract(root, [], [Problem(LABELS, reason)], [])
    rows, table_problems = read_rows(labels, required=("image", "patient"))
    problems = [Problem(LABELS, reason) for reason in table_problems]
    samples: list[Sample] = []
    for row in rows:
        sample, found = _sample(row, images, scheme)
        problems += found
        samples += [sample] if sample is not None else []
    if rows:
        named = [row["image"] for row in rows]
        problems += _name_clashes(named) + _unlisted(images, named)
    problems += _patients_in_two_splits(samples)
    samples, found, remarks = _with_masks(root, samples, images)
    problems += found
    left_out = {image for problem in problems for image in problem.images}
    kept = sorted((s for s in samples if s.image not in left_out), key=lambda s: s.image)
    return Contract(root, kept, problems, warnings + remarks)


def _sample(
    row: Row, images: set[str], scheme: GradingScheme
) -> tuple[Sample | None, list[Problem]]:
    name = row["image"]
    reasons = _name_problems(name, images)
    if not row["patient"]:
        reasons.append("has no patient; images of one patient must stay in one split")
    grade, split = row.get("grade", ""), row.get("split", "")
    if grade and grade not in scheme.names:
        reasons.append(f"has unknown grade {grade!r}; {scheme.id} has {', '.join(scheme.names)}")
    if split and split not in SPLITS:
        reasons.append(f"has unknown split {split!r}; it can be {', '.join(SPLITS)}")
    ratio, ratio_problem = parse_fraction(row.get("ratio", ""))
    reasons += [f"has {ratio_problem}"] if ratio_problem else []
    if reasons:
        where = f"({LABELS} line {row.line})"
        return None, [Problem(name or LABELS, f"{reason} {where}", (name,)) for reason in reasons]
    extra = {key: value for key, value in row.cells.items() if key not in KNOWN_COLUMNS}
    stage, site = row.get("stage", ""), row.get("site", "")
    return Sample(name, row["patient"], grade, ratio, split, stage, site, extra), []


def _name_problems(name: str, images: set[str]) -> list[str]:
    if not name:
        return ["a row names no image"]
    if Path(name).name != name or "\\" in name or name in (".", ".."):
        return [f"is not a plain file name in {IMAGES}/"]
    if Path(name).suffix.lower() not in IMAGE_SUFFIXES:
        known = ", ".join(suffix[1:] for suffix in IMAGE_SUFFIXES)
        return [f"needs an extension of {known}{_did_you_mean(name, images)}"]
    if name not in images:
        return [f"is not in {IMAGES}/{_did_you_mean(name, images)}"]
    return []


def _did_you_mean(name: str, images: set[str]) -> str:
    stem = Path(name).stem.casefold()
    similar = sorted(image for image in images if Path(image).stem.casefold() == stem)
    return f"; did you mean {similar[0]}?" if similar else ""


def _name_clashes(named: list[str]) -> list[Problem]:
    problems = []
    for name, count in sorted(Counter(named).items()):
        if name and count > 1:
            problems.append(Problem(name, f"is listed {count} times in {LABELS}", (name,)))
    by_stem = defaultdict(set)
    for name in filter(None, named):
        by_stem[Path(name).stem.casefold()].add(name)
    for names in by_stem.values():
        if len(names) > 1:
            first, *others = sorted(names)
            reason = f"has the same stem as {', '.join(others)}; masks are found by the stem"
            problems.append(Problem(first, reason, tuple(sorted(names))))
    return problems


def _unlisted(images: set[str], named: Iterable[str]) -> list[Problem]:
    missing = sorted(images - set(named))
    return [Problem(f"{IMAGES}/{name}", f"has no row in {LABELS}") for name in missing]


def _patients_in_two_splits(samples: list[Sample]) -> list[Problem]:
    splits: dict[str, set[str]] = defaultdict(set)
    images: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        images[sample.patient].append(sample.image)
        splits[sample.patient] |= {sample.split} - {""}
    return [
        Problem(
            f"patient {patient}",
            f"is in the splits {' and '.join(sorted(splits[patient]))}; one patient, one split",
            tuple(sorted(images[patient])),
        )
        for patient in sorted(images)
        if len(splits[patient]) > 1
    ]


def _with_masks(
    root: Path, samples: list[Sample], images: set[str]
) -> tuple[list[Sample], list[Problem], list[Problem]]:
    fragments, problems, remarks = _masks_by_stem(root, FRAGMENTS, images)
    embryos, found, more_remarks = _masks_by_stem(root, EMBRYOS, images)
    matched = [
        replace(
            sample,
            fragment=fragments.get(Path(sample.image).stem, ""),
            embryo=embryos.get(Path(sample.image).stem, ""),
        )
        for sample in samples
    ]
    return matched, problems + found, remarks + more_remarks


def _masks_by_stem(
    root: Path, folder: str, images: set[str]
) -> tuple[dict[str, str], list[Problem], list[Problem]]:
    files, remarks = _files(root, folder, IMAGE_SUFFIXES)
    owners = defaultdict(list)
    for image in images:
        owners[Path(image).stem].append(image)
    masks: dict[str, str] = {}
    problems = []
    for name in sorted(files):
        stem = Path(name).stem
        owner = tuple(owners.get(stem, ()))
        if not owner:
            problems.append(Problem(f"{folder}/{name}", f"has no image of that stem in {IMAGES}/"))
        elif Path(name).suffix.lower() not in MASK_SUFFIXES:
            reason = "is a JPEG, which invents mask values; save it as PNG"
            problems.append(Problem(f"{folder}/{name}", reason, owner))
        elif stem in masks:
            reason = f"is a second mask beside {masks[stem]}"
            problems.append(Problem(f"{folder}/{name}", reason, owner))
        else:
            masks[stem] = name
    return masks, problems, remarks


def _files(root: Path, folder: str, suffixes: tuple[str, ...]) -> tuple[set[str], list[Problem]]:
    """Names of the image files in a folder; hidden files are passed over, others remarked upon."""
    path = root / folder
    try:
        names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    names = {name for name in names if not name.startswith(".") and name != "Thumbs.db"}
    files = {name for name in names if Path(name).suffix.lower() in suffixes}
    reason = "is not an image, so it is ignored"
    return files, [Problem(f"{folder}/{name}", reason) for name in sorted(names - files)]
