"""The data contract: from a folder of images and labels to checked, split, letterboxed arrays."""
