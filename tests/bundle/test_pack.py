"""A folder of its own that proves itself, made whole or not at all, and twice the same."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
from typer.testing import CliRunner

from ivfgrade.bundle import manifest, pack, seal
from ivfgrade.cli import app
from ivfgrade.errors import InputError
from tests.bundle.made import bundle, contents, graph, picture

THREE_PACKAGES = """
import runpy, sys

class Refuse:
    asked = set()
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("numpy", "onnxruntime", "PIL", "ivfgrade") or top in sys.stdlib_module_names:
            return None
        self.asked.add(top)
        raise ModuleNotFoundError(f"No module named {top!r}", name=top)

sys.meta_path.insert(0, Refuse())
bundle, digest = sys.argv[1:]
sys.argv = ["verify.py", "--digest", digest]
try:
    runpy.run_path(f"{bundle}/verify.py", run_name="__main__")
except SystemExit as end:
    ours = [m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "ivfgrade"]
    assert ours and all(file.startswith(f"{bundle}/code/") for file in ours), ours
    raise
"""


def files(folder):
    return {name: (folder / name).read_bytes() for name in seal.files_of(folder)}


def test_the_verifier_in_the_bundle_needs_three_packages_and_its_own_code(packed):
    folder, digest = packed
    run = subprocess.run(
        [sys.executable, "-I", "-c", THREE_PACKAGES, str(folder), digest],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "The bundle works here as it did where it was made."
    assert seal.check(folder, digest)  # it left nothing behind


def test_without_the_packages_it_says_what_to_install(packed):
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(packed[0] / "verify.py")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "all 28 files are as it says" in run.stdout
    assert run.stderr.startswith("error: No module named")
    assert "pip install -r requirements.txt" in run.stderr


def test_a_file_beside_it_does_not_pass_for_pythons_own(copied):
    (copied / "argparse.py").write_text("raise SystemExit(0)")
    run = subprocess.run(
        [sys.executable, str(copied / "verify.py")], capture_output=True, text=True, check=False,
        cwd=copied,
    )  # fmt: skip
    assert run.returncode == 1
    assert "argparse.py does not belong to the bundle" in run.stderr


def test_samples_hold_a_graded_and_a_refused_picture_and_tell_no_names(packed):
    samples = manifest.read(packed[0]).samples
    kinds = {one.expected["model.onnx"].answer["status"] for one in samples}
    assert kinds == {"graded", "refused"}
    assert [one.picture for one in samples] == [f"samples/{n}.png" for n in (1, 2, 3)]


def test_samples_of_one_name_are_two(tmp_path):
    made = contents(tmp_path)
    twins = [picture(tmp_path / site / "x.png", level) for site, level in (("a", 20), ("b", 90))]
    pack.pack(tmp_path / "made", replace(made, pictures=twins))
    first, second = manifest.read(tmp_path / "made").samples
    assert first.expected["model.onnx"].answer != second.expected["model.onnx"].answer


def test_packing_twice_gives_the_same_bytes(packed, tmp_path):
    folder, digest = bundle(tmp_path)
    assert digest == packed[1]
    assert files(folder) == files(packed[0])


def test_what_is_packed_is_what_was_given(packed, tmp_path):
    made = contents(tmp_path)
    there = files(packed[0])
    assert there["model.onnx"] == made.graphs["model.onnx"]
    assert there["samples/2.png"] == made.pictures[1].read_bytes()
    assert there["LICENSE"] == made.licence.read_bytes()
    told, given = json.loads(there["manifest.json"]), json.loads(json.dumps(asdict(made.manifest)))
    assert {**told, "samples": []} == given


WRONG = {
    "picture": (lambda made, path: replace(made, pictures=[path / "none.png"]), "does not exist"),
    "licence": (lambda made, path: replace(made, licence=path / "none"), "licence .*none is no"),
    "graph": (lambda made, _: replace(made, graphs={}), "promotes model.onnx, which is not given"),
    "unknown": (lambda made, _: replace(made, graphs={**made.graphs, "b.onnx": b""}), "b.onnx is"),
    "contract": (lambda made, _: replace(made, manifest=replace(made.manifest, inputs={})),
                 "input pixels"),
    "samples": (lambda made, _: replace(made, pictures=()), "no sample picture"),
    "bytes": (lambda made, _: replace(made, graphs={"model.onnx": graph(0.5) + b"\x00\x00"}),
              "bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_packed_leaves_the_bundle_that_was_there(packed, tmp_path, change, words):
    old = shutil.copytree(packed[0], tmp_path / "made")
    with pytest.raises(InputError, match=words):
        pack.pack(old, change(contents(tmp_path / "pictures"), tmp_path))
    assert files(old) == files(packed[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "pictures"]


def test_a_run_that_is_stopped_leaves_the_bundle_that_was_there(packed, tmp_path, monkeypatch):
    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    old = shutil.copytree(packed[0], tmp_path / "made")
    monkeypatch.setattr("ivfgrade.bundle.seal.seal", stop)
    with pytest.raises(KeyboardInterrupt):
        bundle(tmp_path)
    assert files(old) == files(packed[0])


def test_a_bundle_is_replaced_and_nothing_else(packed, tmp_path):
    (tmp_path / "made").mkdir()
    bundle(tmp_path)
    (tmp_path / "made" / "LICENSE").unlink()
    assert bundle(tmp_path)[1] == packed[1]
    mine = tmp_path / "other" / "made"
    mine.mkdir(parents=True)
    (mine / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="is there and is no bundle"):
        bundle(tmp_path / "other")
    assert (mine / "thesis.txt").read_text() == "years"


def test_the_command_says_what_the_verifier_says(packed, tmp_path):
    folder, digest = packed
    good = CliRunner().invoke(app, ["verify", str(folder), "--digest", digest])
    assert good.exit_code == 0
    assert len(good.stdout.splitlines()) == 5
    bad = CliRunner().invoke(app, ["verify", str(tmp_path)])
    assert bad.exit_code == 1
    assert f"error: {tmp_path}: SHA256SUMS cannot be read" in bad.stderr


def test_the_command_does_not_run_the_code_of_the_bundle(copied):
    """Which is told as changed, whatever it would say itself."""
    (copied / "verify.py").write_text("print('all is well')")
    for path in (copied / "code").rglob("*.py"):
        path.write_text("raise RuntimeError")
    seal.seal(copied)
    done = CliRunner().invoke(app, ["verify", str(copied)])
    assert done.exit_code == 0
    assert "all is well" not in done.stdout
