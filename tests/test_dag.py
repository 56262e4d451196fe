"""The graph of dvc.yaml: no input undeclared, none too many; an edit reruns what it must."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ivfgrade.inputs import interpolate

PROJECT = Path(__file__).resolve().parents[1]
LIBRARY = PROJECT / "src"
STAGES = [
    "synthesize",
    "check",
    "preprocess",
    "pretrain",
    "finetune",
    "evaluate",
    "export",
    "track",
]

# Modules that a stage may import undeclared, each because no result depends on its code.
EXEMPT = {
    "ivfgrade.params": "hands values over; the values themselves are declared as params",
    "ivfgrade.strict": "refuses a params.yaml, never changes a value",
    "ivfgrade.errors": "how an error is worded",
    "ivfgrade.atomic": "how bytes reach the disk, not which",
    "ivfgrade.inputs": "fingerprints and guards a stage",
    "ivfgrade.provenance": "when and where a stage ran; no result reads it",
    "ivfgrade.tracking": "shows results, changes none",
}
# Modules inside a declared folder that its stage does not use: the price of a short list.
BESIDE = {"synthesize": {"ivfgrade.synthesis.realism"}}

# What a property of Params reads, where params.yaml has it (profiles and recipes by kind).
READS = {
    "active_profile": ["profiles"],
    "active_recipe": ["recipes"],
    "synthesize": ["profiles.synthesize"],
    "segmenter_spec": ["recipes.segmenter"],
    "spec": ["recipes.segmenter", "recipes.regressor"],
}
# Values that a stage may use undeclared: they are labels of the tracked run.
LABELS = {"track.experiment", "flat"}


@cache
def load(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((PROJECT / name).read_text())


@cache
def declared(stage: str) -> dict[str, Any]:
    return interpolate(load("dvc.yaml")["stages"][stage], load("params.yaml"))


def module_file(module: str) -> Path | None:
    path = LIBRARY.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.exists()), None)


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names |= {node.module or ""} | {f"{node.module}.{a.name}" for a in node.names}
    inside = {name for name in names if name.partition(".")[0] == "ivfgrade" and module_file(name)}
    return inside - {"ivfgrade"}


def is_exempt(module: str, exempt: Mapping[str, str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in exempt)


def closure(stage: str) -> set[Path]:
    """Files of the library that the stage's script imports, directly or not."""
    exempt = {k: v for k, v in EXEMPT.items() if (stage, k) != ("track", "ivfgrade.tracking")}
    script = PROJECT / "pipeline" / f"{stage}.py"
    found: dict[str, Path] = {}
    todo = [script]
    while todo:
        for module in imported(todo.pop()):
            file = module_file(module)
            if module not in found and file is not None and not is_exempt(module, exempt):
                found[module] = file
                todo.append(file)
    return {file for file in found.values() if has_code(file)}


def has_code(file: Path) -> bool:
    """An empty or docstring-only __init__.py is no input of anything."""
    body = ast.parse(file.read_text()).body
    return not all(isinstance(node, ast.Expr) for node in body)


def declared_files(stage: str) -> dict[Path, set[Path]]:
    """Declared library path -> the files that it stands for."""
    paths = [PROJECT / dep for dep in declared(stage)["deps"] if dep.startswith("src/")]
    files = {path: set(path.rglob("*.py")) if path.is_dir() else {path} for path in paths}
    return {path: {file for file in inside if has_code(file)} for path, inside in files.items()}


def relative(files: set[Path]) -> list[str]:
    return sorted(str(file.relative_to(PROJECT)) for file in files)


def test_the_stages_are_these() -> None:
    assert list(load("dvc.yaml")["stages"]) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_and_declares_its_script(stage: str) -> None:
    assert declared(stage)["cmd"].startswith(f"python -m pipeline.{stage} ")
    assert f"pipeline/{stage}.py" in declared(stage)["deps"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_imported_file_is_declared(stage: str) -> None:
    covered = set().union(*declared_files(stage).values())
    assert relative(closure(stage) - covered) == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_declared_file_is_superfluous(stage: str) -> None:
    beside = {module_file(module) for module in BESIDE.get(stage, set())}
    covered = set().union(*declared_files(stage).values())
    assert relative(covered - closure(stage) - beside) == []
    assert [path for path, files in declared_files(stage).items() if not files] == []


def test_the_closure_finds_imports_inside_functions_and_of_imports() -> None:
    assert LIBRARY / "ivfgrade/tracking/live.py" in closure("track")  # through the package
    assert LIBRARY / "ivfgrade/tracking/note.py" in closure("track")  # through send
    assert LIBRARY / "ivfgrade/tracking/live.py" not in closure("pretrain")


def upstream(stage: str) -> set[str]:
    """The stages whose outputs `stage` reads."""
    deps = [Path(dep) for dep in declared(stage)["deps"]]
    return {
        other
        for other in STAGES
        for out in output_paths(other)
        if any(dep.is_relative_to(out) or out.is_relative_to(dep) for dep in deps)
    }


def output_paths(stage: str) -> list[Path]:
    entries = [*declared(stage).get("outs", []), *declared(stage).get("metrics", [])]
    return [Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]


def test_the_edges_are_these() -> None:
    assert {stage: upstream(stage) for stage in STAGES} == {
        "synthesize": set(),
        "check": {"synthesize"},
        "preprocess": {"synthesize", "check"},
        "pretrain": {"preprocess"},
        "finetune": {"preprocess", "pretrain"},
        "evaluate": {"preprocess", "pretrain", "finetune"},
        "export": {"preprocess", "finetune"},
        "track": {"preprocess", "pretrain", "finetune", "evaluate", "export"},
    }


def test_every_path_in_a_command_is_a_dependency_or_an_output() -> None:
    for stage in STAGES:
        words = declared(stage)["cmd"].split()[3:]
        known = [Path(dep) for dep in declared(stage)["deps"]] + output_paths(stage)
        paths = [Path(word) for word in words if "/" in word]
        assert [path for path in paths if path not in known] == [], stage


def read_params(stage: str) -> set[str]:
    """Dotted names that the script reads of `params`, by its attribute chains."""
    tree = ast.parse((PROJECT / "pipeline" / f"{stage}.py").read_text())
    aliases = {"params": ""}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target, value in assigned(node):
                chain = dotted(value, aliases)
                if isinstance(target, ast.Name) and chain:
                    aliases[target.id] = chain
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in nodes}
    chains = {dotted(node, aliases) for node in nodes if id(node) not in inner}
    return {name for chain in chains if chain for name in as_written(chain)} - set(READS_WHOLE)


READS_WHOLE = ("profiles", "recipes")  # an alias of the active one; its attributes are what is read


def assigned(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return list(zip(target.elts, node.value.elts, strict=True))
    return [(target, node.value)]


def dotted(node: ast.expr, aliases: Mapping[str, str]) -> str:
    """`recipe.pretrain.batch` -> active_recipe.pretrain.batch; empty for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases or not names:
        return ""
    return ".".join([*filter(None, [aliases[node.id]]), *names])


def as_written(chain: str) -> list[str]:
    first, _, rest = chain.partition(".")
    return [".".join(filter(None, [name, rest])) for name in READS.get(first, [first])]


def declared_params(stage: str) -> set[str]:
    names = load("dvc.yaml")["stages"][stage].get("params", [])
    return {re.sub(r"^(profiles|recipes)\.\$\{\w+\}", r"\1", name) for name in names}


def interpolated_params(stage: str) -> set[str]:
    """Values that stand in a command or dependency: another value is another stage to DVC."""
    content = load("dvc.yaml")["stages"][stage]
    return set(re.findall(r"\$\{([\w.]+)\}", " ".join([content["cmd"], *content["deps"]])))


def within(name: str, section: str) -> bool:
    return name == section or name.startswith(f"{section}.")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "track"])
def test_the_declared_parameters_are_those_that_are_read(stage: str) -> None:
    read, named = read_params(stage) - LABELS, declared_params(stage)
    tracked = named | interpolated_params(stage)
    undeclared = {name for name in read if not any(within(name, section) for section in tracked)}
    unread = {
        section
        for section in named
        if not any(within(name, section) or within(section, name) for name in read)
    }
    assert (undeclared, unread) == (set(), set())


def test_track_shows_every_parameter() -> None:
    everything = set(load("params.yaml")) - {"profiles", "recipes"}
    assert declared_params("track") == everything | {"profiles", "recipes"}


# What DVC does with the graph: the real dvc.yaml, with commands that only digest their inputs.

COMMAND = """
import hashlib, sys
from pathlib import Path
split = sys.argv.index("--")
inputs, outputs = sys.argv[1:split], sys.argv[split + 1 :]
if Path(inputs[0]).read_text().endswith("REFUSE"):  # the stage's script
    sys.exit(1)
digest = hashlib.sha256(Path("params.yaml").read_bytes())
for name in inputs:
    path = Path(name)
    for file in sorted(p for p in [path, *path.rglob("*")] if p.is_file()):
        digest.update(file.read_bytes())
for name in outputs:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(digest.hexdigest() + name)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("pipeline", "src", "grading"):
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(PROJECT / folder, root / folder, ignore=ignore)
    for file in (".dvcignore", "params.yaml"):
        shutil.copy(PROJECT / file, root / file)
    (root / "README.md").write_text("read me")
    (root / "digest.py").write_text(COMMAND)
    content = deepcopy(load("dvc.yaml"))
    wanted = [dep for stage in content["stages"].values() for dep in stage["deps"]]
    for stage in content["stages"].values():
        stage["cmd"] = digest_command(stage, wanted)
    for section in ("metrics", "plots"):
        content.pop(section, None)
    with (root / "dvc.yaml").open("w") as file:
        YAML().dump(content, file)
    dvc(root, "init", "--no-scm", "-q")
    shutil.copy(PROJECT / ".dvc/config", root / ".dvc/config")
    dvc(root, "config", "core.no_scm", "true")
    return root


def digest_command(stage: Mapping[str, Any], wanted: list[str]) -> str:
    """Writes every output; of a folder the files that other stages name, and one more."""
    entries = [*stage["outs"], *stage.get("metrics", [])]
    outs = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    files = [
        name
        for out in outs
        for name in (
            [out]
            if Path(out).suffix
            else [f"{out}/content", *(w for w in wanted if w.startswith(f"{out}/"))]
        )
    ]
    return f"python digest.py {' '.join(stage['deps'])} -- {' '.join(files)}"


def dvc(root: Path, *arguments: str) -> str:
    done = run_dvc(root, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "DVC_NO_ANALYTICS": "true", "HOME": str(root)}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def repro(root: Path, *targets: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", dvc(root, "repro", *targets))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def change(root: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text())
    edit(params)
    with (root / "params.yaml").open("w") as file:
        yaml.dump(params, file)


def test_an_edit_reruns_what_it_must_and_no_more(checkout: Path) -> None:
    assert repro(checkout) == STAGES
    assert repro(checkout) == []

    replace(checkout / "README.md", "read me", "read me twice")
    assert repro(checkout) == []

    def learning_rate(params: dict[str, Any]) -> None:
        params["recipes"][params["recipe"]]["finetune"]["groups"][0][1] *= 2

    change(checkout, learning_rate)
    assert repro(checkout) == ["finetune", "evaluate", "export", "track"]

    shutil.rmtree(checkout / "mlruns")
    assert repro(checkout) == ["track"]

    def own_data(params: dict[str, Any]) -> None:
        params["data"]["root"] = "data/raw/mine"

    for name in ("a", "b"):
        (checkout / "data/raw/mine/images").mkdir(parents=True, exist_ok=True)
        (checkout / f"data/raw/mine/images/{name}.png").write_text(name)
    dvc(checkout, "add", "-q", "data/raw/mine")
    change(checkout, own_data)
    assert repro(checkout) == STAGES[1:]
    (checkout / "data/raw/mine/images/a.png").write_text("another image")
    assert repro(checkout) == STAGES[1:]


@pytest.mark.parametrize("stage", ["check", "preprocess"])
def test_a_refused_data_set_leaves_the_outputs_of_the_last_good_one(
    checkout: Path, stage: str
) -> None:
    repro(checkout, "preprocess")
    before = contents(checkout, ["check", "preprocess"])
    script = checkout / f"pipeline/{stage}.py"
    good = script.read_text()
    script.write_text(f"{good}# REFUSE")
    refused = run_dvc(checkout, "repro", "preprocess")
    assert refused.returncode != 0
    assert f"failed to reproduce '{stage}'" in refused.stderr
    assert contents(checkout, ["check", "preprocess"]) == before
    script.write_text(good)
    assert repro(checkout, "preprocess") == []


def contents(root: Path, stages: list[str]) -> dict[Path, bytes]:
    outs = [root / out for stage in stages for out in output_paths(stage)]
    files = {file for out in outs for file in [out, *out.rglob("*")] if file.is_file()}
    assert all(any(file.is_relative_to(out) for file in files) for out in outs)
    return {file: file.read_bytes() for file in files}
