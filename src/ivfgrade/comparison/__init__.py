"""Table 1, the claims ledger, the ladder of row F and stability, from per-image predictions."""
