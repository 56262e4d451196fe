"""MODEL_CARD.md: the manifest in words, for people who decide whether a model may be used."""

from __future__ import annotations

from ivfgrade.bundle.manifest import Manifest

FILE = "MODEL_CARD.md"


def text(manifest: Manifest) -> str:
    return f"# {manifest.name}\n\n{manifest.domain}\n"
