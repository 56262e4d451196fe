from __future__ import annotations

from pathlib import Path

import numpy as np

from ivfgrade.comparison.tables import read_table


def test_what_is_undefined_in_a_history_is_no_number(tmp_path: Path) -> None:
    """A row without outlines has no Dice in any epoch, and its history says `nan`."""
    (tmp_path / "history.csv").write_text("epoch,val_dice,val_mae\n0,nan,0.2\n1,,0.1\n")
    history = read_table(tmp_path / "history.csv")
    assert np.isnan(history["val_dice"]).all()
    assert list(history["val_mae"]) == [0.2, 0.1]
