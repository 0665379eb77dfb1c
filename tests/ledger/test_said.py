"""What people said about photos: kept with who and when, passed on to the same picture, forgotten with a person."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.rulings_json import acts_from_json, acts_to_json
from anonymiser.ledger.tables import VERSION
from anonymiser.values.consent import Event, Medium, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.report import Copy, OutcomeKind, PhotoReport, Waits
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Rulings, Show

WEBSITE = Event("Sports day", Purpose("website"))
NEWSLETTER = Event("Sports day", Purpose("newsletter"))
ANN, BEN = PersonId("p1"), PersonId("p2")
MONDAY = dt.datetime(2026, 6, 22, 9, 30)  # noqa: DTZ001 - as every moment of the ledger
HERE, THERE = (1.0, 2.0, 30.0, 40.5), (50.0, 2.0, 80.0, 40.5)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def waiting(ledger: Ledger, event: Event = WEBSITE, sha256: str = "00", rulings: Rulings | None = None) -> Item:
    """A photo in review, on which somebody has ruled."""
    item = ledger.claim(ledger.receive(Origin.INBOX, "k", event), sha256)
    if rulings is not None:
        item = ledger.claim(ledger.reopen(ledger.finish(delivered(ledger, item)), rulings), sha256)
    return ledger.finish(delivered(ledger, item))


def delivered(ledger: Ledger, item: Item) -> Item:
    report = PhotoReport(Waits(Copy("ab", (4, 3), (4, 3)), ()))
    review = replace(item, outcome=OutcomeKind.REVIEW, output=f"review/{item.id}.jpg", report=report)
    return ledger.deliver(review, None, Path())


def said(*acts: Act, by: str = "office") -> Rulings:
    return Rulings(acts, by, MONDAY)


numbers = st.floats(-1e6, 1e6)
boxes = st.tuples(numbers, numbers, numbers, numbers)
acts = st.one_of(
    st.builds(Cover, boxes),
    st.builds(Show, boxes, st.text('pupil-017"\\é\n☃', min_size=1)),
    st.builds(NotAFace, boxes, st.booleans()),
    st.builds(NotAName, boxes, st.booleans()),
    st.builds(Crop, boxes),
)


@given(st.lists(acts, max_size=6).map(tuple))
def test_acts_survive_storage(said: tuple[Act, ...]) -> None:
    """What comes out of the ledger is what went in."""
    assert acts_from_json(acts_to_json(said)) == said


def test_an_act_of_a_later_version_is_not_passed_over() -> None:
    """A ledger that holds more than this program knows is no ground for showing anybody."""
    with pytest.raises(ValueError, match="no act"):
        acts_from_json('[{"act": "blur", "box": [0, 0, 1, 1]}]')


def test_every_ruling_is_kept_and_the_last_one_counts(ledger: Ledger) -> None:
    """Who said what, and when; a photo that nobody has ruled on has none."""
    item = waiting(ledger)
    assert ledger.rulings(item.id) is None
    first, second = said(Cover(HERE)), Rulings((), "head", MONDAY + dt.timedelta(hours=1))
    for rulings in (first, second):
        reopened = ledger.reopen(item, rulings)
        assert reopened.state is State.CLAIMED
        item = ledger.finish(delivered(ledger, reopened))
    assert ledger.rulings(item.id) == second
    assert ledger.ruled(item.id) == (first, second)


def test_verdicts_are_kept_with_who_gave_them(ledger: Ledger) -> None:
    """A verdict that was taken back stays in the history, with what followed it."""
    item = waiting(ledger)
    ledger.finish(ledger.deliver(replace(item, verdict=ReviewVerdict.REJECTED, output=None), None, Path(), by="office"))
    rejected = ledger.get(item.id)
    assert rejected is not None
    ledger.reopen(rejected, said(by="head"))
    assert [(given.verdict, given.by) for given in ledger.given(item.id)] == [
        (ReviewVerdict.REJECTED, "office"),
        (None, "head"),
    ]


def test_the_same_picture_for_the_same_event_keeps_everything_that_was_said(ledger: Ledger) -> None:
    """Dropped again, it begins with the acts of the photo before it, whoever was shown included."""
    acts = (Cover(HERE), Show(THERE, ANN))
    waiting(ledger, rulings=said(*acts))
    again = ledger.claim(ledger.receive(Origin.INBOX, "k", WEBSITE), "00")
    assert ledger.rulings(again.id) == said(*acts)
    other = ledger.claim(ledger.receive(Origin.INBOX, "another path", WEBSITE), "11")
    assert ledger.rulings(other.id) is None


@pytest.mark.parametrize("event", [WEBSITE, NEWSLETTER], ids=str)
def test_a_changed_file_begins_with_what_was_covered_in_it(ledger: Ledger, event: Event) -> None:
    """Edited and saved under its own name, it may be the same picture: a no stays, everything else is asked anew."""
    waiting(ledger, rulings=said(Cover(HERE), Show(THERE, ANN), NotAFace(THERE, True)))
    waiting(ledger, NEWSLETTER)
    changed = ledger.claim(ledger.receive(Origin.INBOX, "k", event), "11")
    assert ledger.rulings(changed.id) == said(Cover(HERE))
    again = ledger.claim(ledger.receive(Origin.INBOX, "k", event), "22")
    assert ledger.rulings(again.id) == said(Cover(HERE))


def test_a_changed_file_in_which_nothing_was_covered_begins_anew(ledger: Ledger) -> None:
    """Whoever was shown in it may have changed places."""
    waiting(ledger, rulings=said(Show(THERE, ANN), Crop((0, 0, 90, 90))))
    changed = ledger.claim(ledger.receive(Origin.INBOX, "k", WEBSITE), "11")
    assert ledger.rulings(changed.id) is None


def test_a_later_no_for_another_purpose_outweighs_an_earlier_yes(ledger: Ledger) -> None:
    """And a later yes an earlier no: of two acts on a face the later one counts."""
    waiting(ledger, rulings=said(Show(HERE, ANN), Show(THERE, BEN)))
    tuesday = MONDAY + dt.timedelta(days=1)
    waiting(ledger, NEWSLETTER, rulings=replace(said(Cover(HERE)), at=tuesday))
    third = ledger.claim(ledger.receive(Origin.INBOX, "k", WEBSITE), "00")
    begun = ledger.rulings(third.id)
    assert begun is not None
    assert begun.acts == (Show(THERE, BEN), Cover(HERE))
    yes = replace(said(Cover(THERE), Show(HERE, ANN)), at=tuesday + dt.timedelta(days=1))
    waiting(ledger, rulings=yes)
    fourth = ledger.claim(ledger.receive(Origin.INBOX, "k", WEBSITE), "00")
    begun = ledger.rulings(fourth.id)
    assert begun is not None
    assert begun.acts == yes.acts


def test_what_was_covered_later_in_another_copy_is_added(ledger: Ledger) -> None:
    """Whenever the photo is processed again, until somebody who has seen it takes it back."""
    item = waiting(ledger, rulings=said(Show(THERE, ANN)))
    waiting(ledger, NEWSLETTER, rulings=replace(said(Cover(HERE), by="head"), at=MONDAY + dt.timedelta(days=1)))
    item = ledger.claim(ledger.reopen(item), "00")
    begun = ledger.rulings(item.id)
    assert begun is not None
    assert (begun.acts, begun.by) == ((Show(THERE, ANN), Cover(HERE)), "head")
    undone = replace(said(Show(THERE, ANN)), at=MONDAY + dt.timedelta(days=2))
    for rulings in (undone, None):
        item = ledger.claim(ledger.reopen(ledger.finish(delivered(ledger, item)), rulings), "00")
        assert ledger.rulings(item.id) == undone


def test_a_picture_dropped_again_while_its_copy_is_made_anew_begins_with_what_is_said_now(ledger: Ledger) -> None:
    """Before anybody has read the original again, and not with what was said of the copy that is replaced."""
    old = waiting(ledger, rulings=said(Show(HERE, ANN)))
    ledger.receive(Origin.INBOX, "k", WEBSITE, replaces=old, rulings=said(Cover(HERE)))
    dropped = ledger.claim(ledger.receive(Origin.INBOX, "another path", WEBSITE), "00")
    assert ledger.rulings(dropped.id) == said(Cover(HERE))


@pytest.mark.parametrize(
    "event", [NEWSLETTER, replace(WEBSITE, label="Fete"), replace(WEBSITE, medium=Medium.VIDEO)], ids=str
)
def test_a_no_holds_for_the_picture_and_a_yes_for_its_purpose(ledger: Ledger, event: Event) -> None:
    """For another event, what was covered stays covered; what was shown, dismissed or cropped is asked anew."""
    waiting(ledger, rulings=said(Cover(HERE), Show(THERE, ANN), NotAFace(THERE, True), Crop((0, 0, 90, 90))))
    other = ledger.claim(ledger.receive(Origin.INBOX, "k", event), "00")
    assert ledger.rulings(other.id) == said(Cover(HERE))


def test_a_yes_for_another_purpose_alone_says_nothing(ledger: Ledger) -> None:
    """Without a no there is nothing to begin with."""
    waiting(ledger, rulings=said(Show(THERE, ANN)))
    other = ledger.claim(ledger.receive(Origin.INBOX, "k", NEWSLETTER), "00")
    assert ledger.rulings(other.id) is None


def test_whoever_makes_a_copy_anew_begins_with_what_was_said(ledger: Ledger) -> None:
    """From its first moment, before its bytes are read; or with what is said instead."""
    old = waiting(ledger, rulings=said(Cover(HERE)))
    same = ledger.receive(Origin.INBOX, "k", WEBSITE, replaces=old)
    assert ledger.rulings(same.id) == said(Cover(HERE))
    ledger.withdraw(same)
    instead = ledger.receive(Origin.INBOX, "k", WEBSITE, replaces=old, rulings=said(Cover(THERE)))
    assert ledger.rulings(instead.id) == said(Cover(THERE))
    ledger.withdraw(instead)
    assert ledger.rulings(instead.id) is None


def test_forgetting_somebody_covers_them_and_leaves_no_trace(tmp_path: Path) -> None:
    """Every list that ever counted, and whoever ruled under their name; no byte of the file keeps it."""
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path) as ledger:
        signed = said(Show(HERE, PersonId("p-4711")), Show(THERE, BEN), by="Miss Okonkwo, office")
        item = waiting(ledger, rulings=signed)
        assert ledger.forget_person(PersonId("p-4711"), ("Ada Okonkwo", "Miss Okonkwo")) == 2
        assert ledger.rulings(item.id) == said(Cover(HERE), Show(THERE, BEN), by="")
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"p-4711" not in data
    assert b"Okonkwo" not in data


def test_a_ledger_of_the_third_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """A file that the program of that version wrote: every row reads the same, and can be ruled on."""
    path = tmp_path / "ledger.sqlite3"
    script = (Path(__file__).parent / "version3.sql").read_text(encoding="utf-8")
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
        before = connection.execute("SELECT id, report, context, output_sha256 FROM items ORDER BY id").fetchall()
    connection.close()
    with Ledger(path) as ledger:
        items = list(ledger.every())
        assert [(item.id, item.context, item.output_sha256) for item in items] == [
            (name, context, sha256) for name, _, context, sha256 in before
        ]
        assert {item.outcome for item in items} > {OutcomeKind.RELEASED, OutcomeKind.REVIEW, OutcomeKind.DUPLICATE}
        assert all(item.report.made is None or item.report.made.answers == () for item in items)
        (waits,) = ledger.waiting()
        assert ledger.rulings(waits.id) is None
        reopened = ledger.reopen(waits, said(Cover(HERE)))
        assert ledger.rulings(waits.id) == said(Cover(HERE))
        assert reopened.output_sha256 == waits.output_sha256
        assert ledger.places(next(item for item in items if item.id.endswith("09"))) == ("the newsletter of June",)
        assert ledger.replacements() == {"20261127-000010": "20261127-000023"}
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()
