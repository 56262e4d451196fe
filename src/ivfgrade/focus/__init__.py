"""Does the regression look at the fragments? Grad-CAM++ against the true outlines."""
