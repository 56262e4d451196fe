"""Outline the fragments of cleavage-stage embryos, measure their share and grade it."""

__version__ = "0.1.0"
