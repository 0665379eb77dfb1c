"""What is wrong with a settings file, in plain English: the line, the key, and what is expected there."""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

_EXPECTED = {
    "bool_parsing": "must be true or false", "bool_type": "must be true or false",
    "int_from_float": "must be a whole number", "int_parsing": "must be a whole number",
    "int_type": "must be a whole number", "float_parsing": "must be a number", "float_type": "must be a number",
    "finite_number": "must be a number", "string_type": "must be words in quotation marks",
    "tuple_type": 'must be a list, as in ["website", "press"]', "too_short": "must name at least one",
    "string_pattern_mismatch": "must be empty, or look like postgresql://user@host/database",
    "missing": "is needed here",
}  # fmt: skip
"""By pydantic's error type (pydantic_core.core_schema.ErrorType)."""
_DATE_ERRORS = ("date_",)
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt"),
}  # fmt: skip


def parsed(text: str) -> dict[str, Any]:
    """What a TOML file with this text says.

    Raises TOMLDecodeError, also for brackets too deep and numbers too long for the reader.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise tomllib.TOMLDecodeError("too deep or too long") from error


def explained(error: ValidationError, text: str, model: type[BaseModel]) -> str:
    """The first thing wrong in the TOML file with this `text`: "line 4: [intake] polling must be true or false"."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = [str(part) for part in first["loc"] if not isinstance(part, int)]
    context: dict[str, Any] = dict(first.get("ctx", {}))
    if first["type"] == "relation":
        place.append(context["key"])
    if place and not _has_sections(model):
        place = place[:1]  # what follows says which form of the value was tried
    line = _line_of(place, text)
    where = f"line {line}: " if line else ""
    if first["type"] == "extra_forbidden":
        return f"{where}there is no {_spelled(place, model)}{_nearest(place, model)}"
    return f"{where}{_spelled(place, model)} {_expected(first['type'], context, _values_of(place, model))}"


def unreadable_line(error: tomllib.TOMLDecodeError) -> str:
    """The place where the TOML reader had to stop."""
    found = re.search(r"at line (\d+)", str(error))
    if found is None and error.__cause__ is not None:
        return "a part that is far too long"
    return f"line {found[1]}" if found else "near its end"


def _expected(kind: str, context: dict[str, Any], values: list[str]) -> str:
    if kind == "relation":
        return str(context["otherwise"])
    if kind == "enum":
        return f"must be one of: {', '.join(values)}"
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"must be {words} {context[name]:g}"
    if kind.startswith(_DATE_ERRORS):
        return "must be a date, such as 2027-07-31"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "must be a section with keys below it"
    return _EXPECTED.get(kind, "has a value that does not fit")


def _spelled(place: list[str], model: type[BaseModel]) -> str:
    if len(place) > 1:
        return f"[{place[0]}] {'.'.join(place[1:])}"
    if place and not _has_sections(model):
        return place[0]
    return f"[{place[0]}]" if place else "the file"


def _has_sections(model: type[BaseModel]) -> bool:
    return any(
        isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for field in model.model_fields.values()
    )


def _nearest(place: list[str], model: type[BaseModel]) -> str:
    known = _model_at(place[:-1], model).model_fields
    close = get_close_matches(place[-1], known, n=1)
    if not close and len(place) > 1:
        sections = {
            key: section
            for section, field in model.model_fields.items()
            for key in getattr(field.annotation, "model_fields", ())
        }
        if place[-1] in sections:
            return f": {place[-1]} belongs below [{sections[place[-1]]}]"
    return f": did you mean {close[0]}?" if close else ""


def _model_at(place: list[str], model: type[BaseModel]) -> type[BaseModel]:
    for part in place:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return model
        model = inner
    return model


def _values_of(place: list[str], model: type[BaseModel]) -> list[str]:
    field = _model_at(place[:-1], model).model_fields.get(place[-1]) if place else None
    kind = field.annotation if field else None
    kind = next((part for part in get_args(kind) if isinstance(part, enum.EnumMeta)), kind)
    return [f'"{member.value}"' for member in kind] if isinstance(kind, enum.EnumMeta) else []


def _line_of(place: list[str], text: str) -> int | None:
    """The line of the key of `place`; if the key is nowhere, the line of its section's heading."""
    heading = None
    for number, section, key in _lines(text):
        if section == place[0] if place else False:
            heading = heading or number
            if len(place) > 1 and key == place[1]:
                return number
        elif len(place) == 1 and section == "" and key == place[0]:
            return number
    return heading


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, section and key of every line that has one; "" for a heading's key."""
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            section = found[1]
            yield number, section, ""
        elif found := re.match(r"\s*\"?([\w-]+)\"?\s*=", line):
            yield number, section, found[1]
