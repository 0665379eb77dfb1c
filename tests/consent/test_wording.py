"""What headings ask: nothing is filled in as agreement unless the wording is plainly positive."""

from __future__ import annotations

import tomllib
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.consent.proposal import propose
from anonymiser.consent.tabular import read_sheet
from anonymiser.consent.wording import is_plainly_positive

NOT_PLAIN = """
Withhold consent for website | Remove from website | Photo ban | Do NOT publish | Consent denied | Opt out of photos
Exclude from press | No photos | Keep off social media | Hide from website | Blur face in photos | Photo restrictions
Photo restricted | Image embargo | Veto photographs | Objection to photos | Refuses images | Refused consent
Consent refused | Consent withdrawn | Consent revoked | Permission declined | Photos forbidden | Photos prohibited
Photography not allowed | Not allowed on website | Must not appear online | Should we avoid photos
Anonymise in pictures | Leave out of newsletter | Left out of photos | Omit from prospectus | Decline photos
Disallow video | Disagree with photo use | I do not give permission | I don't consent | Don\u2019t photograph
Never photograph | Without photo consent | Consent missing | Consent expired | Consent outstanding
Permission not given | No consent | Non-consent | Photo opt-out | Opted out: website | Private child | Photo shy
Confidential - website | Safeguarding photo flag | Photo alert | Exempt from photos | Except from photos
Prevent publishing | Block on Facebook | Stop using my photos | Cancel consent | Unhappy for photos to be used
Against photos | Photo exclusion | Withdraw consent | Internal use only | Do you mind if we use photos
Would you rather we did not use photos | Do you object to us using photos | Cover face in photos | Crop from photos
Absent from photos | Must be hidden | Do not share | Website: no | Nicht fotografieren | Consent lapsed
Take photo down | Are you unhappy | Bar from website | Limit photos | Limited consent | Rescind consent
Disapprove of photos | Consent rejected | Reject photos | Suspend consent | Consent suspended | Erase photos
Delete from website | Takedown from website | Unpublish | Unwilling for photos | Photo consent pending
Photos: ask first | Ask before photos | Negative photo consent | Lack of consent | Consent lacking | Consent void
Void permission | Cannot be photographed | Can't be photographed | Mustn't be shown | Keep from the press
Can we cover your child in photos | Redact | CONSENT WITHHELD | Consent: none
Social media blackout | Website | Facebook
Photo permission required | Consent form returned | Date of consent | Consent given by | Photo consent date
Neither photo nor video | Consent under review | Consent disputed | Parents disagree on consent
Photos in school but no website
"""
"""Wordings under which "yes" means no, or under which only somebody who knows the form can say."""

NOT_ABOUT_PICTURES = """
May we email you the school newsletter? | May your child use the internet at school? | Internet permission
Can your child use YouTube in class? | Do you give permission for your child to use social media?
May we publish your child's name on our website? | May your child take photos for the school newsletter?
Are you happy for your child to use the school website? | Can we share the school magazine by email with you?
Consent to use Google Classroom online | May we use your email for the newsletter? | Consent to apps
Can we display your child\u2019s name in the classroom? | May pupils share photos on Instagram?
May your child record video in class? | I agree to my child using the camera | Online platforms permission
May we email photos of your child? | Photo with name in the newsletter: permission
"""
"""Wordings under which "yes" agrees to something else than pictures of the child, or to more than that."""

PLAIN = """
Do you give permission for your child\u2019s photo on: School website
May we use photographs of your child on our website?
Can we use your child's image on Facebook? | I consent to photos being used on the school website | Photo consent
Website photo permission | I am happy for my child to be photographed | I agree to my child's photo in the newsletter
Permission: Local press | Consent for video on social media
I give permission for my child to appear in school publications
Happy for photos on Twitter/X | MAY WE USE PHOTOS IN THE PROSPECTUS?
"""


def headings(text: str) -> list[str]:
    return [heading.strip() for line in text.strip().splitlines() for heading in line.split("|")]


def proposed(folder: Path, heading: str) -> dict:
    path = folder / "export.csv"
    path.write_text(f'Forename,Surname,"{heading}"\nElla,Example,Yes\nTom,Sample,No\n', encoding="utf-8")
    return tomllib.loads(propose(read_sheet(path)).text)["consent"][0]


def test_there_are_many_wordings() -> None:
    """The table is long enough to mean something."""
    assert len(headings(NOT_PLAIN)) > 110


@pytest.mark.parametrize("heading", headings(NOT_PLAIN))
def test_a_heading_that_is_not_plainly_positive_is_left_open(tmp_path: Path, heading: str) -> None:
    """Nothing is filled in as agreement, whatever the answers are."""
    assert not is_plainly_positive(heading)
    assert proposed(tmp_path, heading)["granted"] == []


@pytest.mark.parametrize("heading", headings(NOT_ABOUT_PICTURES))
def test_a_question_about_something_else_is_left_open(tmp_path: Path, heading: str) -> None:
    """The child who may use the internet may not be shown on it."""
    assert proposed(tmp_path, heading)["granted"] == []


@pytest.mark.parametrize(
    ("heading", "purpose"),
    [
        ("May we use photos in our online newsletter?", ""),
        ("May we photograph your child for internal displays, with their name online?", ""),
        ("May we use photos in our online magazine?", ""),
        ("May we use photos of your child online?", "website"),
        ("May we use photos on our website and in the newsletter?", "website"),
        ("May we use photos in our newsletter?", "newsletter"),
    ],
)
def test_what_is_online_is_not_always_the_website(tmp_path: Path, heading: str, purpose: str) -> None:
    """Where another purpose is named too, a person says what is meant, and which answer agrees."""
    question = proposed(tmp_path, heading)
    assert question["purpose"] == purpose
    assert question["granted"] == (["Yes"] if purpose else [])


@pytest.mark.parametrize("heading", headings(PLAIN))
def test_a_plain_question_is_filled_in(tmp_path: Path, heading: str) -> None:
    """Where yes can only mean yes, nobody has to type it."""
    assert proposed(tmp_path, heading)["granted"] == ["Yes"]


WORDS = st.sampled_from(
    [
        "not", "never", "withhold", "remove", "ban", "except", "hide", "blur", "avoid", "stop", "unless", "until",
        "revoke", "against", "restrict", "x-out", "verboten", "nein", "w/o", "doesn't", "zzz",
    ]
)  # fmt: skip


@given(st.sampled_from(headings(PLAIN)), WORDS, st.integers(0, 12))
def test_one_word_that_is_not_understood_leaves_a_plain_question_open(heading: str, word: str, at: int) -> None:
    """Negation or not: a word that the program does not know may turn the meaning round."""
    words = heading.split()
    assert not is_plainly_positive(" ".join([*words[:at], word, *words[at:]]))


@pytest.mark.parametrize("title", ["Children who must NOT be photographed", "Withheld consents", "Opt-outs"])
def test_a_title_above_the_headings_may_turn_them_round(tmp_path: Path, title: str) -> None:
    """A list of refusals is a list of refusals, however positive its columns sound."""
    path = tmp_path / "a.csv"
    path.write_text(f"{title},,\nForename,Surname,Photo consent\nElla,Example,Yes\n")
    proposal = propose(read_sheet(path))
    assert proposal.inverted == ("Photo consent",)
    assert not proposal.questions[0].granted


@pytest.mark.parametrize(
    ("group", "plain"),
    [
        ("Do you give permission for your child\u2019s photo on:", True),
        ("Do you object to your child\u2019s photo on:", False),
        ("Keep away from:", False),
    ],
)
def test_headings_in_two_lines_are_read_together(tmp_path: Path, group: str, plain: bool) -> None:
    """A question merged over its columns decides what yes means under each; no column is lost."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Pupil", None, "Class", "Parent", group, None, None])
    sheet.append(["Forename", "Surname", None, "Name", "School website", "Facebook", "Shoe size"])
    sheet.append(["Ella", "Example", "3A", "Mrs Example", "Yes", "No", 31])
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("E1:G1")
    book.save(tmp_path / "a.xlsx")
    proposal = propose(read_sheet(tmp_path / "a.xlsx"))
    assert dict(proposal.columns) == {"forename": "Forename", "surname": "Surname", "parent": "Name"}
    assert [question.purpose for question in proposal.questions] == ["website", "social-media"]
    assert proposal.questions[0].granted == (("Yes",) if plain else ())
    assert proposal.unused == ("Shoe size", "class")
    assert '#   "Shoe size"' in proposal.text


def test_a_column_of_yes_and_no_is_a_question_whatever_its_heading(tmp_path: Path) -> None:
    """A network that the program has never heard of is not passed over."""
    path = tmp_path / "a.csv"
    path.write_text("Forename,Surname,Photo consent,Snapgram,Notes\nElla,Example,Yes,No,x\nTom,Sample,No,Yes,y\n")
    proposal = propose(read_sheet(path))
    assert [question.heading for question in proposal.questions] == ["Photo consent", "Snapgram"]
    assert proposal.questions[1].open
    assert proposal.unused == ("Notes",)
