"""What a browser sends: small forms, read whole, and raw files, never held whole.

Forms are `application/x-www-form-urlencoded`. Multipart is not understood on purpose: its parsers put files into the
system's folder for temporary files, where a photo of a child must never be.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

FORM_TYPE = "application/x-www-form-urlencoded"
RAW_TYPE = "application/octet-stream"
LARGEST_FORM = 64 * 1024
MEGABYTE = 1_000_000
"""As in `max_file_megabytes`."""
MOST_FIELDS = 600
"""The answers of a wide export, each with its own field."""


class BadForm(ValueError):
    """The body is not a form of this program."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in the order in which they came; kept out of every repr, because people type names."""

    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field, without spaces around it."""
        return next((value.strip() for key, value in self.fields if key == name), default)

    def as_typed(self, name: str) -> str:
        """The same with its spaces: a password may have some."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(value for key, value in self.fields if key == name)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def parse(body: bytes) -> Form:
    """Fields of a urlencoded body or query.

    Raises BadForm if it is too long, not such a body, or holds what nobody can type.
    """
    if len(body) > LARGEST_FORM:
        raise BadForm("too long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise BadForm("not a form") from error
    if any("\0" in text for pair in pairs for text in pair):
        raise BadForm("a NUL")
    return Form(tuple(pairs))


class Wrong(ValueError):
    """A field of a form has to be corrected."""

    def __init__(self, field_id: str, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.field_id = field_id


def date_field(form: Form, name: str) -> dt.date | None:
    """The day of a date field; browsers send ISO 8601, people without a calendar type it as on paper. Raises Wrong."""
    text = form.get(name)
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise Wrong(name, "write the day like 19/06/2026")
