"""params.yaml as frozen dataclasses, as strict as their types. All values come from here;
inputs.py and tracking/own_params.py read the file too, to know which keys a stage declares.

A profile sets counts, epochs and initialisation; a recipe sets everything that the science is
about. Both are validated whole at the start of every stage, active or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.bundle.params import BundleParams
from ivfgrade.dataset.split import SplitParams
from ivfgrade.errors import InputError
from ivfgrade.evaluation.params import EvaluateParams, ExportParams
from ivfgrade.focus.params import FocusParams
from ivfgrade.fragmentation.experiments import Experiments
from ivfgrade.fragmentation.rows import Frozen, Learnt
from ivfgrade.fragmentation.spec import (
    VALIDATED,
    ModelSpec,
    Outlining,
    Regressor,
    Segmenter,
    model_spec,
)
from ivfgrade.strict import build
from ivfgrade.synthesis.params import Strangers, SynthesisParams
from ivfgrade.texture.params import TextureParams
from ivfgrade.tracking_params import TrackParams
from ivfgrade.training.phase import Phase

AnyRow = TypeVar("AnyRow", Learnt, Frozen)


@dataclass(frozen=True)
class DataParams:
    root: str
    grading: str
    on_bad: Literal["fail", "quarantine"]


@dataclass(frozen=True)
class ImageParams:
    size: int

    def __post_init__(self) -> None:
        if self.size < 32:
            raise ValueError("size must be at least 32 pixels")


@dataclass(frozen=True)
class Profile:
    synthesize: SynthesisParams
    init: str  # none, imagenet, or the path of a ResNet-50 state dict
    pretrain_epochs: int
    finetune_epochs: int
    learnt_epochs: int  # of every row of the table that trains its whole network, but A
    frozen_epochs: int  # of every row that learns phase 2 again, on whatever segmenter, but D
    verdicts: bool  # whether the table may judge the paper's claims, or proves its machinery only
    views: int  # of each image that phase 2 caches, 1 to 8

    def __post_init__(self) -> None:
        if not 1 <= self.views <= 8:
            raise ValueError("views must lie between 1 and 8")
        of_rows = (self.learnt_epochs, self.frozen_epochs)
        if min(self.pretrain_epochs, self.finetune_epochs, *of_rows) < 0:
            raise ValueError("epochs must not be negative")


@dataclass(frozen=True)
class Recipe:
    segmenter: Segmenter
    regressor: Regressor
    outlining: Outlining
    grade_margin: float  # by which a grade's interval is widened
    ratio: Literal["direct", "fused"]  # which ratio is the reported one
    mask_threshold: float | None  # from which a pixel belongs to a fragment; None: by validation
    pretrain: Phase
    finetune: Phase
    joint: Phase
    outline_weakly: Phase
    regress: Phase

    def __post_init__(self) -> None:
        if not 0 <= self.grade_margin <= 1:
            raise ValueError("grade_margin must lie in [0, 1]")
        if self.mask_threshold is not None and not 0 < self.mask_threshold < 1:
            raise ValueError("mask_threshold must lie between 0 and 1, or be null")
        for name, phase in self.phases.items():
            for rule in ("keep", "hold"):
                chosen = getattr(phase, rule)
                if chosen and chosen[0] not in VALIDATED:
                    known = ", ".join(VALIDATED)
                    raise ValueError(f"{name}.{rule} names {chosen[0]}; it can name {known}")

    @property
    def phases(self) -> dict[str, Phase]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Phase)}


@dataclass(frozen=True)
class Params:
    seed: int
    training_seed: int
    profile: str
    recipe: str
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "bf16", "fp32"]
    data: DataParams
    image: ImageParams
    split: SplitParams
    profiles: dict[str, Profile]
    recipes: dict[str, Recipe]
    experiments: Experiments
    focus: FocusParams
    texture: TextureParams
    evaluate: EvaluateParams
    export: ExportParams
    bundle: BundleParams
    assay: Strangers
    track: TrackParams

    def __post_init__(self) -> None:
        for name in ("seed", "training_seed"):
            if not 0 <= getattr(self, name) < 2**31:
                raise ValueError(f"{name} must lie between 0 and 2147483647")
        for what, name, known in (
            ("profile", self.profile, self.profiles),
            ("recipe", self.recipe, self.recipes),
        ):
            if name not in known:
                raise ValueError(f"{what} is {name!r}; it can be {', '.join(known)}")
        for name, recipe in self.recipes.items():
            self.experiments.require_phases(recipe.phases, name)
            self.experiments.require_segmenters(recipe.segmenter, recipe.regressor, name)
        self._require_strangers()

    def _require_strangers(self) -> None:
        """Nobody calibrates who was trained on, and nobody is measured on who did either. A patient
        has an embryo at least, so there are no more patients than pictures."""
        taught, fitted, measured = self.synthesize, self.bundle.calibrants, self.assay
        last = max(taught.paired + taught.weak, *taught.defects.values())
        for name, whose in (("bundle.calibrants", fitted), ("assay", measured)):
            if whose.first_patient < last:
                raise ValueError(
                    f"{name}.first_patient is {whose.first_patient}, and others have patients up "
                    f"to {last - 1}; take a higher one"
                )
            last = whose.first_patient + max(whose.good, *whose.defects.values())

    @property
    def synthesize(self) -> SynthesisParams:
        return self.active_profile.synthesize

    @property
    def active_profile(self) -> Profile:
        return self.profiles[self.profile]

    @property
    def active_recipe(self) -> Recipe:
        return self.recipes[self.recipe]

    def learnt(self, name: str) -> Learnt:
        return _row(self.experiments.learnt, name)

    def frozen(self, name: str) -> Frozen:
        return _row(self.experiments.frozen, name)

    def row(self, name: str) -> Learnt | Frozen | None:
        """A row of the table; None for the main line's own two."""
        return self.experiments.learnt.get(name) or self.experiments.frozen.get(name)

    def phase(self, name: str) -> Phase:
        """A phase of the active recipe, by the name that a row of the table gives it."""
        return self.active_recipe.phases[name]

    @property
    def segmenter_spec(self) -> ModelSpec:
        """The network of phase 1."""
        return model_spec(self.active_recipe.segmenter)

    @property
    def spec(self) -> ModelSpec:
        """The whole network."""
        return model_spec(self.active_recipe.segmenter, self.active_recipe.regressor)

    def flat(self, row: Learnt | Frozen | None = None) -> dict[str, Any]:
        """Dotted name -> value of everything that is active, for comparing runs."""
        everything = asdict(self)
        for table in ("experiments", "focus", "texture", "bundle", "assay"):
            everything.pop(table)  # a run is of one row, which says what it changes
        profile = everything.pop("profiles")[self.profile]
        recipe = everything.pop("recipes")[self.recipe]
        return _flatten(
            {
                **everything,
                "profile": {"name": self.profile, **profile},
                "recipe": {"name": self.recipe, **recipe},
                **({"row": asdict(row)} if row else {}),
            }
        )


def load_params(path: Path = Path("params.yaml")) -> Params:
    try:
        return parse_params(path.read_text(), path.as_posix())
    except OSError as error:
        raise InputError(f"{path} cannot be read here: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; save it as such") from error


def parse_params(text: str, name: str) -> Params:
    try:
        content = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise InputError(f"{name} is not valid YAML: {str(error).splitlines()[0]}") from error
    return build(Params, content, "")


def _row(table: Mapping[str, AnyRow], name: str) -> AnyRow:
    if name not in table:
        raise InputError(f"experiments has no row {name}; it has {', '.join(table)}")
    return table[name]


def _flatten(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        name = f"{prefix}{key}"
        flat |= _flatten(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat
