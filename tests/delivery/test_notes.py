"""What the note beside a photo says of text that tells where a child is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from anonymiser.delivery.notes import review_note
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, LabelReport, OutcomeKind, PhotoReport, Waits

COPY = Copy(
    "0" * 64,
    (300, 300),
    (300, 300),
    labels=(
        LabelReport((10, 10, 60, 30), Keep(None, Code.CLUE(kind="address"))),
        LabelReport((240, 240, 290, 290), Obscure(Code.CLUE(kind="code"))),
        LabelReport((120, 140, 180, 160), Obscure(Code.FULL_NAME())),
    ),
)


def note(copy: Copy) -> str:
    report = PhotoReport(Waits(copy, (Code.EVERY_PHOTO_WAITS(),)))
    event = Event("Sports day", Purpose("website"))
    at = dt.datetime(2026, 6, 19, tzinfo=dt.UTC)
    item = Item("20260619-000001", Origin.INBOX, "key", State.DONE, event, at, outcome=OutcomeKind.REVIEW)
    return review_note(replace(item, report=report))


def test_a_note_lists_text_and_codes_with_their_place_beside_the_names_removed() -> None:
    said = note(COPY)
    assert "1 name label removed" in said
    assert "near the top left: an address or a postcode (not covered)" in said
    assert "near the bottom right: a QR code or a barcode (covered)" in said


def test_a_place_is_that_of_the_copy_as_it_is_seen() -> None:
    turned = replace(COPY, notices=(Code.TURNED_UPRIGHT(degrees=90),))
    assert "near the top right: an address" in note(turned)
    assert "near the middle: an address" in note(replace(COPY, crop=(0.0, 0.0, 70.0, 40.0)))


def test_a_note_of_a_photo_without_any_says_nothing_about_it() -> None:
    assert "Also in the picture" not in note(replace(COPY, labels=()))
