"""What the columns of a list mean for its structure: which hold names or answers, and which may hold a delimiter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of list, by heading."""

    headings: tuple[str, ...]
    """Every heading that is read."""
    names: tuple[str, ...]
    """Those that hold names."""
    answers: tuple[tuple[str, Mapping[str, bool]], ...]
    """Those that hold answers, each with its normalised values: value -> whether it means that the family agreed."""
    free: frozenset[str]
    """Those whose cells may hold a delimiter within quotation marks, whatever it is."""
    free_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Those that may hold this one delimiter."""
    details: tuple[str, ...] = ()
    """Those that say who somebody is, and when: no answer can stand there."""
    groups: tuple[str, ...] = ()
    """Those that hold classes: none can stand among the answers."""
    hold: str | None = None
    """The one that holds holds."""
