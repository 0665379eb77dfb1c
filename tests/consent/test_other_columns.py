"""A later export has a column that the mapping does not know: what it takes back is never passed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.rules import Why
from anonymiser.values.consent import STANDARD_PURPOSES

MAPPING = """
[columns]
person_id = "ID"
forename = "First"
surname = "Last"
[[consent]]
column = "Web"
purpose = "website"
granted = ["Yes"]
refused = ["No"]
"""
Read = Callable[..., ParsedFile]
TAKES_BACK = (
    "Withdrawn", "Opted out", "Do not publish", "Restrictions", "Revoked", "Parent objects", "Exclude", "Hold",
    "Court order", "Date withdrawn", "Leaver", "Photo ban", "Consent withdrawn on", "Do NOT use", "Removed", "Blocked",
    "Safeguarding",
)  # fmt: skip
ASKS_AGAIN = (
    "Dad agrees?",
    "Override",
    "Web (updated)",
    "Second parent",
    "Final answer",
    "Website photos 2026",
    "Status",
    "GDPR",
)
FREE_TEXT = ("Comments", "Notes", "Office remarks", "Info", "Other", "Additional information")
WITHDRAWALS = (
    "Mum rang 3/6: consent withdrawn. No photos", "do not publish", "Dad objects", "opted out", "Please remove",
    "Not for the website", "left in July", "court order", "refused", "no longer agrees", "without her face",
)  # fmt: skip


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("other")

    def parse(heading: str, cells: list[str], *, left_out: str = "[]") -> ParsedFile:
        mapping = folder / "m.toml"
        mapping.write_text(f"confirmed = true\nleft_out = {left_out}{MAPPING}")
        path = folder / "a.csv"
        rows = [f'{n},Ella,Example{chr(97 + n)},Yes,"{cell}"\n' for n, cell in enumerate(cells)]
        path.write_text(f"ID,First,Last,Web,{heading}\n" + "".join(rows), encoding="utf-8")
        parsed = parse_file(path, mapping, STANDARD_PURPOSES)
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


def answers(parsed: ParsedFile) -> list[Why | None]:
    return [listed.answers["website", "image"].why for listed in parsed.people]


def kinds(parsed: ParsedFile) -> list[tuple[ProblemKind, tuple[int, ...]]]:
    return [(problem.kind, problem.rows) for problem in parsed.problems]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(TAKES_BACK), st.sampled_from(["Yes", "x", "03/06/2026", "granted", "mum rang", "\u2713"]))
def test_a_new_column_that_takes_consent_back_denies_the_row(read: Read, heading: str, cell: str) -> None:
    """Whatever stands under such a heading, unless it plainly says that there is nothing."""
    parsed = read(heading, [cell, "", "No", "none", "-"])
    assert answers(parsed) == [Why.REMARK, None, None, None, None]
    assert kinds(parsed) == [(ProblemKind.REMARK, (2,))]
    assert parsed.unused == (heading,)


@pytest.mark.parametrize("heading", ASKS_AGAIN)
def test_a_new_column_that_asks_again_denies_where_it_says_no(read: Read, heading: str) -> None:
    """Another parent, or a newer answer, may have said no."""
    parsed = read(heading, ["Yes", "No", "", "Yes"])
    assert answers(parsed) == [None, Why.REMARK, None, None]
    assert parsed.unused == (heading,)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(FREE_TEXT), st.sampled_from(WITHDRAWALS))
def test_a_withdrawal_in_free_text_denies_the_row(read: Read, heading: str, text: str) -> None:
    """The office writes it where there is room."""
    parsed = read(heading, ["sits by the window", text, ""])
    assert answers(parsed) == [None, Why.REMARK, None]
    assert parsed.unused == (heading,)


@pytest.mark.parametrize("heading", [*TAKES_BACK, *ASKS_AGAIN, *FREE_TEXT])
def test_a_column_that_the_mapping_names_as_left_out_counts_for_nothing(read: Read, heading: str) -> None:
    """A person has looked at it."""
    parsed = read(heading, ["Yes", "No", "consent withdrawn"], left_out=f'["{heading.upper()}", "gone"]')
    assert (answers(parsed), kinds(parsed), parsed.unused) == ([None] * 3, [], ())


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Address", ["1 No Man's Lane", "Flat no 3", "2 Ban Street"]),
        ("E-mail", ["no.reply@example.org", "a@example.org", ""]),
        ("Year group", ["3", "4", "Reception"]),
        ("Dietary needs", ["no nuts", "none", "not halal"]),
        ("Medical", ["No known allergies", "cannot swallow tablets", ""]),
        ("SEN", ["No", "Yes", "No"]),
        ("FSM", ["N", "Y", "N"]),
        ("Looked after", ["No", "No", "Yes"]),
        ("Bus stop", ["High Street", "Mill Lane", "none"]),
        ("Dietary restrictions", ["no nuts", "none", "halal"]),
        ("Parent name", ["Ban Example", "Ms Hide", ""]),
        ("Admission no", ["12", "13", "14"]),
        ("Gender", ["F", "F", "M"]),
        ("Notes", ["sits by the window", "", "plays the cello"]),
        ("DOB", ["01/02/2018", "03/04/2018", ""]),
    ],
)
def test_ordinary_columns_are_passed_over_quietly(read: Read, heading: str, cells: list[str]) -> None:
    """Where the heading is plainly about something else, a no is about that."""
    parsed = read(heading, cells)
    assert (answers(parsed), kinds(parsed), parsed.unused) == ([None] * 3, [], ())


def test_a_no_to_another_purpose_is_listed_and_denies_nothing_else(read: Read) -> None:
    """The family that wants no picture on Facebook may want one on the website."""
    parsed = read("Photos on Facebook?", ["No", "Yes"])
    assert (answers(parsed), kinds(parsed), parsed.unused) == ([None] * 2, [], ("Photos on Facebook?",))


def test_a_no_to_pictures_counts_in_any_column(read: Read) -> None:
    """Even where the heading is about something else."""
    for heading in ("Medical", "E-mail", "Parent name", "Trip consent"):
        assert answers(read(heading, ["none", "no photos please"])) == [None, Why.REMARK]
