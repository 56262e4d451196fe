"""Synthetic embryos: 3-D geometry in micrometres, Hoffman-like optics, exact masks."""
