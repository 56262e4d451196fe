"""What the paper says of outlines against grade: joint, decoupled, or two models."""

from __future__ import annotations

from ivfgrade.comparison.claim import (
    IDENTICAL,
    MATCH,
    NOT_PRINTED,
    AtLeast,
    Claim,
    OneModel,
    Same,
    Score,
    Steadier,
    dice,
    direct,
    hard,
    higher,
    lower,
    soft,
)
from ivfgrade.comparison.tables import SMALL_BOUNDARY, SMALL_PX, TEXTURE_ERROR
from ivfgrade.comparison.verdicts import DICE_MARGIN

TRADE_OFF = (
    Claim(
        "joint-training-costs-dice",
        "joint training gives up outlines for the grade (C's Dice under A's)",
        "IV.C, V",
        "0.716 and 0.729: -0.013",
        "difference",
        (lower(dice("C"), dice("A"), 0.013),),
    ),
    Claim(
        "joint-training-costs-dice-at-equal-passes",
        "joint training gives up outlines for the grade where both see as many images, all of A's "
        "with masks (C's Dice under A_longer's; control of ours, for the paper's number)",
        "IV.C, V",
        "0.716 and 0.729: -0.013, without this control",
        "difference",
        (lower(dice("C"), dice("A_longer"), 0.013),),
    ),
    Claim(
        "joint-training-costs-dice-on-the-same-images",
        "the second task itself costs outlines (Dice of C without graded images under A_longer's: "
        "the same images as often; control of ours, for the paper's number)",
        "IV.C, V",
        "0.716 and 0.729: -0.013, without this control",
        "difference",
        (lower(dice("C_paired"), dice("A_longer"), 0.013),),
    ),
    Claim(
        "joint-outlines-are-smoother",
        "A outlines more sharply than C (boundary F1 of A over C's)",
        "IV.C, Fig. 5",
        "example images",
        "figure",
        (higher(Score("A", "boundary_f1"), Score("C", "boundary_f1")),),
    ),
    Claim(
        "joint-outlines-are-smoother-around-small-fragments",
        "A outlines more sharply than C around small fragments (boundary F1 of A over C's, images "
        f"whose median fragment is under {SMALL_PX:g} pixels across at network resolution)",
        "IV.C, Fig. 5",
        "example images",
        "figure",
        (higher(Score("A", SMALL_BOUNDARY), Score("C", SMALL_BOUNDARY)),),
    ),
    Claim(
        "joint-masks-have-the-better-area",
        "C's masks nevertheless agree better with the true area than A's (hard-mask MAE of C "
        "under A's)",
        "IV.C, Fig. 5",
        "example images",
        "figure",
        (lower(hard("C"), hard("A")),),
    ),
    Claim(
        "joint-has-the-best-mae",
        "joint training with injection grades better than pure regression (C's MAE under B2's)",
        "IV.C",
        "0.046 and 0.051: -0.005",
        "difference",
        (lower(direct("C"), direct("B2"), 0.005),),
    ),
    Claim(
        "joint-surpasses-texture",
        "the joint model surpasses traditional methods (C's MAE under that of the perceptron on "
        "local binary patterns, which is given the embryo's outline where one is known)",
        "IV.C",
        "0.046 for C; the other number is not printed",
        "direction without a number",
        (lower(direct("C"), Score("C", TEXTURE_ERROR)),),
    ),
    Claim(
        "joint-surpasses-single-task",
        "the joint model surpasses the single-task baseline (C's MAE under B1's)",
        "IV.C",
        "0.046 and 0.057: -0.011",
        "difference",
        (lower(direct("C"), direct("B1"), 0.011),),
    ),
    Claim(
        "joint-matches-the-hard-mask",
        "C's direct answer is as exact as the ratio measured on A's hard mask",
        "IV.C",
        "0.046 for C; the other number is not printed",
        "equivalence",
        (Same(direct("C"), hard("A"), MATCH),),
    ),
    Claim(
        "joint-matches-the-soft-mask",
        "C's direct answer is as exact as the ratio measured on A's soft mask (the area of "
        "its probabilities as trained; those of our calibration have seen further true masks)",
        "IV.C",
        "0.046 for C; the other number is not printed",
        "equivalence",
        (Same(direct("C"), soft("A"), MATCH),),
    ),
    Claim(
        "visual-baseline-bounds-dice",
        "A, without gradients of the grade, is the upper bound of Dice (no row that learns both "
        "tasks lies above it by more than a margin: C, D, E)",
        "IV.C",
        "0.729 for A; 0.716, 0.729 and 0.678",
        "equivalence",
        tuple(AtLeast(dice("A"), dice(row), DICE_MARGIN) for row in ("C", "D", "E")),
    ),
    Claim(
        "decoupling-is-stable",
        "end-to-end training is unstable and decoupled training steadier, here: D's "
        "reported ratio varies less between training seeds than C's",
        "I.C, III.C, IV.C",
        NOT_PRINTED,
        "direction without a number",
        (Steadier("D", "C"),),
    ),
    Claim(
        "decoupling-keeps-dice",
        "decoupled training keeps the outlines of phase 1 (Dice of D equals A's)",
        "IV.C",
        "0.729 and 0.729",
        "equivalence",
        (Same(dice("D"), dice("A"), DICE_MARGIN),),
    ),
    Claim(
        "decoupled-mae-above-joint",
        "decoupled training grades slightly worse than joint training (D's MAE over C's)",
        "IV.C",
        "0.049 and 0.046: +0.003",
        "difference",
        (higher(direct("D"), direct("C"), 0.003),),
    ),
    Claim(
        "decoupled-mae-above-joint-at-equal-passes",
        "decoupled training grades slightly worse than joint training where both see as many "
        "images, all of the first phase's with masks (D_longer's MAE over C's; control of ours, "
        "for the paper's number)",
        "IV.C",
        "0.049 and 0.046: +0.003, without this control",
        "difference",
        (higher(direct("D_longer"), direct("C"), 0.003),),
    ),
    Claim(
        "decoupled-mae-under-regression",
        "the frozen features of phase 1 serve the grade: decoupled training grades better than "
        "pure regression (D's MAE under B2's)",
        "IV.C",
        "0.049 and 0.051: -0.002",
        "difference",
        (lower(direct("D"), direct("B2"), 0.002),),
    ),
    Claim(
        "literal-phase-2-leaves-the-injection-idle",
        "phase 2 with L_reg alone, as Table 1 words it, gives the injection no gradient, so its "
        "outlines stay A's (our reading of the paper, not its words)",
        "III.C, Table 1",
        "0.729 and 0.729",
        "equivalence",
        (
            Same(dice("D_literal"), dice("A"), IDENTICAL),
            Same(hard("D_literal"), hard("A"), IDENTICAL),
        ),
    ),
    Claim(
        "one-model-cannot-have-both",
        "it is difficult for a single model (IV.C), and a single model cannot (V), reach the best "
        "outlines and the best grade together (tested with F against the Dice of A, also for as "
        "many image passes and after phase 2, and C's MAE, however C is read, and after phase 2)",
        "IV.C, V",
        "0.729 (A) and 0.046 (C) in two models",
        "direction without a number",
        (OneModel(),),
    ),
    Claim(
        "two-models-are-best",
        "A for the outlines and C for the grade is the best deployment: C grades better than D and "
        "than A's own mask read softly, by its probabilities as trained",
        "IV.C, V",
        "0.046 for C, 0.049 for D; A's own ratio is not printed",
        "difference",
        (
            lower(direct("C"), direct("D"), 0.003),
            lower(direct("C"), soft("A")),
        ),
    ),
)
