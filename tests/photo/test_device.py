"""The camera's name, and nothing about its owner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.photo.device import describe_device


@pytest.mark.parametrize(
    ("make", "model", "device"),
    [
        ("Apple", "iPad (9th generation)", "Apple iPad (9th generation)"),
        ("Canon", "Canon EOS 80D", "Canon EOS 80D"),
        ("NIKON CORPORATION", "NIKON D3200", "NIKON D3200"),
        ("samsung\0\0\0", "  SM-T510 \0junk", "samsung SM-T510"),
        ("Apple", None, "Apple"),
        (None, "iPad", "iPad"),
        ("", "\0", None),
        (None, None, None),
        (b"Apple", 7, None),
        ("A\x1b[31mB", "line\nbreak", "A [31mB line break"),
    ],
)
def test_describe_device(make: object, model: object, device: str | None) -> None:
    """Make and model join to one clean name; padding, control characters and repetitions go."""
    assert describe_device(make, model) == device


@given(st.text(), st.text())
def test_always_printable_and_short(make: str, model: str) -> None:
    """Whatever a file says, the result can be printed in one line."""
    device = describe_device(make, model)
    assert device is None or (device.isprintable() and 0 < len(device) <= 80)
