"""How a long operation reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the number of photos done and the total; an exception that it raises ends the operation."""


def untold(done: int, total: int) -> None:
    """For callers that do not ask."""
