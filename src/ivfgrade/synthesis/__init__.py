"""Synthetic embryos: three-dimensional geometry, Hoffman-like optics, exact truth."""
