"""What the paper reads from Table 1 about the gate, the weak labels and the injection."""

from __future__ import annotations

from ivfgrade.comparison.claim import (
    NOT_PRINTED,
    Border,
    Claim,
    NearerZero,
    Score,
    bias,
    boundary,
    dice,
    direct,
    hard,
    higher,
    lower,
)

TABLE_1 = (
    Claim(
        "gate-raises-dice",
        "the attention gate raises Dice (A over Baseline)",
        "IV.B, V",
        "0.729 and 0.717: +0.012",
        "difference",
        (higher(dice("A"), dice("Baseline"), 0.012),),
    ),
    Claim(
        "gate-sharpens-boundaries",
        "filtering shallow features by the gate improves how well boundaries are told (boundary "
        "F1 of A over Baseline's)",
        "IV.B",
        NOT_PRINTED,
        "direction without a number",
        (higher(boundary("A"), boundary("Baseline")),),
    ),
    Claim(
        "decoder-corrects-area",
        "the redesigned decoder corrects systematic errors of area, and so does the injection "
        "(bias of the hard mask's ratio nearer to 0: A than Baseline, C than E)",
        "I.C, III.A.3",
        NOT_PRINTED,
        "direction without a number",
        (NearerZero(bias("A"), bias("Baseline")), NearerZero(bias("C"), bias("E"))),
    ),
    Claim(
        "gate-quietens-cytoplasm",
        "the attention gate suppresses outlines where there are no fragments (A under Baseline, "
        "outlined share of images without fragments, often of few patients; false outlines beside "
        "true fragments are not measured)",
        "III.A, IV.B",
        NOT_PRINTED,
        "direction without a number",
        (lower(Score("A", "false_alarm"), Score("Baseline", "false_alarm")),),
    ),
    Claim(
        "range-loss-lowers-mae",
        "the range loss on images with a grade only lowers the MAE (B2 under B1)",
        "IV.C",
        "0.051 and 0.057: -0.006",
        "difference",
        (lower(direct("B2"), direct("B1"), 0.006),),
    ),
    Claim(
        "range-loss-serves-joint-training",
        "what it does for pure regression justifies the range loss in joint training, too (C's MAE "
        "under that of C without the graded images)",
        "IV.C",
        NOT_PRINTED,
        "direction without a number",
        (lower(direct("C"), direct("C_paired")),),
    ),
    Claim(
        "injection-raises-dice",
        "feature injection raises the Dice of joint training (C over E)",
        "IV.C, V",
        "0.716 and 0.678: +0.038",
        "difference",
        (higher(dice("C"), dice("E"), 0.038),),
    ),
    Claim(
        "injection-lowers-mae",
        "feature injection lowers the MAE of joint training (C under E)",
        "IV.C, V",
        "0.046 and 0.053: -0.007",
        "difference",
        (lower(direct("C"), direct("E"), 0.007),),
    ),
    Claim(
        "injection-raises-dice-at-equal-size",
        "it is the injected vector that raises Dice, not the added weights (C over E with a "
        "learned constant; control of ours, for the paper's number)",
        "IV.C",
        "0.716 and 0.678: +0.038, without this control",
        "difference",
        (higher(dice("C"), dice("E_constant"), 0.038),),
    ),
    Claim(
        "injection-lowers-mae-at-equal-size",
        "it is the injected vector that lowers the MAE, not the added weights (C under E with a "
        "learned constant; control of ours, for the paper's number)",
        "IV.C",
        "0.046 and 0.053: -0.007, without this control",
        "difference",
        (lower(direct("C"), direct("E_constant"), 0.007),),
    ),
    Claim(
        "injection-corrects-area",
        "feature injection corrects the area of the mask (C's hard-mask MAE under E's)",
        "Abstract, I.C, III.A",
        NOT_PRINTED,
        "direction without a number",
        (lower(hard("C"), hard("E")),),
    ),
    Claim(
        "injection-reconciles-gradients",
        "feature injection turns the conflict of the gradients into mutual help (cosine of C "
        "above E's)",
        "IV.C",
        NOT_PRINTED,
        "direction without a number",
        (Border("conflict_C_minus_E", 1, 0.0),),
    ),
    Claim(
        "joint-without-injection-costs-mae",
        "joint training without injection grades worse than the single task (E's MAE over B2's)",
        "IV.C",
        "0.053 and 0.051: +0.002",
        "difference",
        (higher(direct("E"), direct("B2"), 0.002),),
    ),
    Claim(
        "joint-without-injection-costs-dice",
        "joint training without injection outlines worse than the single task (E's Dice under A's)",
        "IV.C",
        "0.678 and 0.729: -0.051",
        "difference",
        (lower(dice("E"), dice("A"), 0.051),),
    ),
    Claim(
        "joint-without-injection-costs-dice-at-equal-passes",
        "joint training without injection outlines worse than the single task that sees as many "
        "images, all with masks (E's Dice under A_longer's; control of ours, for the paper's "
        "number)",
        "IV.C",
        "0.678 and 0.729: -0.051, without this control",
        "difference",
        (lower(dice("E"), dice("A_longer"), 0.051),),
    ),
)
