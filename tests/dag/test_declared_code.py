"""No file of the library that a stage imports is undeclared, and none is declared in vain."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.dag.graph import BESIDES, LIBRARY, PROJECT, STAGES, TABLE, declared, module_file, script

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
ROWS = {"ivfgrade.fragmentation.rows"}  # what a row means reaches its stage through params
# Modules inside a declared folder that its stage does not use: the price of a short list.
BESIDE = {
    "synthesize": {"ivfgrade.synthesis.realism", "ivfgrade.synthesis.strangers"},
    "calibrants": {"ivfgrade.synthesis.realism"},
    "assayed": {"ivfgrade.synthesis.realism"},
    "finetune": {"ivfgrade.training.conflict"},
    "freeze": {"ivfgrade.training.conflict"} | ROWS,
    "learn": ROWS,
    "track": {"ivfgrade.tracking.table_rows"},
    "compare": {
        "ivfgrade.comparison.collect",
        "ivfgrade.comparison.fits",
        "ivfgrade.comparison.kept_scheme",
        "ivfgrade.comparison.made_by",
        "ivfgrade.comparison.__main__",
    },
    "report": {"ivfgrade.htmlreport.__main__", "ivfgrade.htmlreport.kept"},
}


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
    exempt = {k: v for k, v in EXEMPT.items() if k != "ivfgrade.tracking" or "track" not in stage}
    found: dict[str, Path] = {}
    todo = [script(stage)]
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


@pytest.mark.parametrize("stage", STAGES + TABLE + BESIDES)
def test_every_imported_file_is_declared(stage: str) -> None:
    covered = set().union(*declared_files(stage).values())
    assert relative(closure(stage) - covered) == []


@pytest.mark.parametrize("stage", STAGES + TABLE + BESIDES)
def test_no_declared_file_is_superfluous(stage: str) -> None:
    beside = {module_file(module) for module in BESIDE.get(stage.partition("@")[0], set())}
    covered = set().union(*declared_files(stage).values())
    assert relative(covered - closure(stage) - beside) == []
    assert [path for path, files in declared_files(stage).items() if not files] == []


def test_the_closure_finds_imports_inside_functions_and_of_imports() -> None:
    assert LIBRARY / "ivfgrade/tracking/live.py" in closure("track")  # through the package
    assert LIBRARY / "ivfgrade/tracking/note.py" in closure("track")  # through send
    assert LIBRARY / "ivfgrade/tracking/live.py" not in closure("pretrain")
