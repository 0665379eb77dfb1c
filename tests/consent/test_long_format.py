"""One row for each child and kind of consent: never the last row, but a refusal that says what to do."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.proposal import propose
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES

HEADINGS = ["Consent type", "Type of consent", "Permission", "Consent", "Question", "Description", "Item", "Purpose"]
KINDS = [
    ("Website", "Newsletter"),
    ("Photographs on the website", "Photographs in the local press", "School trips"),
    ("Social media", "Biometric", "Local area visits"),
]
CHILDREN = [("101", "Ella Lane", "Mary Lane"), ("102", "Tom Reed", "Ann Reed"), ("103", "Mia Wood", "Jo Wood")]
MAPPING = """confirmed = true
left_out = [{left_out}]
[columns]
{id}name = "Child Name"
parent = "Parent Name"
answered_on = "Date"
[[consent]]
column = "Answer"
purpose = "website"
granted = ["Yes"]
refused = ["No"]
"""


def written(folder: Path, heading: str, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "list.csv"
    lines = [("Pupil ID", "Child Name", "Parent Name", heading, "Answer", "Date"), *rows]
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def mapping(folder: Path, *, left_out: str = "", identified: bool = True) -> Path:
    path = folder / "list.mapping.toml"
    name = f'"{left_out}"' if left_out else ""
    path.write_text(
        MAPPING.format(left_out=name, id='person_id = "Pupil ID"\n' if identified else ""), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("identified", [True, False])
@pytest.mark.parametrize("order", ["by child", "by kind"])
def test_a_row_for_each_kind_of_consent_is_refused(
    tmp_path: Path, order: str, identified: bool, heading: str, kinds: tuple[str, ...]
) -> None:
    """By the proposal and by the import, with and without ids, also where a person has left the column out."""
    pairs = itertools.product(CHILDREN, kinds) if order == "by child" else (
        (child, kind) for kind in kinds for child in CHILDREN
    )  # fmt: skip
    rows = [
        (*child, kind, "No" if n % 2 else "Yes", f"{n % 20 + 1:02d}/09/2026") for n, (child, kind) in enumerate(pairs)
    ]
    path = written(tmp_path, heading, rows)
    with pytest.raises(ImportRefused, match="a row for each kind of consent") as refusal:
        propose(read_sheet(path))
    assert "one row for each child" in refusal.value.remedy
    for left_out in ("", heading):
        with pytest.raises(ImportRefused, match="a row for each kind of consent"):
            parse_file(path, mapping(tmp_path, left_out=left_out, identified=identified), STANDARD_PURPOSES)


def test_kinds_of_different_children_are_refused_too(tmp_path: Path) -> None:
    """Each child has one row only, but about something else."""
    rows = [
        (*child, kind, "Yes", "01/09/2026")
        for child, kind in zip(CHILDREN, ("Website", "Trips", "Website"), strict=True)
    ]
    with pytest.raises(ImportRefused, match="a row for each kind of consent"):
        parse_file(written(tmp_path, "Consent type", rows), mapping(tmp_path), STANDARD_PURPOSES)


@pytest.mark.parametrize("kind", ["Newsletter", "School trips", "Photographs in the press", "Medical treatment"])
def test_a_list_about_another_kind_than_the_mapping_is_refused(tmp_path: Path, kind: str) -> None:
    """A mapping for the website is not one for the newsletter, although both lists look the same."""
    rows = [(*child, kind, "Yes", "01/09/2026") for child in CHILDREN]
    with pytest.raises(ImportRefused, match="another kind of consent than the mapping"):
        parse_file(written(tmp_path, "Consent type", rows), mapping(tmp_path), STANDARD_PURPOSES)


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Consent type", ("School website",) * 3),
        ("Consent type", ("Photos",) * 3),
        ("Consent type", ("Written", "Online", "Paper form")),
        ("Comments", ("Lovely photo of the trip", "", "Asked about the website")),
        ("Class", ("3A", "3B", "3A")),
        ("House", ("Press", "Display", "Press")),
        ("Status", ("Answered", "Answered", "Answered")),
    ],
)
def test_other_columns_are_no_kinds(tmp_path: Path, heading: str, cells: tuple[str, ...]) -> None:
    """One kind for everybody, how the answer came, remarks and classes."""
    rows = [(*child, cell, "Yes", "01/09/2026") for child, cell in zip(CHILDREN, cells, strict=True)]
    path = written(tmp_path, heading, rows)
    propose(read_sheet(path))
    parsed = parse_file(path, mapping(tmp_path), STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert [listed.answers["website", "image"].why for listed in parsed.people] == [None] * 3


def test_two_parents_of_a_child_are_no_kinds(tmp_path: Path) -> None:
    """A row for each parent, which differ in the relationship or in how they answered."""
    for heading, cells in (("Relationship", ("Mother", "Father")), ("Answered via", ("Website", "Paper"))):
        rows = [(*child[:2], parent, cell, "Yes", "01/09/2026") for child in CHILDREN
                for parent, cell in zip(("Ann", "Bob"), cells, strict=True)]  # fmt: skip
        parsed = parse_file(written(tmp_path, heading, rows), mapping(tmp_path), STANDARD_PURPOSES)
        assert isinstance(parsed, ParsedFile)
        assert [listed.answers["website", "image"].why for listed in parsed.people] == [None] * 3
