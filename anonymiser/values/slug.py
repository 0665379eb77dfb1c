"""The one way to make a label or a purpose part of a path."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 40


def slug(label: str) -> str:
    """`label` as part of a file name: a to z, digits and single hyphens, at most 40 characters; never empty."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-") or "photo"
