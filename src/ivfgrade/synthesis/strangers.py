"""Embryos of patients that nothing was trained, chosen or fused on, at the same sites; and pictures
with each planted defect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ivfgrade.synthesis.cohort import Cohort
from ivfgrade.synthesis.params import Strangers, SynthesisParams
from ivfgrade.synthesis.write import cores, synthesise


def synthesise_strangers(wanted: Strangers, like: SynthesisParams, seed: int, folder: Path) -> None:
    """Like the pictures that the network was made for, in all but whose they are."""
    params = replace(like, paired=wanted.good, weak=0, defects=wanted.defects)
    cohort = Cohort(wanted.first_patient, wanted.embryos_most)
    synthesise(params, seed, folder, cores(), cohort)
