"""The trials of one table, and what all analyses of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.comparison import paired
from ivfgrade.comparison.consistency import require_one_study
from ivfgrade.comparison.findings import Basis, Finding, Missing, basis_of
from ivfgrade.comparison.sample_sizes import ALL, Sizes, lines_of, sample_sizes
from ivfgrade.comparison.trials import Score, Trial
from ivfgrade.errors import InputError
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme

ONE_SEED = (
    "one training seed: what is found holds of these trained networks, another training may "
    "differ by more than the intervals say"
)

UNKEPT = Missing("no scores of the validation patients were kept")


@dataclass(frozen=True)
class Study:
    trials: Sequence[Trial]
    scheme: GradingScheme
    bootstrap: Bootstrap
    data: str  # as in "on synthetic embryos"

    def __post_init__(self) -> None:
        if not self.trials:
            raise InputError("there is no trial to compare")
        require_one_study(self.trials)

    @property
    def rows(self) -> list[str]:
        """In the order of the table."""
        return list(dict.fromkeys(row for trial in self.trials for row in trial.rows))

    @property
    def machinery_only(self) -> bool:
        return not all(trial.verdicts for trial in self.trials)

    @property
    def machinery(self) -> str:
        """Why there are no verdicts, if there are none."""
        return (
            f"this table was made with the profile {self.trials[0].profile}, which proves the "
            "machinery only: its numbers are shown, no verdict follows from them"
        )

    def has(self, score: Score) -> bool:
        return any(trial.has(score) for trial in self.trials)

    def difference(self, first: Score, second: Score) -> Finding | Missing:
        return paired.difference(self.trials, first, second, self.bootstrap)

    def mean(self, score: Score) -> Finding | Missing:
        return paired.mean(self.trials, score, self.bootstrap)

    def bias_difference(self, first: Score, second: Score) -> Finding | Missing:
        return paired.bias_difference(self.trials, first, second, self.bootstrap)

    def validation_mean(self, score: Score) -> Finding | Missing:
        return paired.mean(self._validated, score, self.bootstrap) if self._validated else UNKEPT

    def validation_difference(self, first: Score, second: Score) -> Finding | Missing:
        if not self._validated:
            return UNKEPT
        return paired.difference(self._validated, first, second, self.bootstrap)

    @property
    def _validated(self) -> list[Trial]:
        return [trial.on_validation() for trial in self.trials if trial.validation]

    @property
    def basis(self) -> Basis:
        every = sample_sizes(self.trials)[ALL]
        return basis_of(self.trials, every["images"], every["patients"])

    @property
    def judged_on(self) -> dict[str, Sizes]:
        """Patients' part of the data -> what is asked of its images."""
        parts = {"test": self.trials, "validation": self._validated}
        return {name: sample_sizes(part) for name, part in parts.items() if part}

    @property
    def cautions(self) -> list[str]:
        """What to read before any number."""
        few = [ONE_SEED] if len(self.basis.seeds) == 1 else []
        machinery = [self.machinery] if self.machinery_only else []
        return [*machinery, *few, *self._incomplete]

    @property
    def _incomplete(self) -> list[str]:
        """Where the trials are not all seeds on all folds, or a row is not in all trials."""
        basis, count = self.basis, len(self.trials)
        due = len(basis.seeds) * max(1, len(basis.folds))
        partial = {row: sum(row in trial.rows for trial in self.trials) for row in self.rows}
        told = [f"{row} {held}" for row, held in partial.items() if held < count]
        uncrossed = (
            f"{count} of the {due} pairs of training seed and fold were run, so that images differ "
            "in the seeds behind them and differences per seed rest on different images"
        )
        gaps = (
            f"not every row was run in all {count} trials ({', '.join(told)}): cells of the table "
            "rest on different trials, and a comparison on those that hold both of its rows"
        )
        return [uncrossed] * (count < due) + [gaps] * bool(told)

    @property
    def _data_digests(self) -> list[str]:
        digests = {trial.identity.data_digest for trial in self.trials}
        return sorted(digest for digest in digests if digest)

    def facts(self) -> dict[str, Any]:
        """What every file of the comparison says about its origin."""
        judged_on = self.judged_on
        return {
            "data": self.data,
            "machinery_only": self.machinery_only,
            "cautions": self.cautions,
            "trials": self.basis.numbers(),
            "judged_on": judged_on,
            "judged_on_told": lines_of(judged_on),
            "confidence": self.bootstrap.confidence,
            "profiles": sorted({trial.profile for trial in self.trials}),
            "data_digests": self._data_digests,
        }


def study_of(
    trials: Sequence[Trial], scheme: GradingScheme, bootstrap: Bootstrap, data_name: str
) -> Study:
    named = "on synthetic embryos" if data_name == "synthetic" else f"on the data set {data_name}"
    return Study(trials, scheme, bootstrap, named)
