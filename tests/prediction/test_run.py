"""Runs over whole folders: every good picture answered, every bad one told, none done twice."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.prediction import run as running
from ivfgrade.prediction.inputs import files_meant
from ivfgrade.prediction.opened import Opened
from ivfgrade.prediction.record import Writing
from ivfgrade.prediction.run import predict
from tests.bundle.made import picture
from tests.prediction.answered import by_name, lines, pixels, run, table
from tests.prediction.bad import BAD, GOOD


@pytest.fixture
def mixed(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name, (make, _) in (BAD | GOOD).items():
        make(folder / name)
    return folder


def test_every_good_file_is_answered_and_every_bad_one_told_with_its_reason(
    opened, mixed, tmp_path
):
    outcome = run(opened, mixed, tmp_path / "out")
    found = by_name(tmp_path / "out")
    assert found.keys() == BAD.keys() | GOOD.keys()
    for name, (_, reason) in BAD.items():
        assert found[name]["status"] == "unreadable", name
        assert found[name]["reasons"][0].startswith(reason), (name, found[name])
    for name, (_, size) in GOOD.items():
        assert found[name]["status"] == "graded", (name, found[name])
        assert (found[name]["width"], found[name]["height"]) == size
    assert outcome.counts == {"graded": len(GOOD), "unreadable": len(BAD)}
    assert len(outcome.unreadable) == 10
    assert len(table(tmp_path / "out/answers.csv")) == len(found)


def test_masks_and_overlays_have_the_pictures_size_and_names_that_any_disk_takes(
    opened, mixed, tmp_path
):
    run(opened, mixed, tmp_path / "out")
    for name, (_, size) in GOOD.items():
        record = by_name(tmp_path / "out")[name]
        for kind in ("mask", "overlay"):
            assert pixels(tmp_path / "out" / record[kind]).shape[1::-1] == size, (name, kind)
            assert not set("#%? =\n") & set(record[kind])


def test_a_record_says_what_the_graph_found(opened, tmp_path):
    """A third of the picture is dark; three white squares are its fragments."""
    path = picture(tmp_path / "in/a.png", 60)
    run(opened, path, tmp_path / "out")
    (record,) = lines(tmp_path / "out")
    about = path.stat()
    assert record["file"] == str(path)
    assert (record["bytes"], record["changed_ns"]) == (about.st_size, about.st_mtime_ns)
    assert record["ratio"] == pytest.approx((60 + 3 * 36 / 4800 * 195) / 255, abs=0.005)
    assert record["ratio_low"] < record["ratio"] < record["ratio_high"]
    assert (record["grade"], record["embryo_px"]) == ("C", 4800)
    places = [(one["x_px"], one["y_px"]) for one in record["fragments"]]
    assert sorted(places) == [pytest.approx(at, abs=0.6) for at in ((9, 9), (21, 9), (33, 9))]
    mask = pixels(tmp_path / "out" / record["mask"])
    assert (mask == 2).sum() == sum(one["area_px"] for one in record["fragments"])
    assert (mask == 1).sum() == 4800 - (mask == 2).sum()


def test_a_refused_picture_has_outlines_and_reasons_and_no_number(opened, tmp_path):
    run(opened, picture(tmp_path / "in/a.png", 255), tmp_path / "out")
    (record,) = lines(tmp_path / "out")
    assert (record["status"], record["reasons"]) == ("refused", ["saturated"])
    assert not {"ratio", "grade", "fragments", "embryo_px"} & record.keys()
    assert (tmp_path / "out" / record["mask"]).exists()


def test_pictures_of_one_name_keep_their_own_files(opened, album, tmp_path):
    run(opened, album, tmp_path / "out")
    found = lines(tmp_path / "out")
    for kind in ("mask", "overlay"):
        assert len({record[kind] for record in found}) == 6


def test_a_second_run_computes_nothing_and_says_the_same(opened, album, tmp_path):
    first = run(opened, album, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/*")}
    second = run(opened, album, tmp_path / "out")
    assert (first.rate.pictures, second.rate.pictures) == (6, 0)
    assert second.counts == first.counts == {"graded": 6}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/*")} == before


def test_a_later_run_adds_other_pictures_and_counts_what_was_asked_for(opened, album, tmp_path):
    run(opened, album / "week1", tmp_path / "out")
    assert run(opened, album / "week2", tmp_path / "out").counts == {"graded": 3}
    assert len(table(tmp_path / "out/answers.csv")) == len(lines(tmp_path / "out")) == 6


def test_a_picture_that_was_replaced_is_answered_anew_and_has_one_line(opened, album, tmp_path):
    run(opened, album, tmp_path / "out")
    path = album / "week1/p0.png"
    old = {record["file"]: record for record in lines(tmp_path / "out")}
    picture(path, 200, height=44)
    assert run(opened, album, tmp_path / "out").rate.pictures == 1
    new = {record["file"]: record for record in lines(tmp_path / "out")}
    assert len(lines(tmp_path / "out")) == 6
    assert {name for name in new if new[name] != old[name]} == {str(path)}
    mask = tmp_path / "out" / new[str(path)]["mask"]
    assert pixels(mask).shape == (44, 80)


def test_a_picture_that_is_replaced_while_it_is_read_is_answered_anew_next_time(
    opened, tmp_path, monkeypatch
):
    path = picture(tmp_path / "in/a.png", 60)
    original = running.compute_alone

    def and_replaced(*arguments):
        done = original(*arguments)
        picture(path, 120, height=44)
        return done

    monkeypatch.setattr(running, "compute_alone", and_replaced)
    run(opened, path, tmp_path / "out")
    monkeypatch.setattr(running, "compute_alone", original)
    assert run(opened, path, tmp_path / "out").rate.pictures == 1
    assert lines(tmp_path / "out")[0]["height"] == 44


def test_an_unreadable_file_is_tried_again_when_mended_or_asked_for(opened, tmp_path, monkeypatch):
    path = tmp_path / "in/a.png"
    path.parent.mkdir()
    path.write_text("half a picture")
    tried = []
    original = running.compute_alone
    monkeypatch.setattr(
        running, "compute_alone", lambda *given: tried.append(given[1]) or original(*given)
    )
    for again, times in ((False, 1), (False, 1), (True, 2)):
        assert run(opened, path, tmp_path / "out", again).counts == {"unreadable": 1}
        assert (len(tried), len(lines(tmp_path / "out"))) == (times, 1)
    picture(path, 90)
    assert run(opened, path, tmp_path / "out").counts == {"graded": 1}
    assert len(lines(tmp_path / "out")) == 1


def test_a_network_that_gives_no_number_is_no_answer(opened, tmp_path):
    class Broken:
        def run(self, outputs, inputs):
            found = dict(zip(outputs, opened.session.run(outputs, inputs), strict=True))
            return [found[name] * np.nan if name == "ratio" else found[name] for name in outputs]

    broken = Opened(opened.manifest, opened.graph, Broken(), opened.digest)
    outcome = run(broken, picture(tmp_path / "in/a.png", 90), tmp_path / "out")
    assert outcome.counts == {"unreadable": 1}
    assert outcome.unreadable[0].endswith("a.png: the network gives no number for it")


def test_decoding_computing_and_writing_overlap(opened, tmp_path, monkeypatch):
    """Each begins while the one before it is still going on; one by one, none would."""
    for number in range(30):
        picture(tmp_path / f"in/{number}.png", 90, 8, 8, spots=0)
    busy, lock = [], threading.Lock()

    def slowed(module, name, seconds):
        original = getattr(module, name)

        def slow(*arguments):
            begun = time.perf_counter()
            time.sleep(seconds)
            with lock:
                busy.append((begun, time.perf_counter(), name))
            return original(*arguments)

        monkeypatch.setattr(module, name, slow)

    from ivfgrade.bundle import session as at_work

    slowed(at_work, "_decoded", 0.03)
    slowed(at_work, "_computed", 0.03)
    slowed(running, "written", 0.03)
    run(opened, tmp_path / "in", tmp_path / "out")
    busy.sort()
    assert {one[2] for one in busy} == {"_decoded", "_computed", "written"}
    together = sum(next_begun < ended for (_, ended, _), (next_begun, _, _) in pairwise(busy))
    assert together > 30


def test_the_share_of_the_networks_rate_counts_all_that_is_not_the_network(opened, album, tmp_path):
    """A network that takes 20 ms a picture, and other work that is not hidden behind it."""

    class Slow:
        def run(self, outputs, inputs):
            time.sleep(0.02)
            return opened.session.run(outputs, inputs)

    slow = Opened(opened.manifest, opened.graph, Slow(), opened.digest)
    rate = run(slow, album, tmp_path / "out").rate
    assert rate.pictures == 6
    assert 10 < rate.of_network <= 50
    assert rate.per_second == pytest.approx(6 / (rate.ended - rate.begun))
    assert rate.per_second < rate.of_network
    assert f"{rate.per_second / rate.of_network:.0%} of the network's own" in rate.told


def test_answers_of_two_settings_are_not_mixed(opened, album, tmp_path):
    run(opened, album, tmp_path / "out")
    before = (tmp_path / "out/answers.jsonl").read_bytes()
    other = Opened(opened.manifest, opened.graph, opened.session, "f" * 64)
    paths = files_meant([str(album)], tmp_path / "out")
    for bundle, how, what in (
        (other, Writing(tmp_path / "out", True, None), "digest"),
        (opened, Writing(tmp_path / "out", True, 0.5), "um_per_px none, asked for is 0.5"),
        (opened, Writing(tmp_path / "out", False, None), "overlays True, asked for is False"),
    ):
        with pytest.raises(InputError, match=f"holds answers with {what}"):
            predict(bundle, paths, how)
    assert (tmp_path / "out/answers.jsonl").read_bytes() == before


def test_a_folder_of_other_things_is_not_written_into(opened, album):
    with pytest.raises(InputError, match="week1 holds other things than answers"):
        run(opened, album / "week2", album / "week1")
    assert len(list((album / "week1").iterdir())) == 3


def test_few_pictures_wait_for_a_slow_disk(opened, tmp_path, monkeypatch):
    for number in range(40):
        picture(tmp_path / f"in/{number}.png", 90, 8, 8, spots=0)
    from ivfgrade.bundle import session as at_work

    computed, ahead = [], []
    compute_one, write = at_work._computed, running.written

    def slowly(*arguments):
        time.sleep(0.01)
        ahead.append(len(computed) - len(ahead))
        return write(*arguments)

    monkeypatch.setattr(
        at_work, "_computed", lambda *given: computed.append(1) or compute_one(*given)
    )
    monkeypatch.setattr(running, "written", slowly)
    run(opened, tmp_path / "in", tmp_path / "out")
    assert len(computed) == len(ahead) == 40
    assert 2 <= max(ahead) <= 2 * 2 + 2


def test_tables_of_a_run_that_did_not_end_are_not_there(opened, album, tmp_path):
    class Broken:
        def run(self, *_):
            raise RuntimeError("the device is gone")

    run(opened, album / "week1", tmp_path / "out")
    assert (tmp_path / "out/answers.csv").exists()
    broken = Opened(opened.manifest, opened.graph, Broken(), opened.digest)
    with pytest.raises(InputError, match="the network computes nothing here: the device is gone"):
        run(broken, album, tmp_path / "out")
    assert not (tmp_path / "out/answers.csv").exists()
    assert len(lines(tmp_path / "out")) == 3
