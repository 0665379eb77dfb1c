"""What the columns and values of a school system's export mean: confirmed by a person, never guessed.

A mapping is a TOML file of a few lines (docs/consent-csv.md). The program's own format needs none: `canonical`
recognises it by its headings.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anonymiser.consent.header import HEADER_SEARCH_ROWS, normalised
from anonymiser.consent.layout import Layout
from anonymiser.consent.table import Sheet
from anonymiser.errors import ImportRefused
from anonymiser.settings_errors import parsed
from anonymiser.values.consent import Medium, Purpose

NEVER_AGREED = frozenset(
    {"", "-", "?", "n/a", "na", "none", "no response", "not recorded", "pending", "requested", "sent", "unknown"}
)
"""Normalised values that no mapping may read as agreement: silence is not consent (ICO, Chelmer Valley, 2024)."""

_GRANTED = "granted"
_REFUSED = "refused"
_VIDEO_SUFFIX = ".video"
_ID_COLUMN = "person_id"
_CANONICAL_FIXED = frozenset(
    {
        _ID_COLUMN, "forename", "surname", "preferred", "class", "group", "role", "valid_from", "valid_to", "hold",
        "answered_on",
    }
)  # fmt: skip


_PLAIN = {
    "missing": "this line is missing",
    "extra_forbidden": "there is no such line in a mapping",
    "too_short": "at least one is needed",
    "string_too_short": "this must not be empty",
    "string_pattern_mismatch": "a purpose has small letters, digits and hyphens only",
    "enum": "this must be image or video",
    "bool_parsing": "this must be true or false",
    "bool_type": "this must be true or false",
    "string_type": "this must be text in quotation marks",
    "tuple_type": "this must be a list in square brackets",
}
"""What is wrong with a line, by pydantic's name for it."""


_OPTIONAL = ("preferred", "role", "answered_on", "valid_from", "valid_to", "hold")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Heading = Annotated[str, Field(min_length=1)]


class Columns(_Strict):
    """Headings of the columns that say who, from when and until when; None if the export has none."""

    person_id: Heading | None = None
    forename: Heading | None = None
    surname: Heading | None = None
    name: Heading | None = None
    """Instead of forename and surname: one column, as "Smith, Jack", "Jack Smith" or "Jack (Jackie) Smith"."""
    preferred: Heading | None = None
    groups: tuple[Heading, ...] = ()
    role: Heading | None = None
    parent: Heading | None = None
    """Who answered, in exports with one row per parent."""
    answered_on: Heading | None = None
    """When the family answered; with `parent`, the later of two rows by one parent counts."""
    valid_from: Heading | None = None
    valid_to: Heading | None = None
    hold: Heading | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        for part, heading in (("forename", self.forename), ("surname", self.surname)):
            if heading is None and self.name is None:
                raise ValueError(f"columns.{part} is missing: give forename and surname, or name")
            if heading is not None and self.name is not None:
                raise ValueError(f"columns.{part} and columns.name contradict each other: leave one of them out")
        return self

    @property
    def identity(self) -> tuple[Heading, ...]:
        """The columns that say who it is."""
        parts = (self.person_id, self.forename, self.surname, self.preferred, self.name)
        return tuple(heading for heading in parts if heading is not None)


class ConsentColumn(_Strict):
    """One question to the family."""

    column: Heading
    purpose: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    media: Annotated[tuple[Medium, ...], Field(min_length=1)] = (Medium.IMAGE,)
    granted: Annotated[tuple[str, ...], Field(min_length=1)]
    """Values by which the family agreed; anything not listed is a refusal."""
    refused: tuple[str, ...] = ()
    """Values by which the family refused; listing them only keeps them out of the report."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        granted, refused = set(map(normalised, self.granted)), set(map(normalised, self.refused))
        if silence := sorted(granted & NEVER_AGREED):
            raise ValueError(f"{silence[0]!r} is no agreement: remove it from `granted`")
        if both := sorted(granted & refused):
            raise ValueError(f"{both[0]!r} stands in `granted` and in `refused`")
        return self

    @property
    def meanings(self) -> dict[str, bool]:
        """Normalised value -> whether it means that the family agreed."""
        return dict.fromkeys(map(normalised, self.refused), False) | dict.fromkeys(map(normalised, self.granted), True)


class Mapping(_Strict):
    """The whole of a mapping file."""

    confirmed: bool
    """Set by the person who has checked every line."""
    columns: Columns
    consent: Annotated[tuple[ConsentColumn, ...], Field(min_length=1)]
    left_out: tuple[Heading, ...] = ()
    """Columns that have nothing to do with photos, whatever they say; an export need not have them."""
    sha256: str = ""
    """Of the mapping file; empty for the program's own format."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that the file must have."""
        c = self.columns
        named = (*c.identity, c.role, c.parent, c.answered_on)
        return tuple(
            dict.fromkeys(
                heading
                for heading in (
                    *named, c.valid_from, c.valid_to, c.hold, *c.groups, *(q.column for q in self.consent)
                )
                if heading is not None
            )
        )  # fmt: skip

    @property
    def layout(self) -> Layout:
        """What the columns mean for the structure of the file."""
        c = self.columns
        return Layout(
            headings=self.headings,
            names=_given(c.forename, c.surname, c.preferred, c.name),
            answers=tuple((question.column, question.meanings) for question in self.consent),
            free=frozenset(_given(c.parent, c.answered_on, c.valid_from, c.valid_to)),
            free_for={",": frozenset(_given(c.name)), ";": frozenset(_given(*c.groups, c.hold))},
            details=_given(*c.identity, *c.groups, c.role, c.parent, c.answered_on, c.valid_from, c.valid_to),
            groups=tuple(c.groups),
            hold=c.hold,
        )

    @property
    def covers(self) -> frozenset[tuple[Purpose, Medium]]:
        """The purposes and media that the file answers for everybody in it."""
        return frozenset((Purpose(question.purpose), medium) for question in self.consent for medium in question.media)


def _given(*headings: str | None) -> tuple[str, ...]:
    return tuple(heading for heading in headings if heading is not None)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping that a person has confirmed.

    Raises ImportRefused, which names the line or says that the mapping has not been confirmed.
    """
    try:
        data = path.read_bytes()
        values = parsed(data.decode("utf-8-sig"))
        mapping = Mapping.model_validate(values | {"sha256": hashlib.sha256(data).hexdigest()})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportRefused(f"{path} cannot be read: {error}", remedy="Correct the line that is named.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        what = _PLAIN.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise ImportRefused(
            f"{path}: {where}: {what}", remedy="docs/consent-csv.md explains every line of a mapping."
        ) from error
    if not mapping.confirmed:
        raise ImportRefused(
            f"nobody has confirmed {path.name} yet",
            remedy="Check every line of it, above all which answer means yes, and set confirmed = true.",
        )
    return mapping


def canonical(sheet: Sheet, purposes: Iterable[str]) -> Mapping | None:
    """The mapping of the program's own format, or None if the file is not in it.

    Args:
        sheet: The file.
        purposes: The school's purposes; each may have a column, and a second one for video.
    """
    known = {purpose + suffix for purpose in purposes for suffix in ("", _VIDEO_SUFFIX)}
    for row in sheet.rows[:HEADER_SEARCH_ROWS]:
        keys = [normalised(cell) for cell in row.cells if cell]
        asked = [key for key in keys if key in known]
        if (
            {_ID_COLUMN, "forename", "surname"} <= set(keys) <= _CANONICAL_FIXED | known
            and asked
            and len(keys) == len(set(keys))
        ):
            return Mapping(
                confirmed=True,
                columns=Columns(
                    person_id=_ID_COLUMN,
                    forename="forename",
                    surname="surname",
                    groups=tuple(key for key in ("class", "group") if key in keys),
                    **{
                        key: key
                        for key in ("preferred", "role", "answered_on", "valid_from", "valid_to", "hold")
                        if key in keys
                    },
                ),
                consent=tuple(
                    ConsentColumn(
                        column=key,
                        purpose=key.removesuffix(_VIDEO_SUFFIX),
                        media=(Medium.VIDEO if key.endswith(_VIDEO_SUFFIX) else Medium.IMAGE,),
                        granted=(_GRANTED,),
                        refused=(_REFUSED,),
                    )
                    for key in asked
                ),
            )
    return None
