"""What the columns and values of a school system's export mean: confirmed by a person, never guessed.

A mapping is a TOML file of a few lines (docs/consent-csv.md). The program's own format needs none: `canonical`
recognises it by its headings.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anonymiser.consent.tabular import Row, Sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import Medium, Purpose

HEADER_SEARCH_ROWS = 20
"""Reports carry a title, a date and blank rows above their headings, not more."""

NEVER_AGREED = frozenset(
    {"", "-", "?", "n/a", "na", "none", "no response", "not recorded", "pending", "requested", "sent", "unknown"}
)
"""Normalised values that no mapping may read as agreement: silence is not consent (ICO, Chelmer Valley, 2024)."""

_GRANTED = "granted"
_REFUSED = "refused"
_VIDEO_SUFFIX = ".video"
_ID_COLUMN = "person_id"
_CANONICAL_FIXED = frozenset(
    {_ID_COLUMN, "forename", "surname", "preferred", "class", "group", "role", "valid_from", "valid_to", "hold"}
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Heading = Annotated[str, Field(min_length=1)]


class Columns(_Strict):
    """Headings of the columns that say who, from when and until when; None where the export has none."""

    person_id: Heading | None = None
    forename: Heading
    surname: Heading
    preferred: Heading | None = None
    groups: tuple[Heading, ...] = ()
    role: Heading | None = None
    parent: Heading | None = None
    """Who answered, in exports with one row per parent."""
    answered_on: Heading | None = None
    """With `parent`: of two rows by one parent the later counts."""
    valid_from: Heading | None = None
    valid_to: Heading | None = None
    hold: Heading | None = None


class ConsentColumn(_Strict):
    """One question to the family."""

    column: Heading
    purpose: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    media: Annotated[tuple[Medium, ...], Field(min_length=1)] = (Medium.IMAGE,)
    granted: Annotated[tuple[str, ...], Field(min_length=1)]
    """Values by which the family agreed; whatever is not listed is a refusal."""
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
    sha256: str = ""
    """Of the mapping file; empty for the program's own format."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that the file must have."""
        c = self.columns
        named = (c.person_id, c.forename, c.surname, c.preferred, c.role, c.parent, c.answered_on)
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
    def covers(self) -> frozenset[tuple[Purpose, Medium]]:
        """The purposes and media that the file answers for everybody in it."""
        return frozenset((Purpose(question.purpose), medium) for question in self.consent for medium in question.media)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping that a person has confirmed.

    Raises ImportRefused that names the line, or says that it has not been confirmed.
    """
    try:
        data = path.read_bytes()
        values = tomllib.loads(data.decode("utf-8-sig"))
        mapping = Mapping.model_validate(values | {"sha256": hashlib.sha256(data).hexdigest()})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportRefused(f"{path} cannot be read: {error}", remedy="Correct the line that is named.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        raise ImportRefused(
            f"{path}: {where}: {first['msg']}", remedy="docs/consent-csv.md explains every line of a mapping."
        ) from error
    if not mapping.confirmed:
        raise ImportRefused(
            f"nobody has confirmed {path.name} yet",
            remedy="Check every line of it, above all which answer means yes, and set confirmed = true.",
        )
    return mapping


def normalised(text: str) -> str:
    """Text without differences of case, spacing and typography; for comparing headings and values."""
    plain = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0xA0: " "})
    return " ".join(plain.split()).casefold()


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings, wherever it stands."""

    row: Row

    @property
    def keys(self) -> tuple[str, ...]:
        """Normalised headings; of equal ones each ends in its number: `surname [2]`."""
        plain = [normalised(cell) for cell in self.row.cells]
        repeated = {key for key, count in Counter(plain).items() if count > 1}
        seen: Counter[str] = Counter()
        keys = []
        for key in plain:
            seen[key] += 1
            keys.append(f"{key} [{seen[key]}]" if key in repeated else key)
        return tuple(keys)

    def find(self, heading: str) -> int:
        """Index of the column called `heading`.

        Raises ImportRefused where there is none, or more than one.
        """
        keys, wanted = self.keys, normalised(heading)
        if wanted in keys:
            return keys.index(wanted)
        if f"{wanted} [1]" in keys:
            raise ImportRefused(
                f"the heading {heading!r} occurs more than once in row {self.row.number}",
                remedy=f"Write {heading + ' [1]'!r} for the first of them, {heading + ' [2]'!r} for the second.",
            )
        raise ImportRefused(
            f"there is no column {heading!r}",
            remedy="The export has changed: check the mapping against it, line by line, and correct it.",
        )

    def has(self, headings: Iterable[str]) -> bool:
        """Whether every one of `headings` is here, once or more often."""
        found = {re.sub(r" \[\d+\]$", "", key) for key in self.keys} | set(self.keys)
        return all(normalised(heading) in found for heading in headings)


def find_header(sheet: Sheet, headings: Sequence[str]) -> Header:
    """The first row that has all `headings`.

    Raises ImportRefused that names the first heading which is missing everywhere.
    """
    candidates = [Header(row) for row in sheet.rows[:HEADER_SEARCH_ROWS] if not row.blank]
    for header in candidates:
        if header.has(headings):
            return header
    likeliest = max(candidates, key=lambda header: sum(header.has([heading]) for heading in headings))
    for heading in headings:
        likeliest.find(heading)
    raise ImportRefused("the row of headings was not found", remedy="Delete the rows above it and try again.")


def canonical(sheet: Sheet, purposes: Iterable[str]) -> Mapping | None:
    """The mapping of the program's own format, or None where the file is not in it.

    Args:
        sheet: The file.
        purposes: The school's purposes, each of which may have a column, and a second one for video.
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
                    **{key: key for key in ("preferred", "role", "valid_from", "valid_to", "hold") if key in keys},
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
