"""A graph at work on files: order, failures, and decoding that runs ahead of computing."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ivfgrade.bundle import session as at_work
from ivfgrade.bundle.session import CUDA, Computed, Failed, compute, compute_alone, open_graph
from ivfgrade.errors import InputError
from tests.bundle.made import graph, picture

OUTPUTS = ("ratio", "fragment_mask")


@pytest.fixture(scope="module")
def session():
    return open_graph(graph(), "cpu", threads=1)


class Slow:
    """In place of a session: takes its time, and notes what is asked."""

    def __init__(self, seconds: float, fails_on: tuple[int, ...] = ()) -> None:
        self.seconds, self.fails_on = seconds, fails_on
        self.calls, self.running = 0, False

    def run(self, outputs, inputs):
        self.running = True
        time.sleep(self.seconds)
        self.running = False
        self.calls += 1
        if inputs["pixels"].shape[1] in self.fails_on:
            raise RuntimeError("no memory\nfor this")
        return [np.zeros((1, 1)) for _ in outputs]


def pictures(folder: Path, levels: tuple[int, ...]) -> list[Path]:
    return [picture(folder / f"{n}.png", level, spots=0) for n, level in enumerate(levels)]


def test_answers_come_in_order_whatever_decodes_first(session, tmp_path):
    levels = (200, 10, 90, 40, 160, 70, 250)
    found = list(compute(session, pictures(tmp_path, levels), OUTPUTS, decoders=3))
    ratios = [one.found["ratio"] for one in found if isinstance(one, Computed)]
    assert ratios == pytest.approx([level / 255 for level in levels], abs=0.01)
    assert all(one.found["fragment_mask"].shape == (60, 80) for one in found)


def test_alone_and_among_others_a_picture_has_one_answer(session, tmp_path):
    paths = pictures(tmp_path, (50, 150))
    for path, among in zip(paths, compute(session, paths, OUTPUTS), strict=True):
        alone = compute_alone(session, path, OUTPUTS)
        assert alone.found["ratio"] == among.found["ratio"]
        assert alone.seconds > 0


def test_a_bad_file_is_told_in_its_place(session, tmp_path):
    good = picture(tmp_path / "good.png", 90)
    (tmp_path / "text.png").write_text("no picture")
    long = tmp_path / ("x" * 300 + ".png")  # no disk holds such a name
    found = list(compute(session, [tmp_path / "text.png", long, good], OUTPUTS))
    assert [type(one) for one in found] == [Failed, Failed, Computed]
    assert found[0].reason.startswith("is not a PNG")
    assert "name too long" in found[1].reason


def test_decoding_runs_while_another_is_computed(tmp_path, monkeypatch):
    slow, computing = Slow(0.03), []

    def decode(_):
        before = slow.running
        time.sleep(0.02)
        computing.append(before or slow.running)
        return np.zeros((2, 2, 3))

    monkeypatch.setattr(at_work, "read_image", decode)
    assert len(list(compute(slow, [tmp_path] * 12, OUTPUTS, decoders=1))) == 12
    assert sum(computing) >= 8  # all but the first


def test_decoding_runs_ahead_by_a_few_and_no_more(tmp_path, monkeypatch):
    decoded, lock = [], threading.Lock()

    def note(path):
        with lock:
            decoded.append(path)
        return np.zeros((2, 2, 3))

    monkeypatch.setattr(at_work, "read_image", note)
    for number, _ in enumerate(compute(Slow(0.005), [tmp_path] * 40, OUTPUTS, decoders=2), 1):
        assert len(decoded) <= number + 2 * 2
    assert len(decoded) == 40


def test_who_stops_early_waits_for_nothing_that_has_not_begun(tmp_path, monkeypatch):
    begun = []

    def decode(path):
        begun.append(path)
        time.sleep(0.3 if len(begun) > 1 else 0)
        return np.zeros((2, 2, 3))

    monkeypatch.setattr(at_work, "read_image", decode)
    running = compute(Slow(0), [tmp_path] * 40, OUTPUTS, decoders=4)
    next(running)
    running.close()
    assert len(begun) <= 5  # of eight that were asked for


def test_a_picture_that_is_too_much_for_the_network_is_told(tmp_path):
    paths = [picture(tmp_path / "a.png", 9), picture(tmp_path / "b.png", 9, height=50)]
    found = list(compute(Slow(0, fails_on=(60,)), paths, OUTPUTS))
    assert found[0] == Failed(paths[0], "the network cannot compute it: no memory")
    assert isinstance(found[1], Computed)


def test_a_network_that_fails_on_everything_ends_the_run(tmp_path):
    """Every picture would else be marked as a bad one."""
    broken = Slow(0, fails_on=(60, 64))
    with pytest.raises(InputError, match="computes nothing here: no memory"):
        list(compute(broken, [picture(tmp_path / "a.png", 9)] * 5, OUTPUTS))
    assert broken.calls == 2


def test_a_device_is_one_of_three_and_none_is_taken_for_another():
    with pytest.raises(InputError, match="it can be auto, cpu or cuda"):
        open_graph(graph(), "gpu")
    assert open_graph(graph(), "cpu").get_providers() == ["CPUExecutionProvider"]
    if CUDA not in open_graph(graph(), "auto").get_providers():
        with pytest.raises(InputError, match="finds none that it can use"):
            open_graph(graph(), "cuda")
