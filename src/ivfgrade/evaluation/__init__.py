"""Scores of predictions against truth, with intervals, baselines and pictures."""
