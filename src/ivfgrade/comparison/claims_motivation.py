"""What section II of the paper says before its own experiments: texture, regression, masks."""

from __future__ import annotations

from ivfgrade.comparison.claim import (
    NOT_PRINTED,
    SEPARABLE,
    Border,
    Claim,
    Score,
    direct,
    hard,
    higher,
    lower,
)
from ivfgrade.comparison.tables import GLCM_ERROR, TEXTURE_ERROR

SECTION_II = (
    Claim(
        "glcm-overlaps",
        "GLCM texture features cannot separate even grade A from grade D",
        "II.A, Fig. 1",
        "a t-SNE picture",
        "figure",
        (Border("glcm_auc_a_d", -1, SEPARABLE),),
    ),
    Claim(
        "lbp-sees-more-than-glcm",
        "local binary patterns are more sensitive than GLCM features (MAE of the same perceptron "
        "on either)",
        "II.A",
        NOT_PRINTED,
        "direction without a number",
        (lower(Score("C", TEXTURE_ERROR), Score("C", GLCM_ERROR)),),
    ),
    Claim(
        "lbp-finds-extremes",
        "an MLP on local binary patterns finds the embryos of grade D",
        "II.A, Fig. 2",
        "a distribution plot",
        "figure",
        (Border("lbp_auc_d", 1, SEPARABLE),),
    ),
    Claim(
        "lbp-misses-the-rest",
        "an MLP on local binary patterns cannot tell grades A, B and C apart",
        "II.A, Fig. 2",
        "a distribution plot",
        "figure",
        (Border("lbp_auc_abc", -1, SEPARABLE),),
    ),
    Claim(
        "regression-follows-the-truth",
        "a plain regression network (InceptionV3) follows the true ratio, here: its error is "
        "below that of the best constant of the training images",
        "II.B, Fig. 3",
        "a distribution plot",
        "figure",
        (lower(direct("Inception"), Score("Inception", "error_constant")),),
    ),
    Claim(
        "regression-looks-elsewhere",
        "without masks a regressor looks at the background: less of its heat map lies on "
        "fragments than in the networks that also outline",
        "II.B",
        NOT_PRINTED,
        "direction without a number",
        (
            lower(Score("B2", "heat_on_fragments"), Score("C", "heat_on_fragments")),
            lower(Score("B2", "heat_on_fragments"), Score("D", "heat_on_fragments")),
        ),
    ),
    Claim(
        "masks-accumulate-errors",
        "a ratio measured on the mask of a segmentation network (DeepLabV3+ in the paper's words) "
        "is less exact than a regressed one: Baseline's hard mask, and A's, have a higher MAE than "
        "C's direct answer",
        "II.B",
        NOT_PRINTED,
        "direction without a number",
        (higher(hard("Baseline"), direct("C")), higher(hard("A"), direct("C"))),
    ),
    Claim(
        "gradients-conflict-without-injection",
        "the gradients of outlines and grade oppose each other in the shared backbone (E)",
        "II.C, IV.C",
        NOT_PRINTED,
        "direction without a number",
        (Border("conflict_E", -1, 0.0),),
    ),
    Claim(
        "gradients-conflict-with-injection",
        "the same conflict exists in the network with injection (C)",
        "II.C, IV.C",
        NOT_PRINTED,
        "direction without a number",
        (Border("conflict_C", -1, 0.0),),
    ),
)
