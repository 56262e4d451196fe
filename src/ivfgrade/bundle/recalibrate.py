"""A bundle's interval and limits of refusal anew, on a site's own labelled pictures. Its networks
stay as they are: this needs no training and no PyTorch."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd

from ivfgrade.atomic import require_apart
from ivfgrade.bundle import seal
from ivfgrade.bundle.calibrated import fit_on_answered, interval_constants, measures_of
from ivfgrade.bundle.contract import require_file
from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.interval import IntervalRule
from ivfgrade.bundle.labelled import good_of, left_out, measured_folder
from ivfgrade.bundle.manifest import Graph, Manifest
from ivfgrade.bundle.pack import Contents, pack, require_replaceable
from ivfgrade.bundle.refusal import sides
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme
from ivfgrade.prediction.opened import open_bundle

DOMAIN = (
    "Interval and limits of refusal are fitted on {images} labelled pictures of {patients} "
    "patients of the folder {folder}. They hold for new patients whose pictures are taken in the "
    "same way, and promise nothing for others. The networks and the metrics below are those of the "
    "bundle that was recalibrated: {before}"
)


def recalibrate(
    bundle: Path, folder: Path, out: Path, refused_share: float
) -> tuple[Manifest, str]:
    """`refused_share` of the site's good pictures may be refused; where the limits would refuse
    more they are loosened, never tightened. Returns the new manifest and its digest."""
    require_apart(out, bundle)
    require_replaceable(out)
    opened = open_bundle(bundle, "cpu")
    about = opened.manifest
    for one in about.promoted:
        require_file(bundle, about, one)
    _require_all(folder, scheme_of(about))
    measured = measured_folder(opened.session, folder, scheme_of(about))
    good = measured.table[good_of(measured.table)]
    if good.empty:
        raise InputError(f"{folder}: all its pictures have a defect; recalibration needs good ones")
    limits = loosened(limits_of(about), good, refused_share)
    try:
        rule = fit_on_answered(good, limits, float(about.interval["confidence"]))
    except InputError as error:
        raise InputError(f"{folder}: {error}; label more of them") from error
    constants = {**interval_constants(rule), "refusal_limits": limits}
    graphs = {one.file: changed(bundle / one.file, constants) for one in about.promoted}
    fitted = as_fitted(about, rule, limits, folder.name)
    made_from = {**about.made_from, "recalibrated_from": seal.digest_of(bundle),
                 "recalibrated_on": folder.name}  # fmt: skip
    sizes = tuple(with_size(one, graphs) for one in about.graphs)
    new = replace(fitted, made_from=made_from, graphs=sizes, samples=())
    pictures = [bundle / sample.picture for sample in about.samples]
    try:
        return new, pack(out, Contents(new, graphs, pictures, bundle / "LICENSE"))
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}; name another --out"
        ) from error


def _require_all(folder: Path, scheme: GradingScheme) -> None:
    """Rows that are left out are seldom drawn by chance: a promise on the others would be none."""
    problems = left_out(folder, scheme)
    if problems:
        more = f"; and {len(problems) - 1} more problems" if len(problems) > 1 else ""
        raise InputError(
            f"{folder}: {problems[0]}{more}; mend or take out what ivfgrade data check tells"
        )


def scheme_of(about: Manifest) -> GradingScheme:
    of = about.scheme
    return GradingScheme(of.id, of.version, of.grades, of.borders)


def limits_of(about: Manifest) -> np.ndarray:
    """As the graphs hold them [Q]."""
    return np.array([one.limit for one in about.refusals], np.float32).astype(float)


def loosened(limits: np.ndarray, good: pd.DataFrame, refused_share: float) -> np.ndarray:
    """All measures together refuse about `refused_share` of the good pictures, if they must."""
    share = refused_share / len(limits)
    allowed = np.quantile(measures_of(good) * sides(), 1 - share, axis=0, method="higher")
    return sides() * np.maximum(limits * sides(), allowed)


def changed(path: Path, constants: dict[str, np.ndarray]) -> bytes:
    model = onnx.load(path)
    with_constants(model, constants)
    return model.SerializeToString(deterministic=True)


def as_fitted(about: Manifest, rule: IntervalRule, limits: np.ndarray, folder: str) -> Manifest:
    refusals = tuple(
        replace(one, limit=float(np.float32(limit)))  # the graphs' own precision
        for one, limit in zip(about.refusals, limits, strict=True)
    )
    domain = DOMAIN.format(
        images=rule.images, patients=rule.patients, folder=folder, before=about.domain
    )
    return replace(about, interval=asdict(rule), refusals=refusals, domain=domain)


def with_size(graph: Graph, graphs: dict[str, bytes]) -> Graph:
    return replace(graph, bytes=len(graphs[graph.file])) if graph.file in graphs else graph
