"""Every testable claim of the paper, in the order of its argument."""

from __future__ import annotations

from ivfgrade.comparison.claim import Claim
from ivfgrade.comparison.claims_ablation import TABLE_1
from ivfgrade.comparison.claims_motivation import SECTION_II
from ivfgrade.comparison.claims_trade_off import TRADE_OFF

CLAIMS: tuple[Claim, ...] = (*SECTION_II, *TABLE_1, *TRADE_OFF)

NOT_TESTED = (
    "that 0.729 is the state of the art: no other Dice for fragments of human embryos is in print",
    "that the method reduces disagreement between embryologists: this needs readers",
    "that the models suit clinical use: this needs a clinic",
)
