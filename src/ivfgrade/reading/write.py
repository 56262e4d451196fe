"""The page: one file with pictures, outlines, answers and the code that keeps them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from tqdm import tqdm

from ivfgrade.atomic import require_folder, write_text
from ivfgrade.errors import InputError
from ivfgrade.htmlreport.embed import content_policy, json_for_script
from ivfgrade.reading.entries import Entry, entry
from ivfgrade.reading.folder import Run, answers_in, names_of

PAGE = "page"
BEGINS = b"<!doctype html>"
TEMPLATE, STYLE = "reading.html.j2", "reading.css"
SCRIPTS = ("store.js", "agreement.js", "table.js", "listing.js", "answer.js", "reading.js")
REPORT_STYLE = "style.css"  # palette and type of the report


@dataclass(frozen=True)
class Written:
    pictures: int
    missing: int  # of them, those that cannot be shown
    bytes: int


def write_page(folder: Path, run: Run, out: Path) -> Written:
    require_folder(out.parent)
    _require_replaceable(out)
    answers = answers_in(folder)
    named = list(zip(answers, names_of(answers), strict=True))
    entries = [entry(record, name, folder, run.means) for record, name in tqdm(named, "read")]
    missing = sum(not one.jpeg for one in entries)
    if missing == len(entries):
        reason = next(one.about["missing"] for one in entries)
        raise InputError(f"{folder}: none of its pictures can be shown. {reason}")
    text = page(entries, run)
    try:
        write_text(out, text)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}; name another --out"
        ) from error
    return Written(len(entries), missing, len(text.encode()))


def _require_replaceable(out: Path) -> None:
    """A page may be written anew; a picture or the answers must not be lost to one."""
    if not out.exists():
        return
    if out.is_file():
        with out.open("rb") as file:
            if file.read(len(BEGINS)).lower() == BEGINS:
                return
    raise InputError(f"{out} is there and is no page; name another --out")


def page(entries: Sequence[Entry], run: Run) -> str:
    environment = Environment(
        loader=PackageLoader("ivfgrade.reading", PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        policy=content_policy(script(), style()),
        style=style(),
        script=script(),
        data=json_for_script(_data(entries, run)),
        pictures=[one.jpeg for one in entries],
        bundle=run.bundle,
        grades=run.grades,
    )


def script() -> str:
    return "\n".join((files("ivfgrade.reading") / PAGE / name).read_text() for name in SCRIPTS)


def style() -> str:
    report = (files("ivfgrade.htmlreport") / PAGE / REPORT_STYLE).read_text()
    return f"{report}\n{(files('ivfgrade.reading') / PAGE / STYLE).read_text()}"


def _data(entries: Sequence[Entry], run: Run) -> dict[str, object]:
    return {
        "bundle": run.bundle,
        "run": run.digest,
        "grades": run.grades,
        "borders": run.borders,
        "confidence": run.confidence,
        "pictures": [one.about for one in entries],
    }
