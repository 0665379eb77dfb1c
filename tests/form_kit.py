"""A form that families have answered: its mapping, and who agrees after its import."""

from __future__ import annotations

from anonymiser.consent.register import Register
from anonymiser.values.consent import Event

FORM = """confirmed = true
[columns]
{columns}
parent = "Answered by"
answered_on = "Date"
[[consent]]
column = "Website"
purpose = "website"
granted = ["Yes"]
refused = ["No"]
"""
"""Mapping with `{columns}` to fill in."""
WITHOUT_ID = 'forename = "First"\nsurname = "Last"'


def granted(register: Register, event: Event) -> set[str]:
    """Ids of those who agree."""
    return set(register.snapshot(event).granted)
