"""What rows are called on the page: their keys in params.yaml are short for those who know them."""

from __future__ import annotations

import re

VARIANTS = {
    "A_longer": "A for longer",
    "A_weak": "A with weak images",
    "A_taught": "A with teacher",
    "C_head": "C with phase 2",
    "C_paired": "C without weak images",
    "C_pcgrad": "C with PCGrad",
    "D_longer": "D for longer",
    "D_literal": "D as worded",
    "E_constant": "E with constant",
    "F_likelihood": "F with likelihood",
    "F_teacher": "F with teacher",
}
KEY = re.compile(rf"\b({'|'.join(VARIANTS)})\b")


def told(text: str) -> str:
    """A row's key, or a sentence that holds some, for reading; one without a name stays."""
    return KEY.sub(lambda found: VARIANTS[found[0]], text)
