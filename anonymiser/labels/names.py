"""Which text names a pupil."""

from __future__ import annotations

from dataclasses import dataclass, field

from anonymiser.recognise.interface import PersonId


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Full names of the register in the form that text is compared with."""

    names: tuple[tuple[str, PersonId], ...] = field(default=(), repr=False)
