"""Names of what the parts of the graph hand to each other, and of what it answers."""

from __future__ import annotations

MAPS = ("fragment_probability", "embryo_probability", "fragment_mask", "embryo_mask")
DECIDED = ("ratio_low", "ratio_high", "grade", "grade_low", "grade_high", "refused")
NUMBERS = ("ratio", "direct", "soft", "doubt")  # one per image
CLUES = ("seen", "focus", "pooled")
OUTPUTS = (*MAPS, "ratio", *DECIDED, *NUMBERS[1:], "measured")
NETWORK = ("maps", *NUMBERS, *CLUES)  # what leads from image and valid to the rest
CONSTANTS = (
    "thresholds", "defocus_weight", "defocus_bias", "several_weight", "several_bias",
    "interval_scale", "interval_quantile", "grade_borders", "refusal_sides", "refusal_limits",
)  # fmt: skip
DOUBT_POWER = 1.5  # by which the interval's scale follows the doubt
SEEN = ("saturated", "embryo_share", "certainty")  # plain measures of quality
WIDTHS = (0.7, 1.4, 2.8, 5.6, 11.2)  # pixels: octaves from noise to whole cells
PEAKED = slice(1, 4)  # bands in which outlines lie: above noise, below whole cells
FOCUS = 2 * len(WIDTHS) + 3 + len(SEEN)  # clues: energies in the embryo and around it, peaks, SEEN
