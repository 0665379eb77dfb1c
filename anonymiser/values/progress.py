"""How a long operation tells that it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with how many photos are done and how many there are; an exception that it raises ends the operation."""


def untold(done: int, total: int) -> None:
    """For whoever does not ask."""
