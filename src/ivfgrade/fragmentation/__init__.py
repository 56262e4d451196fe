"""The first study: fragments of cleavage-stage embryos (AttnRegDeepLab)."""
