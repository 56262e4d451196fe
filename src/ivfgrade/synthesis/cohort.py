"""Who is imaged where: patients in sequence, each at one site, with two to eight embryos.

Every embryo is a pure function of (seed, patient number, embryo number), so that counts, order
and workers can change without changing a single picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ivfgrade.synthesis.params import DEFECT_PATIENTS, DEFECTS, SynthesisParams
from ivfgrade.synthesis.scene import ECCENTRICITY_MOST, ZONA_OUTER_SD, ZONA_OUTER_UM, Wanted, Zona

EMBRYOS_LEAST, EMBRYOS_MOST, EMBRYOS_MEAN = 2, 8, 4
ZONA_THICKNESS_UM = (18.0, 3.5, 9.0, 25.0)  # mean, SD, least, most
WORST_RATIO = 0.80
WITHIN_GRADE = (1.2, 1.5)  # Beta


@dataclass(frozen=True)
class Patient:
    number: int
    embryos: int
    site: int
    thickness_um: float
    outer_um: float
    grain: float
    brightness: float  # of the background, relative to the site's


@dataclass(frozen=True)
class Case:
    """One image to make."""

    patient: int
    embryo: int
    paired: bool
    defect: str = ""


@dataclass(frozen=True)
class Cohort:
    """Who is drawn. From another first patient on nobody has been seen, at the same sites."""

    first_patient: int = 0
    embryos_most: int = EMBRYOS_MOST  # of one patient


WHOLE = Cohort()


def patient(number: int, seed: int, sites: int) -> Patient:
    rng = np.random.default_rng([seed, 2, number])
    extra = EMBRYOS_MOST - EMBRYOS_LEAST
    mean, sd, least, most = ZONA_THICKNESS_UM
    return Patient(
        number=number,
        embryos=EMBRYOS_LEAST + int(rng.binomial(extra, (EMBRYOS_MEAN - EMBRYOS_LEAST) / extra)),
        site=int(rng.integers(sites)),
        thickness_um=float(np.clip(rng.normal(mean, sd), least, most)),
        outer_um=float(rng.normal(ZONA_OUTER_UM, ZONA_OUTER_SD)),
        grain=float(np.exp(rng.normal(0, 0.2))),
        brightness=float(np.exp(rng.normal(0, 0.05))),
    )


def cases(params: SynthesisParams, seed: int, cohort: Cohort = WHOLE) -> Iterator[Case]:
    """Annotated patients first; then those with grades only; defects last."""
    made, number = 0, cohort.first_patient
    while made < params.paired + params.weak:
        embryos = patient(number, seed, params.sites).embryos
        for embryo in range(min(embryos, cohort.embryos_most)):
            if made == params.paired + params.weak:
                break
            yield Case(number, embryo, paired=made < params.paired)
            made += 1
        number += 1
    for rank, defect in enumerate(DEFECTS):
        for index in range(params.defects[defect]):
            owner = DEFECT_PATIENTS * (rank + 1) + cohort.first_patient + index
            yield Case(owner, 0, paired=False, defect=defect)


def wanted(owner: Patient, params: SynthesisParams, rng: np.random.Generator) -> Wanted:
    """Draw what this embryo shall be: a stage, and a ratio from the grade mix."""
    stage = int(rng.choice(list(params.stages), p=list(params.stages.values())))
    zona = Zona(
        outer_um=owner.outer_um + float(rng.normal(0, 2)),
        thickness_um=owner.thickness_um + float(rng.normal(0, 0.7)),
        eccentricity=float(rng.uniform(0, ECCENTRICITY_MOST)),
        angle=float(rng.uniform(0, np.pi)),
    )
    return Wanted(
        stage, _ratio(params, rng), zona, owner.grain, params.patterns, params.focus_depth_um
    )


def _ratio(params: SynthesisParams, rng: np.random.Generator) -> float:
    edges = (0.0, *params.grade_borders, 1.0)
    grade = int(rng.choice(len(params.grade_mix), p=list(params.grade_mix.values())))
    if grade == 0 and rng.random() < params.fragment_free_share:
        return 0.0
    low, high = edges[grade], min(edges[grade + 1], WORST_RATIO)
    return float(low + (high - low) * rng.beta(*WITHIN_GRADE))
