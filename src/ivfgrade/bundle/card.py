"""MODEL_CARD.md: the manifest in words, for people who decide whether a model may be used.

It says what the manifest says, and nothing that was not measured.
"""

from __future__ import annotations

from ivfgrade.bundle.manifest import Graph, Manifest
from ivfgrade.bundle.markdown import bullets, facts, measured, number, plain, table, words

FILE = "MODEL_CARD.md"
STRATEGIES = {
    "single": "One network outlines fragments and embryo and estimates the ratio.",
    "dual": "Two networks: one outlines fragments and embryo, the other estimates the ratio.",
}
INTENDED = """\
Research, and a second opinion for embryologists: after their own assessment of the picture, not
before it and not instead of it. It measures one trait of a cleavage-stage embryo, the share of
fragments, and grades it by a fixed scheme.

- It is **not a medical device**; nobody has approved it for diagnosis or treatment.
- It does **not** predict outcome: neither implantation nor pregnancy nor birth.
- It must not alone decide which embryo is transferred, frozen or discarded.
- What it refuses has no number. A refusal says something about the picture, not the embryo."""
EXAMPLE = """\
import json, numpy, onnxruntime, pathlib
from PIL import Image, ImageOps

about = json.loads(pathlib.Path("manifest.json").read_text())
session = onnxruntime.InferenceSession(about["taken"], providers=["CPUExecutionProvider"])
picture = ImageOps.exif_transpose(Image.open("{picture}")).convert("RGB")
names = [one.name for one in session.get_outputs()]
found = session.run(names, {{"pixels": numpy.asarray(picture)[None]}})  # uint8, 1 H W 3
found = {{name: value[0] for name, value in zip(names, found)}}  # of the first picture
refused = [one["code"] for one, yes in zip(about["refusals"], found["refused"]) if yes]
if refused:
    print("not graded:", ", ".join(refused))
else:
    grade = about["scheme"]["grades"][found["grade"]]
    print("{{ratio:.4f}} ({{ratio_low:.4f}} to {{ratio_high:.4f}})".format(**found), grade)"""


def text(manifest: Manifest) -> str:
    parts = [f"# Model card: {manifest.name}"]
    for title, content in (
        ("Intended use", INTENDED),
        ("What it answers", _answers(manifest)),
        ("Grading scheme", _scheme(manifest)),
        ("Interval and its domain", _interval(manifest)),
        ("When it refuses", _refusals(manifest)),
        ("Metrics", table(("what", "value", "interval", "of"), [*measured(manifest.metrics)])),
        ("Known limits", bullets(manifest.limitations)),
        ("Variants", _variants(manifest)),
        ("How to run it", _run(manifest)),
        ("How pictures are decoded", bullets(manifest.decoding)),
        ("How to verify it", _verify(manifest)),
        ("What it was made from", table(("what", "is"), facts(manifest.made_from))),
        ("Licence", f"{manifest.licence}; the text is in `LICENSE`."),
    ):
        if content:
            parts.append(f"## {title}\n\n{content}")
    return "\n\n".join(parts) + "\n"


def _answers(manifest: Manifest) -> str:
    ports = [
        (way, f"`{name}`", f"{port.dtype} [{', '.join(port.shape)}]", port.means)
        for way, those in (("in", manifest.inputs), ("out", manifest.outputs))
        for name, port in those.items()
    ]
    limits = " and ".join(
        f"{plain(value)} for {name}" for name, value in manifest.thresholds.items()
    )
    return (
        f"{STRATEGIES.get(manifest.strategy, manifest.strategy)} The graph takes pictures of any "
        f"size, scales them into a square of {manifest.size} pixels, and gives its maps at the "
        f"size of the picture. A pixel belongs to a mask from a probability of {limits}.\n\n"
        f"{table(('', 'name', 'type', 'means'), ports)}"
    )


def _scheme(manifest: Manifest) -> str:
    scheme = manifest.scheme
    lows, highs = scheme.borders[:-1], scheme.borders[1:]
    rows = [
        (grade, f"{_percent(low)} to {'' if high == highs[-1] else 'below '}{_percent(high)}")
        for grade, low, high in zip(scheme.grades, lows, highs, strict=True)
    ]
    return f"`{scheme.id}`, version {scheme.version}.\n\n{table(('grade', 'ratio'), rows)}"


def _interval(manifest: Manifest) -> str:
    return (
        f"{table(('interval', 'is'), facts(manifest.interval))}\n\n"
        f"**Domain.** {manifest.domain}\n\n"
        "The interval covers its share of new patients' embryos only if their pictures are like "
        "those it was fitted on: fitted on synthetic pictures, it promises nothing for real "
        "embryos. With labelled pictures of your own, fit it and the limits of refusal again, "
        "without training:\n\n```\nivfgrade recalibrate BUNDLE FOLDER --out NEW\n```"
    ).lstrip()


def _refusals(manifest: Manifest) -> str:
    rows = [
        (f"`{one.code}`", one.means, f"{one.measure} {one.side} {plain(one.limit)}")
        for one in manifest.refusals
    ]
    return table(("code", "means", "if"), rows)


def _variants(manifest: Manifest) -> str:
    rows = [
        (f"`{one.file}`", one.precision, f"{one.bytes / 1e6:.3g} MB", _use(one, manifest.taken))
        for one in manifest.graphs
    ]
    names = list(dict.fromkeys(name for one in manifest.graphs for name in one.measured))
    numbers = [
        (f"`{one.file}`", *(number(one.measured.get(name)) for name in names))
        for one in manifest.graphs
        if one.measured
    ]
    tried = [(f"`{name}`", came) for name, came in manifest.providers.items()]
    parts = (
        table(("graph", "precision", "size", "use"), rows),
        table(("graph", *map(words, names)), numbers),
        table(("provider tried", "what came of it"), tried),
    )
    return "\n\n".join(part for part in parts if part)


def _use(graph: Graph, taken: str) -> str:
    if not graph.promoted:
        return f"not promoted: {graph.why or 'no reason was told'}"
    return "promoted, taken unless another is asked for" if graph.file == taken else "promoted"


def _run(manifest: Manifest) -> str:
    picture = manifest.samples[0].picture if manifest.samples else "picture.png"
    return (
        "With Python and the packages of `requirements.txt`, in this folder:\n\n"
        f"```python\n{EXAMPLE.format(picture=picture)}\n```\n\n"
        "This decodes pictures of 8 bits; for those of more, and for transparency, use "
        "`read_image` in `code/ivfgrade/dataset/images.py`, or the rules below. Write nothing "
        "into this folder: a file more breaks its seal."
    )


def _verify(manifest: Manifest) -> str:
    by = manifest.tolerance
    return (
        "```\npython verify.py --digest DIGEST\n```\n\n"
        "DIGEST is the SHA-256 of `SHA256SUMS`. The export printed it, and it is stored with the "
        "registered model: get it on another way than this folder. Without it, damage is found, "
        "but not that somebody replaced files and list together. It needs Python 3.11 and "
        "`requirements.txt`, and asks whether all files are unchanged, whether the graphs are "
        "what `manifest.json` says, and whether they answer the samples as they did (ratios "
        f"within {by.ratio:g}, masks overlapping by {by.mask_iou:g} or more, unless a graph has "
        "limits of its own). `ivfgrade verify BUNDLE` asks the same by installed code, and "
        "`sha256sum --check SHA256SUMS` compares the files without any of ours."
    )


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
