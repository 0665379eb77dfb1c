"""Where an import may widen what is on record, what it counts, and how long it stays new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import update

from anonymiser.consent import schema
from anonymiser.consent.consents import Tally
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.register import Register, local_today
from anonymiser.errors import ImportRefused, SafetyRefusal, UsageError
from anonymiser.settings import ConsentSettings
from anonymiser.values.consent import Event, Hold, Medium, Purpose
from anonymiser.values.people import PersonId

Load = Callable[..., ImportReport]
HEADER = "person_id,forename,surname,website,answered_on\n"
WEBSITE = (Purpose("website"), Medium.IMAGE)
TODAY = local_today()


def row(answer: str, answered: dt.date | None = None, person: str = "p00") -> str:
    return f"{person},Ella,{'Smith' if person == 'p00' else 'Brown'},{answer},{answered or ''}\n"


def days_ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days)


def grow_older(register: Register, days: int) -> None:
    """Everything that is on record was recorded so many days earlier."""
    with register._writing("aged") as session:
        rows = session.connection.execute(schema.change.select()).all()
        for change in rows:
            session.connection.execute(
                update(schema.change)
                .where(schema.change.c.version == change.version)
                .values(at=change.at - dt.timedelta(days))
            )


@pytest.mark.parametrize(
    ("no", "no_date", "yes_date", "taken"),
    [
        ("refused", None, None, False),
        ("refused", 10, None, False),
        ("refused", 10, 10, False),
        ("refused", 10, 11, False),
        ("refused", 10, 9, True),
        ("refused", None, 0, False),
        ("refused", 10, -1, False),
        ("maybe", None, None, False),
        ("maybe", 10, 9, True),
        ("", None, None, True),
        ("", 10, 12, True),
    ],
)
def test_a_no_becomes_a_yes_only_by_a_newer_answer(
    load: Load, register: Register, website: Event, no: str, no_date: int | None, yes_date: int | None, taken: bool
) -> None:
    """Newer than the answer on record; one without a date was known until today; a first answer needs no date."""
    first, second = (None if days is None else days_ago(days) for days in (no_date, yes_date))
    load(HEADER + row(no, first))
    report = load(HEADER + row("granted", second))
    assert (register.snapshot(website).granted == {"p00"}) is taken
    assert bool(report.held_back) is not taken
    assert report.new_yes == ((("p00", WEBSITE),) if taken and no else ())
    load(HEADER + row("granted", second), accept_new_yes=True)
    assert register.snapshot(website).granted == {"p00"}


@pytest.mark.parametrize(("answered", "taken"), [(40, False), (20, False), (19, True), (5, True)])
def test_a_no_without_a_date_stands_for_as_long_as_lists_repeat_it(
    load: Load, register: Register, website: Event, answered: int, taken: bool
) -> None:
    """An answer of 40 days ago is newer than a no of 60 days ago, but not than one that was repeated 20 days ago."""
    load(HEADER + row("refused"))
    grow_older(register, 40)
    load(HEADER + row("refused"))
    grow_older(register, 20)
    load(HEADER + row("granted", days_ago(answered)))
    assert (register.snapshot(website).granted == {"p00"}) is taken


def test_a_yes_that_a_blank_replaced_does_not_come_back_by_itself(
    load: Load, register: Register, website: Event
) -> None:
    """The family may have emptied its answer."""
    load(HEADER + row("granted"))
    load(HEADER + row(""))
    load(HEADER + row("granted"), again=True)
    assert register.snapshot(website).granted == frozenset()


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.replace("\n", "\r\n") + "\r\n",
        lambda text: "\n\n" + text,
        lambda text: text.replace(",", ";"),
        lambda text: "\ufeff" + text,
        lambda text: "".join(f'"{line.replace(",", chr(34) + "," + chr(34))}"\n' for line in text.splitlines()),
        lambda text: text.splitlines()[0] + "\n" + "\n".join(reversed(text.splitlines()[1:])) + "\n",
        lambda text: "Printed today\n" + text,
    ],
)
def test_an_old_export_that_was_saved_once_more_is_an_old_export(
    load: Load, register: Register, website: Event, saved: Callable[[str], str]
) -> None:
    """Blank lines, quotes, delimiters, marks and order make no new file: its yes does not come back."""
    old = HEADER + row("granted") + row("granted", person="p01")
    load(old)
    load(HEADER + row("refused") + row("granted", person="p01"))
    with pytest.raises(ImportRefused, match="another one since"):
        load(saved(old))
    load(saved(old), again=True)
    assert register.snapshot(website).granted == {"p01"}


DATED = "person_id,forename,surname,website,valid_from,valid_to\n"


@pytest.mark.parametrize(
    "answer", ["granted,,", "granted,01/01/2020,", "granted,,31/12/2049", "granted,01/01/2020,31/12/2049"]
)
def test_no_import_goes_beyond_a_written_consent(load: Load, register: Register, website: Event, answer: str) -> None:
    """Whatever the next export says, and whatever is accepted, the days of the paper are the outermost."""
    load(DATED + "p00,Ella,Smith,granted,,\n")
    register.withdraw(PersonId("p00"), "letter", Purpose("website"))
    first, last = dt.date(2026, 5, 2), dt.date(2026, 5, 4)
    register.grant(PersonId("p00"), Purpose("website"), "form", valid_from=first, valid_to=last)
    report = load(DATED + f"p00,Ella,Smith,{answer}\n", accept_new_yes=True, again=True)
    assert report.bounded == (("p00", WEBSITE),)
    assert (report.statements, report.new_yes) == (0, ())
    for day, shown in ((1, False), (2, True), (4, True), (5, False)):
        assert bool(register.snapshot(website, dt.date(2026, 5, day)).granted) is shown


def test_an_import_narrows_a_written_consent(load: Load, register: Register, website: Event) -> None:
    """An earlier end counts at once, and so does a no; what came back stays within both."""
    load(DATED + "p00,Ella,Smith,refused,,\n")
    register.grant(PersonId("p00"), Purpose("website"), "form", valid_to=dt.date(2026, 5, 20))
    load(DATED + "p00,Ella,Smith,granted,,10/05/2026\n")
    assert not register.snapshot(website, dt.date(2026, 5, 11)).granted
    assert register.snapshot(website, dt.date(2026, 5, 10)).granted
    assert load(DATED + "p00,Ella,Smith,granted,,15/05/2026\n").held_back
    assert not register.snapshot(website, dt.date(2026, 5, 11)).granted
    load(DATED + "p00,Ella,Smith,granted,,25/05/2026\n", accept_new_yes=True)
    assert register.snapshot(website, dt.date(2026, 5, 20)).granted
    assert not register.snapshot(website, dt.date(2026, 5, 21)).granted


def test_a_written_consent_cannot_end_before_it_begins(school: ImportReport, register: Register) -> None:
    """It is refused, and nothing is recorded."""
    version = register.version
    with pytest.raises(UsageError, match="before it begins"):
        register.grant(
            PersonId("p00"), Purpose("website"), "form", valid_from=dt.date(2026, 5, 2), valid_to=dt.date(2026, 5, 1)
        )
    assert register.version == version


def test_a_written_consent_tells_of_a_hold(school: ImportReport, register: Register) -> None:
    """Who is on hold stays hidden, and whoever records the paper is told."""
    assert register.grant(PersonId("p00"), Purpose("press"), "form") == frozenset()
    register.set_hold(PersonId("p00"), Hold.NEVER_SHOWN)
    assert register.grant(PersonId("p00"), Purpose("press"), "form") == {Hold.NEVER_SHOWN}


PLAIN = "person_id,forename,surname,class,website\n"
PUPILS = ("p00,Ella,Smith,3A", "p01,Tom,Brown,3A", "p02,Mia,Khan,3B", "p03,Ali,Jones,3B")


def answers(*said: str) -> str:
    return PLAIN + "".join(f"{pupil},{answer}\n" for pupil, answer in zip(PUPILS, said, strict=True))


def test_the_report_counts_before_and_after(load: Load, register: Register) -> None:
    """Yes, no and blank by purpose and medium, of a dry run as of the import; the register counts the same way."""
    load(answers("granted", "granted", "refused", ""))
    changed = answers("granted", "refused", "refused", "granted")
    for dry_run in (True, False):
        (count,) = load(changed, dry_run=dry_run).counts
        assert (count.key, count.before, count.after) == (WEBSITE, Tally(2, 1, 1), Tally(2, 2, 0))
    assert register.counts([Purpose("website"), Purpose("press")]) == {
        WEBSITE: Tally(2, 2, 0), (Purpose("press"), Medium.IMAGE): Tally(0, 0, 4),
    }  # fmt: skip
    register.set_hold(PersonId("p00"), Hold.NEVER_PUBLISH)
    register.withdraw(PersonId("p01"), "letter")
    assert register.counts([])[WEBSITE] == Tally(1, 3, 0, held=1, withdrawn=1)
    load(
        answers("granted", "refused", "refused", "granted").replace(PUPILS[3] + ",granted\n", ""),
        coverage=Coverage.COMPLETE,
    )
    assert register.counts([])[WEBSITE] == Tally(0, 3, 0, held=1, withdrawn=1)
    register.grant(PersonId("p01"), Purpose("website"), "form", valid_to=local_today() - dt.timedelta(1))
    assert register.counts([])[WEBSITE] == Tally(0, 3, 0, held=1, ended=1)


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (("granted",) * 4, ("refused",) * 4, True),
        (("refused",) * 4, ("granted",) * 4, True),
        (("granted", "refused", "granted", "refused"), ("refused", "granted", "refused", "refused"), True),
        (("granted",) * 4, ("refused", "refused", "granted", "granted"), False),
        (("",) * 4, ("granted",) * 4, False),
        (("granted",) * 4, ("maybe",) * 4, False),
    ],
)
def test_most_answers_the_other_way_round_is_refused(
    load: Load, register: Register, before: tuple[str, ...], after: tuple[str, ...], refused: bool
) -> None:
    """A mapping with yes and no exchanged changes nothing, dry run or not, until somebody says that it is right."""
    load(answers(*before))
    version = register.version
    if refused:
        for dry_run in (True, False):
            with pytest.raises(ImportRefused, match=r"website \(image\) are the opposite") as refusal:
                load(answers(*after), dry_run=dry_run)
        assert "--accept-turned" in refusal.value.remedy
        assert register.version == version
    load(answers(*after), accept_turned=refused)
    assert register.version > version


SETTINGS = ConsentSettings()


def stale(register: Register, event: Event | None = None) -> bool:
    try:
        register.freshness_warning(SETTINGS, event=event)
    except SafetyRefusal:
        return True
    return False


def test_a_part_of_the_school_does_not_renew_the_rest(load: Load, register: Register, website: Event) -> None:
    """One class list leaves the other class as old as it was; when every class was listed, all are new."""
    load(answers(*["granted"] * 4))
    grow_older(register, 101)
    assert stale(register)
    assert stale(register, website)
    load(PLAIN + f"{PUPILS[0]},granted\n{PUPILS[1]},granted\n", coverage=Coverage.PARTIAL)
    assert stale(register)
    assert stale(register, website)
    load(PLAIN + f"{PUPILS[2]},granted\n{PUPILS[3]},granted\n", coverage=Coverage.PARTIAL)
    assert not stale(register)
    assert not stale(register, website)


def test_one_purpose_does_not_renew_the_others(load: Load, register: Register, website: Event) -> None:
    """A list of press consents says nothing about the website, and the reminder says so."""
    load(answers(*["granted"] * 4))
    grow_older(register, 101)
    load(answers(*["granted"] * 4).replace("website", "press"))
    assert stale(register, website)
    assert not stale(register, Event("Fair", Purpose("press")))
    assert "101 days" in (register.freshness_warning(SETTINGS) or "")


@pytest.mark.parametrize("partial", [False, True])
def test_an_unchanged_export_renews_whom_it_lists(
    load: Load, register: Register, website: Event, partial: bool
) -> None:
    """A school where nothing changes for a term is not shut out."""
    coverage = Coverage.PARTIAL if partial else Coverage.USUAL
    load(answers(*["granted"] * 4), coverage=coverage)
    grow_older(register, 101)
    assert stale(register, website)
    load(answers(*["granted"] * 4), coverage=coverage, dry_run=True)
    assert stale(register, website)
    assert load(answers(*["granted"] * 4), coverage=coverage).already_imported
    assert not stale(register, website)
    assert register.freshness_warning(SETTINGS) is None


def test_who_has_left_keeps_nobody_waiting(load: Load, register: Register, website: Event) -> None:
    """A leaver is in no list any more, and makes the others no older."""
    load(answers(*["granted"] * 4))
    grow_older(register, 101)
    load(answers(*["granted"] * 4).replace(f"{PUPILS[3]},granted\n", ""), coverage=Coverage.COMPLETE)
    assert not stale(register, website)


def test_a_row_in_doubt_keeps_the_name_that_is_known(load: Load, register: Register, website: Event) -> None:
    """A name that may stand in the wrong column does not replace the right one."""
    load(answers(*["granted"] * 4))
    report = load(answers(*["granted"] * 4).replace("p02,Mia,Khan,3B", "p02,Mia,Khan, Jnr,3B"))
    assert register.snapshot(website).granted == {"p00", "p01", "p03"}
    assert report.renamed == ()
    assert register.find("Mia Khan") == "p02"
    assert {person.groups for person in register.people()} == {("3A",), ("3B",)}


def test_an_old_file_with_a_column_of_roles_is_still_old(load: Load) -> None:
    """Somebody without a role is a pupil: a column that says so tells nothing new."""
    old = answers("granted", "granted", "granted", "granted")
    load(old)
    load(answers("granted", "refused", "granted", "granted"))
    with pytest.raises(ImportRefused, match="this very file"):
        load("\n".join(line + (",pupil" if number else ",role") for number, line in enumerate(old.splitlines())) + "\n")
