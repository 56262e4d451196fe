"""How heat maps and what becomes of them in their control are called, wherever they are written and
read; free of imports, so that a reader needs nothing of what draws them."""

GRADCAM, CONTRIBUTION = "gradcam_pp", "contribution"
CHANGES, STAYS, UNCERTAIN = "the map changes", "the map stays the same", "cannot tell"
