"""The page: read what the stages left, draw what is missing, put all of it into one file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ivfgrade.atomic import read_json, write_text
from ivfgrade.dataset.arrays import SUMMARY, load_arrays
from ivfgrade.grading import GradingScheme
from ivfgrade.htmlreport import plots, wording
from ivfgrade.htmlreport.banner import banner, trial_of
from ivfgrade.htmlreport.choice import failures, spread_over_ratios
from ivfgrade.htmlreport.datasheet import DataSheet, data_sheet
from ivfgrade.htmlreport.embed import content_policy, json_for_script
from ivfgrade.htmlreport.evidence import LOOKS, figures_in, focus_of, texture_lines
from ivfgrade.htmlreport.gallery import Collection, collect, preferred, viewer_data
from ivfgrade.htmlreport.ladder_view import ladder_view
from ivfgrade.htmlreport.mlflow_links import tables_link
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.origins import stages, trainings
from ivfgrade.htmlreport.rows import Row, read_rows
from ivfgrade.htmlreport.sources import Comparison, Folders, read_comparison
from ivfgrade.htmlreport.strips import WIDTH
from ivfgrade.htmlreport.table_view import table_view

PAGE = "page"
TEMPLATE, STYLE = "index.html.j2", "style.css"
SCRIPTS = ("outline.js", "drawing.js", "gallery.js", "viewer.js", "ledger.js")
Part = dict[str, Any]  # of the template's variables


def write_page(
    folders: Folders,
    names: Sequence[str],
    scheme: GradingScheme,
    data_name: str,
    experiment: str,
    out: Path,
) -> None:
    """`names` of the rows in the page's order; `experiment` is the name of the table in MLflow."""
    rows = read_rows(folders.experiments, names)
    collection = collect(rows, load_arrays(folders.data))
    write_text(out, page(collection, folders, scheme, data_name, experiment))


def page(
    collection: Collection,
    folders: Folders,
    scheme: GradingScheme,
    data_name: str,
    experiment: str,
) -> str:
    """`collection` of the rows in the page's order."""
    comparison = read_comparison(folders.comparison)
    return _template().render(
        **_frame(),
        **_opening(collection.rows, comparison, data_name),
        **_comparison(collection.rows, comparison),
        **_figures(collection.rows, folders, scheme),
        **_images(collection, scheme),
        **_origins(collection, folders, data_name, experiment),
    )


def _frame() -> Part:
    style, script = _asset(STYLE), "\n".join(map(_asset, SCRIPTS))
    return {"style": style, "script": script, "policy": content_policy(script, style)}


def _opening(rows: Sequence[Row], comparison: Comparison, data_name: str) -> Part:
    images = {image for row in rows for image in row.images["image"]}
    return {
        "banner": banner(rows, comparison, data_name),
        "image_count": len(images),
        "row_count": len(rows),
    }


def _comparison(rows: Sequence[Row], comparison: Comparison) -> Part:
    names = [row.name for row in rows]
    repeated = comparison.stability.get("rows", {})
    return {
        "about": comparison.facts,
        "table": table_view(comparison.table, names) if comparison.table else None,
        "strip_width": WIDTH,
        "ledger": comparison.ledger,
        "ladder": comparison.ladder,
        "rungs": ladder_view(comparison.ladder),
        "stability": [(name, found) for name in names if (found := repeated.get(name))],
    }


def _figures(rows: Sequence[Row], folders: Folders, scheme: GradingScheme) -> Part:
    return {
        "ratio_figure": plots.ratio_plot(rows, scheme),
        "conflict_figure": plots.conflict_plot(rows),
        "learning_figure": plots.curves_plot(rows),
        "texture_figures": figures_in(folders.texture),
        "texture_lines": texture_lines(folders.texture),
        "focus": focus_of(folders.focus, [row.name for row in rows]),
        "focus_questions": list(LOOKS.values()),
    }


def _images(collection: Collection, scheme: GradingScheme) -> Part:
    rows = collection.rows
    return {
        "data": json_for_script(viewer_data(collection, scheme.names)),
        "columns": [row.name for row in rows if row.outlines is not None],
        "case_of": collection.case,
        "spread": spread_over_ratios(collection.images),
        "failures": failures(rows),
        "judged_row": preferred(rows),
        "judged_trial": trial_of(rows),
    }


def _origins(collection: Collection, folders: Folders, data_name: str, experiment: str) -> Part:
    rows = collection.rows
    return {
        "sheet": _sheet(collection, folders, data_name),
        "trainings": trainings(rows),
        "stages": stages(folders.provenance, [row.name for row in rows]),
        "tables_link": tables_link(experiment),
    }


def _sheet(collection: Collection, folders: Folders, data_name: str) -> DataSheet:
    path = folders.data / SUMMARY
    summary = read_json(path) if path.is_file() else {}
    return data_sheet(collection.arrays.manifest, summary, data_name)


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("ivfgrade.htmlreport", PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("value", "span", "signed", "signed_span", "number"):
        environment.filters[name] = getattr(wording, name)
    environment.filters |= {"sentence": wording.capital, "told": told}
    return environment.get_template(TEMPLATE)


def _asset(name: str) -> str:
    return (files("ivfgrade.htmlreport") / PAGE / name).read_text()
