"""Does a params.yaml say of a row what the row says of its own training?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ivfgrade.comparison.same_values import differing
from ivfgrade.errors import InputError
from ivfgrade.fragmentation.rows import Frozen, Learnt
from ivfgrade.params import Params
from ivfgrade.training.phase import Phase

PHASE_1 = "A"  # of the main line, whose other row is phase 2


def require_made_by(params: Params, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """`settings` holds the row.json of each row."""
    for row, setting in settings.items():
        planned = plan(params, row)
        made = {name: setting.get(name) for name in planned}
        for name, ours, theirs in differing(planned, made):
            raise _refusal(row, name, ours, theirs)
        init = setting.get("init", setting.get("phase_1", {}).get("init", {}))
        start = init.get("name") if isinstance(init, Mapping) else init
        if not _starts_from(params.active_profile.init, start):
            raise _refusal(row, "init", params.active_profile.init, start)


def plan(params: Params, row: str) -> dict[str, Any]:
    """What its row.json must say."""
    phase, epochs = _training(params, row)
    return {"phase": json.loads(json.dumps(asdict(phase))), "epochs": epochs}


def _training(params: Params, row: str) -> tuple[Phase, int]:
    recipe, profile, changes = params.active_recipe, params.active_profile, params.row(row)
    if isinstance(changes, Learnt):
        phase = params.phase(changes.phase)
        return changes.of(phase), changes.epochs(phase, profile.learnt_epochs)
    if isinstance(changes, Frozen):
        return changes.of(recipe.finetune), profile.frozen_epochs
    if row == PHASE_1:
        return recipe.pretrain, profile.pretrain_epochs
    return recipe.finetune, profile.finetune_epochs


def _starts_from(init: str, name: str | None) -> bool:
    """A record names the file of the weights; ImageNet's is torchvision's own."""
    if init == "imagenet":
        return name not in (None, "none")
    return name == Path(init).name


def _refusal(row: str, name: str, ours: Any, theirs: Any) -> InputError:
    return InputError(
        f"params.yaml has {name} {ours} for row {row}, which was made with {theirs}; run the table "
        "anew or set it back"
    )
