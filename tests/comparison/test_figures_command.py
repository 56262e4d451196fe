"""The page's figures from committed results are those that the page of that run drew."""

from base64 import b64encode
from pathlib import Path

import pandas as pd
import typer
from typer.testing import CliRunner

from ivfgrade.grading import load_scheme
from ivfgrade.htmlreport.__main__ import main
from ivfgrade.htmlreport.plots import conflict_plot, ratio_plot
from ivfgrade.htmlreport.rows import read_rows
from tests.comparison.made import write_experiments


def run(*arguments: Path | str):
    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_same_pictures_as_on_the_page(tmp_path, kept):
    kept(2, None, "seed-2")
    write_experiments(tmp_path / "pipeline", 2, None, ("A", "C"))
    rows = read_rows(tmp_path / "pipeline", ("C", "A"))
    scheme = load_scheme(tmp_path / "results" / "grading.yaml")
    done = run(tmp_path / "results", tmp_path / "out")
    assert done.exit_code == 0, done.output
    pages = {"ratios": ratio_plot(rows, scheme), "gradient_conflict": conflict_plot(rows)}
    for name, page in pages.items():
        path = tmp_path / "out" / "seed-2" / f"{name}.png"
        assert str(path) in done.output
        assert page.source.endswith(b64encode(path.read_bytes()).decode())
    # nobody wrote down how these rows learnt, but for the conflict of gradients
    assert len(list((tmp_path / "out" / "seed-2").iterdir())) == len(pages)


def test_what_was_written_down_of_learning_is_drawn(tmp_path, kept):
    home = kept(2, None, "seed-2")
    learning = pd.DataFrame({"epoch": [0, 1], "val_dice": [0.3, 0.5], "train_loss": [2.0, 1.0]})
    learning.to_csv(home / "history" / "C.csv", index=False)
    (home / "history" / "A.csv").write_text("epoch,val_dice\n")  # killed in its first epoch
    assert run(tmp_path / "results", tmp_path / "out").exit_code == 0
    drawn = {path.stem for path in (tmp_path / "out" / "seed-2").iterdir()}
    assert drawn == {"ratios", "learning_curves"}


def test_rows_that_were_not_kept_whole_and_places_that_are_none_are_one_line(tmp_path, kept):
    home = kept(2, None, "seed-2")
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "results", tmp_path / "file")
    assert (done.exit_code, done.output) == (
        1, f"error: {tmp_path / 'file'} is a file and no folder; name another place\n")  # fmt: skip
    (home / "C.csv").unlink()
    done = run(tmp_path / "results", tmp_path / "out")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "row C has no" in done.output


def test_each_trial_has_a_folder(tmp_path, kept):
    kept(2, None, "seed-2")
    kept(3, None, "seed-3")
    assert run(tmp_path / "results", tmp_path / "out").exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"seed-2", "seed-3"}


def test_without_results_the_error_is_one_line(tmp_path, kept):
    kept(2, None, "seed-2")
    scheme = tmp_path / "results" / "grading.yaml"
    (tmp_path / "empty").mkdir()
    done = run(tmp_path / "empty", tmp_path / "out", "--grading", scheme)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "holds no kept trial" in done.output
