"""Code, styles and data inside the page, so that no data can turn into code."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

UNSAFE = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"}


def json_for_script(content: Any) -> str:
    """JSON that cannot end the script element around it; other than ASCII is escaped anyway."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"), sort_keys=True)
    for character, escape in UNSAFE.items():
        text = text.replace(character, escape)
    return text


def content_policy(script: str, stylesheet: str) -> str:
    """The browser itself refuses any network access, and any code but ours."""
    return (
        f"default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'; style-src '{_digest(stylesheet)}'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
