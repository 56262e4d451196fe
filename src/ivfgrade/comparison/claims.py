"""Every testable claim of the paper, in the order of its argument."""

from __future__ import annotations

from ivfgrade.comparison.claim import Claim
from ivfgrade.comparison.claims_ablation import TABLE_1
from ivfgrade.comparison.claims_motivation import SECTION_II
from ivfgrade.comparison.claims_trade_off import TRADE_OFF

CLAIMS: tuple[Claim, ...] = (*SECTION_II, *TABLE_1, *TRADE_OFF)

NOT_TESTED = (
    "that 0.729 is the state of the art: no other Dice for fragments of human embryos was found",
    "that regressing intervals converges stably and that classification loses magnitude (II.D): no "
    "row classifies, and one training that converges shows no stability",
    "that the consistency loss makes outlines and ratio reinforce each other (III.B.3): no row "
    "leaves out that loss alone",
    "that ASPP gives the context of the whole and output stride 8 keeps detail (III.A.1, IV.B): no "
    "row leaves out ASPP, and stride is no row",
    "that a sum of three losses cures the imbalance of fragments and background (III.B.1): no row "
    "leaves out one of them",
    "that decoupled training is the most balanced solution (IV.C): its parts are judged, the sum "
    "has no measure",
    "that the method reduces disagreement between embryologists: this needs readers",
    "that the models suit clinical use: this needs a clinic",
)
