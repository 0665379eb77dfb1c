"""The kind of camera that took a photo, from the two fields that say so; never a serial number or an owner."""

from __future__ import annotations

import re

_LONGEST = 80


def describe_device(make: object, model: object) -> str | None:
    """One name for a camera from EXIF's Make and Model, or None if the file does not say.

    The maker is left out if the model repeats it: "Canon" and "Canon EOS 80D" give "Canon EOS 80D". Values come
    straight from the file, so anything but text counts as absent.
    """
    maker, name = _clean(make), _clean(model)
    if not name:
        return maker or None
    if not maker or name.split()[0].casefold() == maker.split()[0].casefold():
        return name
    return f"{maker} {name}"[:_LONGEST]


def _clean(value: object) -> str:
    """Text without the padding, blanks and control characters that cameras leave in it."""
    if not isinstance(value, str):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in value.split("\0", 1)[0])
    return re.sub(r"\s+", " ", printable).strip()[:_LONGEST].rstrip()
