"""Who somebody is to the program: an opaque id and a role, never a name."""

from __future__ import annotations

import enum
from typing import NewType

PersonId = NewType("PersonId", str)
"""Opaque id of a register row; never a name."""


@enum.unique
class Role(enum.StrEnum):
    """Somebody's role at the school; the rules are the same for all."""

    PUPIL = "pupil"
    STAFF = "staff"
    VISITOR = "visitor"
