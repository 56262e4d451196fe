"""The files of a judged row: `judging` writes them, comparison and report read them."""

from __future__ import annotations

SCORES = "per_image.csv"  # one line per test image
VALIDATION = "validation.csv"  # the same columns, one line per image of the validation patients
HISTORY = "history.csv"  # one line per epoch
SETTINGS = "row.json"  # which row, of which trial, and how its network came about
OUTLINES = "outlines.npz"  # of a row that outlines: what it drew
