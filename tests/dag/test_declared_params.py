"""The parameters that dvc.yaml declares for a stage are those that its script reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import pytest

from tests.dag.graph import BESIDES, STAGES, TABLE, load, module_file, script, written

# What a property of Params reads, where params.yaml has it (profiles and recipes by kind).
READS = {
    "active_profile": ["profiles"],
    "active_recipe": ["recipes"],
    "synthesize": ["profiles.synthesize"],
    "segmenter_spec": ["recipes.segmenter"],
    "spec": ["recipes.segmenter", "recipes.regressor"],
    "learnt": ["experiments.learnt.${key}"],
    "frozen": ["experiments.frozen.${key}"],
    "phase": ["recipes.${item.phase}"],
}
# Values that a stage may use undeclared: they are labels of the tracked run.
LABELS = {"track.experiment", "flat"}
READS_WHOLE = ("profiles", "recipes")  # an alias of the active one; its attributes are what is read


def read_params(stage: str) -> set[str]:
    """What the script reads of `params`, and what the functions read that it hands `params` to."""
    tree = ast.parse(script(stage).read_text())
    return set().union(*(read_in(part) for part in [tree, *handed_to(tree)]))


def handed_to(tree: ast.Module) -> list[ast.FunctionDef]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    whole = {ast.unparse(c.func) for c in calls if "params" in map(ast.unparse, c.args)}
    return [
        function
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and whole & {alias.name for alias in node.names}
        for function in ast.parse(module_file(node.module).read_text()).body
        if isinstance(function, ast.FunctionDef) and function.name in whole
    ]


def read_in(tree: ast.AST) -> set[str]:
    """Dotted names that the code reads of `params`, by its attribute chains."""
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
    names = written(stage).get("params", [])
    return {re.sub(r"^(profiles|recipes)\.\$\{\w+\}", r"\1", name) for name in names}


def interpolated_params(stage: str) -> set[str]:
    """Values that stand in a command or dependency: another value is another stage to DVC."""
    content = written(stage)
    return names_in([content["cmd"], *content["deps"]])


def interpolated_names(stage: str) -> set[str]:
    """What DVC resolves once, as it begins, to name other parameters or dependencies."""
    content = written(stage)
    return names_in([*content["params"], *content["deps"]])


def names_in(texts: list[str]) -> set[str]:
    """Of params.yaml; `key` and `item` are of the table that a stage is repeated for."""
    names = set(re.findall(r"\$\{([\w.]+)\}", " ".join(texts)))
    return {name for name in names if name.partition(".")[0] not in ("key", "item")}


def within(name: str, section: str) -> bool:
    return name == section or name.startswith(f"{section}.")


@pytest.mark.parametrize(
    "stage", [stage for stage in STAGES + TABLE + BESIDES if "track" not in stage]
)
def test_the_declared_parameters_are_those_that_are_read(stage: str) -> None:
    read, named = read_params(stage), declared_params(stage)
    tracked = named | interpolated_params(stage)
    undeclared = {
        name for name in read - LABELS if not any(within(name, section) for section in tracked)
    }
    unread = {
        section
        for section in named - interpolated_names(stage)
        if not any(within(name, section) or within(section, name) for name in read)
    }
    assert (undeclared, unread) == (set(), set())


@pytest.mark.parametrize(
    "stage", [stage for stage in STAGES + TABLE + BESIDES if "track" not in stage]
)
def test_what_dvc_resolves_as_it_begins_is_declared(stage: str) -> None:
    """Edited before the stage runs, the new value is what runs: the record must not say the old."""
    named = declared_params(stage)
    assert all(
        any(within(name, section) for section in named) for name in interpolated_names(stage)
    )


def test_track_shows_every_parameter() -> None:
    others = {"profiles", "recipes", "experiments", "focus", "texture", "bundle", "assay"}
    everything = set(load("params.yaml")) - others
    assert declared_params("track") == everything | {"profiles", "recipes"}
