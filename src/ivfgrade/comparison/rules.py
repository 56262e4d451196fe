"""The rules of the ledger, as its reader is told them."""

from __future__ import annotations

from ivfgrade.comparison.claim import IDENTICAL, MATCH, SEPARABLE
from ivfgrade.comparison.verdicts import DICE_MARGIN, decimal
from ivfgrade.evaluation.bootstrap import Bootstrap


def rules(confidence: float) -> tuple[str, ...]:
    percent, one_in = f"{100 * confidence:g} %", f"{1 / (1 - confidence):.0f}"
    fewest = Bootstrap(1, confidence, 0).fewest_patients
    return (
        f"holds: the {percent} interval excludes 0 in the claimed direction",
        *WITHOUT_A_LEVEL,
        f"no interval for a value or difference of fewer than {fewest} patients: that all of them "
        "are of one mind would be chance; for texture, in each of the classes that are compared; "
        "for steadiness, nor of fewer training seeds than that",
        f"no correction for the number of claims: at {percent} one interval in {one_in} misses by "
        "chance",
    )


WITHOUT_A_LEVEL = (
    "does not hold: it excludes 0 the other way, or excludes half the claimed effect by falling "
    "short of it",
    "holds is asked before half of the effect: one that is certain but under half of the claimed "
    "one holds, and the reason says that it is smaller",
    "cannot tell: everything else, also a row that is missing",
    f"a row said to be the upper bound of Dice: holds if the interval lies above "
    f"-{decimal(DICE_MARGIN)}, does not hold if it lies below that, else cannot tell",
    "systematic error of area: the mean of the signed error of the hard mask's ratio, its distance "
    "from 0",
    "steadiness: the mean over images of the reported ratio's SD between training seeds; Student "
    "interval, from leaving out one training seed at a time and one patient at a time, as both are "
    "samples",
    "two numbers said to be equal: holds if the interval lies inside the stated margin on both "
    "sides of 0, does not hold if it lies wholly outside, else cannot tell; the margins: Dice "
    f"{decimal(DICE_MARGIN)}, the bound set for F; MAE {decimal(MATCH)}, half of the difference "
    f"that the paper calls outperforming; {decimal(IDENTICAL)} for outlines that must not change",
    f"features that cannot separate grades: an AUC below {decimal(SEPARABLE)}, half way from "
    "chance to certainty, by the best of the classifiers or pairs of grades that were tried, each "
    "resample by its own best; what features are said to find: by the paper's own perceptron",
    "soft mask: the area of a network's probabilities as they were trained; calibrated: of "
    "probabilities fitted to the true masks of the calibration patients; fused: that area and the "
    "direct answer, fitted to their true ratios",
    "texture over several trials: the mean of their values, from the lowest lower to the highest "
    "upper bound of their intervals",
    "heat maps: cannot tell, unless each map that is compared is shown to change when parts of its "
    "network are redrawn",
    "gradient cosine: one mean over epochs, layers and folds per training seed, since folds share "
    "most of their images; Student interval over the seeds",
    "a model that has both, outlines and grade: judged by the criterion of row F, against C read "
    "directly and through the same calibration, and against C after F's phase 2, and against the "
    "Dice of A, of A for as many image passes, and of both after phase 2; all must be met, by "
    "whole networks that started alike and learnt for as many epochs; one table can refute that "
    "claim or leave it open, for that one model fails does not show that none can do it",
    "a claim of several comparisons holds if all of them do, and does not hold if one does not",
    "intervals: where nothing else is said, percentiles over resamples of the test patients, "
    "paired by image; another training would differ too, which is not in the interval: see the "
    "difference per training seed",
)
