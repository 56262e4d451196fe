"""The manifest of a bundle, from what its stages have measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ivfgrade.bundle.contract import port_of
from ivfgrade.bundle.decoding import DECODING
from ivfgrade.bundle.manifest import (
    FORMAT,
    Graph,
    Manifest,
    Port,
    Refusal,
    Scheme,
    Tolerance,
)
from ivfgrade.bundle.precisions import FULL, TAKEN, file_of
from ivfgrade.bundle.providers import tried
from ivfgrade.bundle.refusal import ABOVE
from ivfgrade.bundle.session import open_graph
from ivfgrade.grading import GradingScheme

TOLERANCE = Tolerance(ratio=1e-3, mask_iou=0.995)  # between machines and their instruction sets
LOOSER = Tolerance(ratio=0.01, mask_iou=0.97)  # of rounded arithmetic, which they round differently
INPUTS = {"pixels": "pictures of one size as they are in memory, grey or RGB, decoded by the rules"}
OUTPUTS = {
    "fragment_probability": "of a pixel to show a fragment, at the picture's own size",
    "embryo_probability": "of a pixel to show a cell or a fragment, at the picture's own size",
    "fragment_mask": "1 where the probability reaches the threshold, else 0",
    "embryo_mask": "1 where the probability reaches the threshold, else 0",
    "ratio": "fragment area over embryo area, 0 to 1: the reported one, which is calibrated and so "
    "not the share of what the masks outline",
    "ratio_low": "lower end of the interval of the ratio",
    "ratio_high": "upper end of the interval of the ratio",
    "grade": "index of the ratio's grade in the scheme",
    "grade_low": "index of the grade of the interval's lower end",
    "grade_high": "index of the grade of the interval's upper end: the grade set lies between both",
    "refused": "in the order of the refusals: whether the picture gets no number for this reason",
    "direct": "the ratio by the regression head alone",
    "soft": "the ratio by the calibrated probabilities of the mask alone",
    "doubt": "share of the embryo of which it is open whether it is fragment",
    "measured": "what the refusals compare with their limits, in their order",
}
SYNTHETIC_DATA = "data/raw/synthetic"
SYNTHETIC = (
    "Trained, calibrated and measured on synthetic embryos alone. Nothing is known of its errors "
    "on real ones: interval, limits of refusal and metrics promise nothing there. Recalibrate it "
    "on labelled pictures of the site before anybody looks at its numbers."
)
OWN = (
    "Trained and measured on the data set named below; interval and limits of refusal are fitted "
    "on synthetic embryos and promise nothing for real ones. Recalibrate it on labelled pictures "
    "of the site before anybody looks at its numbers."
)
LIMITATIONS = (
    "Ratios are drawn towards the middle: high ones are told too low, and embryos without "
    "fragments may get a few per cent.",
    "The interval covers its share over all embryos; in the highest grade it covers less.",
    "Outlines of fragments enclose more than the ratio says: they begin at the probability that "
    "serves overlap best, not area.",
    "Small fragments are missed more often than large ones.",
    "A refusal finds the defects that were planted, not every picture that nobody should grade.",
)
# name in the manifest -> in the metrics of the evaluation, or of a row of the table
OUTLINED = {name: name for name in ("dice", "embryo_dice", "boundary_f1")}
GRADED = {
    "single": {
        "mae": "mae_reported",
        **{name: name for name in ("grade_accuracy", "kappa_quadratic", "within_one")},
    },
    "dual": {"mae": "mae_direct"},  # a row's grades are of its fused ratio, which the pair is not
}


@dataclass(frozen=True)
class Measurements:
    """What earlier stages wrote."""

    rules: Mapping[str, Any]  # calibration_files.RULES
    variants: Mapping[str, Mapping[str, Any]]  # losses.Verdict of each precision, fp32 too
    outlined: Mapping[str, Any]  # metrics of who draws, on the test split
    graded: Mapping[str, Any]  # of who grades


def compose(
    name: str,
    graphs: Mapping[str, bytes],
    found: Measurements,
    scheme: GradingScheme,
    made_from: Mapping[str, Any],
    picture: np.ndarray,
) -> Manifest:
    """`graphs` by precision; `picture` [H,W,3] is tried on every provider."""
    session = open_graph(graphs[FULL], "cpu")
    rules = found.rules
    return Manifest(
        format=FORMAT,
        name=name,
        strategy=rules["strategy"],
        inputs={one.name: port_of(one, INPUTS[one.name]) for one in session.get_inputs()},
        outputs=_outputs(session.get_outputs()),
        graphs=tuple(_graph(one, graphs[one], found.variants[one], made_from) for one in graphs),
        taken=TAKEN,
        size=rules["size"],
        decoding=DECODING,
        thresholds=rules["thresholds"],
        scheme=Scheme(scheme.id, scheme.version, scheme.names, scheme.borders),
        interval=rules["interval"],
        refusals=tuple(_refusal(one) for one in rules["refusals"]),
        domain=SYNTHETIC if made_from["data"] == SYNTHETIC_DATA else OWN,
        metrics=_metrics(found.outlined, OUTLINED)
        | _metrics(found.graded, GRADED[rules["strategy"]]),
        made_from=made_from,
        samples=(),
        tolerance=TOLERANCE,
        providers=tried(graphs[FULL], picture),
        limitations=LIMITATIONS,
    )


def files_of(manifest: Manifest, graphs: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is handed over: a graph that may not be used is told of, and stays behind."""
    return {one.file: graphs[one.precision] for one in manifest.promoted}


def _outputs(ports: list[Any]) -> dict[str, Port]:
    return {one.name: port_of(one, OUTPUTS[one.name]) for one in ports}


def _graph(
    precision: str, content: bytes, verdict: Mapping[str, Any], made_from: Mapping[str, Any]
) -> Graph:
    return Graph(
        file=file_of(precision),
        precision=precision,
        opset=made_from["opset"],
        bytes=len(content),
        promoted=verdict["promoted"],
        why=verdict["why"],
        measured=verdict["measured"],
        tolerance=None if precision == FULL else LOOSER,
    )


def _refusal(described: Mapping[str, Any]) -> Refusal:
    side = "above" if described["side"] == ABOVE else "below"
    words = {name: described[name] for name in ("code", "measure", "means", "limit")}
    return Refusal(side=side, **words)


def _metrics(evaluated: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Each with its interval, and of what it is."""
    tested = evaluated["test"]
    of = {name: tested[name] for name in ("data", "images", "patients", "confidence")}
    return {name: {**evaluated[theirs], **of} for name, theirs in names.items()}
