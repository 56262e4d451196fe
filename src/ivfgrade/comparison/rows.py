"""The rows of Table 1: what each is, and what the paper prints for it. Which of them a table holds,
and in which order, is said elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    printed_dice: float | None = None  # None: not printed, or not a row of the paper
    printed_mae: float | None = None


ROWS = (
    Row("Baseline", "vanilla DeepLabV3+, outlines only", 0.717),
    Row("A", "attention gate, outlines only (phase 1)", 0.729),
    Row("B1", "regression only, paired images", None, 0.057),
    Row("B2", "regression only, paired and weak images (range loss)", None, 0.051),
    Row("C", "joint training with injection", 0.716, 0.046),
    Row("D", "decoupled: phase 1, then head and injection", 0.729, 0.049),
    Row("E", "joint training without injection", 0.678, 0.053),
    Row("D_literal", "decoupled, phase 2 with L_reg only as Table 1 words it", 0.729, 0.049),
    Row("E_constant", "joint training, a learned constant in place of the injected vector"),
    Row("C_pcgrad", "joint training with injection, conflicting gradients projected (PCGrad)"),
    Row("C_head", "C, then D's phase 2 on top of it (control: all that F gets and is not its own)"),
    Row("Inception", "InceptionV3, regression only (section II)"),
    Row("A_weak", "A, whose outlined area in graded images must fit the grade (F's phase 1)"),
    Row("A_longer", "A with as many image passes as A_weak (control: the same amount of training)"),
    Row("D_longer", "D on top of A_longer (control: F without its graded images' areas)"),
    Row("C_paired", "C without the graded images, with as many image passes (control)"),
    Row("A_taught", "A_weak, and a teacher of images with a grade alone (F_teacher's phase 1)"),
    Row("F", "ours: A_weak, then phase 2; one model for outlines and grade"),
    Row("F_likelihood", "F, whose phase 2 asks how likely the grade's interval is"),
    Row("F_teacher", "F, whose phase 1 also learns from a gated EMA teacher"),
)


def described(names: Sequence[str]) -> list[Row]:
    """A row that the catalogue does not know has a name and nothing else."""
    catalogue = {row.name: row for row in ROWS}
    return [catalogue.get(name, Row(name, "")) for name in names]
