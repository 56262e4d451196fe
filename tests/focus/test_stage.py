"""The stage's script: which value goes where."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

from pipeline import focus
from tests.focus.conftest import PARAMS, embryos, fresh


class Stage:
    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def note(self, **facts: str) -> None:
        self.notes.update(facts)


def test_the_script_looks_into_the_network_of_its_row(monkeypatch, tmp_path):
    judged = SimpleNamespace(bootstrap_samples=20, confidence=0.9)
    params = SimpleNamespace(seed=1, device="cpu", precision="fp32", focus=PARAMS, evaluate=judged)
    stage = Stage()
    monkeypatch.setattr(focus, "load_params", lambda: params)
    monkeypatch.setattr(focus, "guarded", lambda *_: nullcontext(stage))
    monkeypatch.setattr(focus, "load_arrays", lambda _: embryos())
    monkeypatch.setattr(focus, "load_network", lambda _: (fresh().network, None))
    focus.main("D", tmp_path, tmp_path, tmp_path / "D", tmp_path / "focus.json")
    assert stage.notes == {"device": "cpu", "precision": "fp32"}
    numbers = json.loads((tmp_path / "D" / "metrics.json").read_text())
    assert numbers["layer"] == PARAMS.layer
    assert set(numbers["gradcam_pp"]["control"]) == set(PARAMS.randomised)
    files = {path.name for path in (tmp_path / "D").iterdir()}
    assert files == {
        "metrics.json",
        "per_image.csv",
        "heat.npz",
        "panels.png",
        "concentration_gradcam_pp.png",
        "concentration_contribution.png",
    }
