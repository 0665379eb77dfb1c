"""The term report: its counts are what was done in the workspace, and nothing on its page names a child."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from audit_kit import BEN, new_school, work
from intake_kit import drop, fake_workers, import_consents, new_workspace
from workspace_fixtures import no_syncing

from anonymiser.errors import UsageError
from anonymiser.ledger.item import Item, Origin
from anonymiser.school import School
from anonymiser.school.figures import GroupShown, TakeDowns, TermFigures
from anonymiser.school.report import Reports
from anonymiser.school.report_page import hardly_shown, in_words, report_html
from anonymiser.school.term import days, term_named, term_of
from anonymiser.school.term_record import Fate
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, FaceReport, LabelReport, OutcomeKind, PhotoReport, Released

__all__ = ["no_syncing"]

BOX = (1.0, 2.0, 30.0, 40.0)
SURNAMES = ("Okafor", "Khan", "Novak", "Brennan", "Castillo", "Dupont", "Eriksen", "Fischer", "Grant", "Haddad")


def this_term(school: School) -> TermFigures:
    return school.reports.write(school.reports.period()).figures


def page(school: School) -> str:
    return school.reports.write(school.reports.period()).file.read_text(encoding="utf-8")


def released(school: School, *faces: FaceReport, labels: tuple[LabelReport, ...] = (), name: str = "a") -> Item:
    """A row as a run leaves it."""
    ledger = school._site.ledger
    item = ledger.claim(ledger.receive(Origin.INBOX, name, Event("Fair", Purpose("website"))), name)
    report = PhotoReport(Released(Copy("ab", (40, 30), (40, 30), faces, labels)))
    item = replace(item, outcome=OutcomeKind.RELEASED, staged="s.jpg", output_sha256="ab", report=report)
    return ledger.finish(ledger.deliver(item, "outbox/website/fair", school.workspace.root))


@pytest.fixture
def busy(tmp_path: Path, no_syncing: None) -> School:
    work(new_school(tmp_path / "school"))
    with School.open(tmp_path / "school", workers=fake_workers) as opened:
        yield opened


def test_every_photo_of_the_term_is_counted_once_by_what_became_of_it(busy: School) -> None:
    """A copy that was made again after a withdrawal is no other photo."""
    figures = this_term(busy)
    assert figures.fates == {
        Fate.RELEASED: 2, Fate.APPROVED: 1, Fate.REJECTED: 1, Fate.REFERRED: 1, Fate.SEALED: 1, Fate.QUARANTINED: 1,
        Fate.DUPLICATE: 1,
    }  # fmt: skip
    assert figures.photos == 8
    assert figures.purposes == {"website": (8, 3)}
    assert figures.reasons == {"crashed": 3, "unreadable": 1, "same-picture": 1}
    assert len(figures.hours_to_release) == 3
    (made,) = figures.versions
    assert (made.photos, len(made.models), made.first) == (9, 64, figures.made_on)


def test_the_work_of_people_is_counted(busy: School) -> None:
    """Three copies waited, and three verdicts were given, in the week of today."""
    figures = this_term(busy)
    assert [(week.arrived, week.to_review, week.judged) for week in figures.weeks.values() if week.arrived] == [
        (8, 3, 3)
    ]
    assert len(figures.hours_to_verdict) == 3
    assert all(monday.weekday() == 0 for monday in figures.weeks)


def test_a_withdrawal_and_how_fast_it_bit(busy: School) -> None:
    """The copy was taken out of the outbox at once; the one in the newsletter is still to be taken down."""
    figures = this_term(busy)
    assert figures.withdrawals.number == 1
    assert [round(hours, 1) for hours in figures.withdrawals.hours] == [0.0]
    assert figures.withdrawals.left == 0
    assert figures.take_downs == TakeDowns(published=1)


def test_a_copy_that_was_taken_down_is_no_longer_open(busy: School) -> None:
    """As soon as somebody records it; the count of those that were taken down stays."""
    (gone,) = (shown for shown in busy.find(busy.person(BEN)) if shown.places)
    busy.record_place([gone.item.id], "", taken_down=True)
    assert this_term(busy).take_downs == TakeDowns(taken_down=1)


def test_a_withdrawal_that_nobody_has_carried_out_is_open(busy: School) -> None:
    """The copy that shows the pupil lies in the outbox until somebody has it replaced, or moves it away."""
    busy.register.withdraw(busy.person("p2"), "letter of 4 May")
    figures = this_term(busy)
    assert (figures.withdrawals.number, figures.withdrawals.left) == (2, 1)
    assert figures.take_downs == TakeDowns(in_outbox=1, published=1)
    (shown,) = busy.find(busy.person("p2"))
    (busy.workspace.root / str(shown.item.output)).unlink()
    assert this_term(busy).take_downs == TakeDowns(published=1, unknown=1)


def test_what_people_corrected_is_counted_by_what_it_was(school: School) -> None:
    """A missed face, one that was wanted covered, one wrongly covered, and false alarms; nothing the program did."""
    shown = Keep(PersonId(BEN), Code.SHOWN_BY_PERSON(purpose="website"))
    covered = Obscure(Code.COVERED_BY_PERSON())
    released(
        school,
        FaceReport(BOX, 0.0, covered), FaceReport(BOX, 0.0, covered), FaceReport(BOX, 0.9, covered),
        FaceReport(BOX, 0.9, shown), FaceReport(BOX, 0.9, Keep(None, Code.NOT_A_FACE())),
        FaceReport(BOX, 0.9, Obscure(Code.NOT_RECOGNISED())),
        labels=(LabelReport(BOX, Keep(None, Code.NOT_A_NAME())), LabelReport(BOX, Obscure(Code.FULL_NAME()))),
    )  # fmt: skip
    found = this_term(school).corrections
    assert (found.missed, found.covered, found.wrongly_covered, found.no_face, found.no_name) == (2, 1, 1, 1, 1)
    assert "A missed face: somebody covered a face, or a place, by hand that the program had left" in page(school)


@pytest.fixture
def two_classes(tmp_path: Path, no_syncing: None) -> School:
    workspace = new_workspace(tmp_path / "school")
    rows = [f"p{n},Ada,{name},{'3A' if n < 5 else '4B'},granted" for n, name in enumerate(SURNAMES)]
    rows += ["q1,Bo,Ivanov,Choir,granted", "q2,Cy,Jensen,Team Ivanov,granted"]
    import_consents(workspace, "\r\n".join(["person_id,forename,surname,class,website", *rows]) + "\r\n")
    with School.open(workspace.root, workers=fake_workers) as opened:
        yield opened


def test_groups_that_are_hardly_ever_shown_are_named_and_small_ones_are_not_told_of(two_classes: School) -> None:
    """Nobody of 4B is in a copy; of a group of one pupil, and of exact numbers, nothing is said."""
    agreed = Code.AGREED(purpose="website")
    people = [FaceReport(BOX, 0.9, Keep(PersonId(f"p{n}"), agreed)) for n in range(5)]
    released(two_classes, *people)
    groups = {group.name: (group.pupils, group.shown) for group in this_term(two_classes).groups}
    assert groups == {"4B": (5, 0), "3A": (5, 5), "Choir": (1, 0), None: (1, 0)}
    html = page(two_classes)
    assert "Hardly ever shown: 4B." in html
    assert "too few pupils to say" in html
    assert not any(name in html for name in (*SURNAMES, "Ivanov", "Jensen"))


@pytest.mark.parametrize(
    ("pupils", "shown", "hardly"), [(4, 0, False), (5, 0, True), (30, 2, True), (30, 3, False), (5, 5, False)]
)
def test_hardly_ever_is_fewer_than_one_in_ten_of_a_group_that_hides_nobody(
    pupils: int, shown: int, hardly: bool
) -> None:
    """Of a group of four the reader would know who it is."""
    assert hardly_shown(GroupShown("3A", pupils, shown)) is hardly


@pytest.mark.parametrize(("one", "other"), [(3, 4), (0, 2), (20, 23)])
def test_exact_numbers_of_pupils_are_never_on_the_page(two_classes: School, one: int, other: int) -> None:
    """Whether three or four of a class were shown cannot be read from table or plot, nor who was left out."""
    figures = this_term(two_classes)
    pages = [
        report_html(replace(figures, groups=(GroupShown("3A", 25, number), GroupShown("4B", 4, number % 4))))
        for number in (one, other)
    ]
    assert pages[0] == pages[1]
    assert "fewer than 5" in pages[0]


class Page(HTMLParser):
    """What a browser would fetch or run, and how tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.counts: dict[str, int] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.fetched += [tag for name, _ in attrs if name in {"src", "href", "srcset", "data", "xlink:href"}]
        if tag not in {"meta", "rect", "line"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_with_a_table_beside_each_plot_and_names_nobody(busy: School) -> None:
    """No picture, script, font or link; no name or id of the register, no event, file or person who decided."""
    html = page(busy)
    found = Page(html)
    assert not found.fetched
    assert not found.open
    assert not {"script", "img", "iframe", "link", "object", "image"} & set(found.counts)
    assert found.counts["svg"] == found.counts["figure"] > 4
    assert found.counts["caption"] == found.counts["svg"]
    for name in ("Okafor", "Khan", "Ben", "Amelia", BEN, "p2", "Honey", "Fair", "newsletter of June", ".jpg"):
        assert not re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", html), name


def test_a_device_that_is_hostile_text_and_a_strange_purpose_are_only_text(busy: School) -> None:
    """What comes from outside cannot become a tag."""
    figures = replace(this_term(busy), purposes={"<b>website & co": (1, 1)})
    assert "&lt;b&gt;website &amp; co" in report_html(figures)


def test_an_empty_workspace_gives_a_plain_report(school: School) -> None:
    """No plot of nothing, and no division by it."""
    html = page(school)
    assert "No photos arrived in this time." in html
    assert "<svg" not in html
    Page(html)
    assert school.reports.write(school.reports.period()).as_json()["photos"] == 0


def test_what_happened_before_or_after_is_left_out(busy: School) -> None:
    """The same workspace, reported about last year."""
    figures = busy.reports.write(days(dt.date(2020, 9, 1), dt.date(2020, 12, 31))).figures
    assert (figures.photos, figures.withdrawals.number, figures.versions) == (0, 0, ())
    assert figures.take_downs == TakeDowns(published=1)


def test_devices_are_counted_where_the_school_has_a_list(school: School) -> None:
    """By what the photos say."""
    school.workspace.devices_file.write_text('[[folder]]\nname = "Office"\n', encoding="utf-8")
    drop(school.workspace.inbox / "Office", a="1")
    drop(school.workspace.inbox, b="2", c="3")
    with school.run(jobs=1) as run:
        list(run)
    assert this_term(school).devices == {"approved": 1, "no-evidence": 2}
    assert "names no device" in page(school)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("autumn-2026", "2026-09-01", "2026-12-31"),
        ("Spring 2027", "2027-01-01", "2027-03-31"),
        ("summer-2027", "2027-04-01", "2027-08-31"),
    ],
)
def test_a_term_has_its_months(name: str, first: str, last: str) -> None:
    """With the holidays after it, so that no day is in none."""
    period = term_named(name)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert term_of(period.first) == term_of(period.last) == period


def test_every_day_is_in_the_term_that_is_named_after_it() -> None:
    """Through a leap year."""
    for number in range(366):
        day = dt.date(2028, 1, 1) + dt.timedelta(days=number)
        period = term_of(day)
        assert period.first <= day <= period.last
        assert term_named(period.name) == period


@pytest.mark.parametrize("name", ["autumn", "winter-2026", "2026", "autumn-26", "autumn-0000", "autumn-9999"])
def test_what_is_no_term_is_refused(name: str) -> None:
    """With an example of one."""
    with pytest.raises(UsageError) as refusal:
        term_named(name)
    assert "autumn-2026" in refusal.value.remedy


def test_days_may_be_named_instead(school: School) -> None:
    """From the first day of the term that the last day is in, if only that is named."""
    reports: Reports = school.reports
    assert reports.period(first=dt.date(2026, 9, 7), last=dt.date(2026, 10, 23)).name == "2026-09-07-to-2026-10-23"
    assert reports.period(last=dt.date(2026, 10, 23)).first == dt.date(2026, 9, 1)
    with pytest.raises(UsageError):
        reports.period(first=dt.date(2026, 10, 23), last=dt.date(2026, 9, 7))


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.0, "0 seconds"), (1 / 3600, "1 second"), (0.05, "3 minutes"), (5.0, "5 hours"), (60.0, "2 days")],
)
def test_times_are_told_as_people_say_them(hours: float, said: str) -> None:
    """Nobody pictures 0.05 hours."""
    assert in_words(hours) == said
