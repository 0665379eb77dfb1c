"""The pages of the office in a real browser: today, people, consents, photos put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import TABLET, Window, told, window
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents, tree

from anonymiser.consent.mapping import load_mapping
from anonymiser.school import School
from anonymiser.values.consent import Hold, Purpose
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

MESSY = (
    "Report of consents,,,,,\r\n"
    ",,,,,\r\n"
    "Pupil ID,Legal Forename,Legal Surname,Reg,May we use photos on the school website?,Do NOT use in newspapers\r\n"
    "101,Ella,Smith,3A,Yes,No\r\n"
    "102,Tom,Brown,3A,yes ,Yes\r\n"
    "103,Mia,<b>Khan</b>,3A,pending,\r\n"
    '104,Ben,"O\'Neil",3B,No,No\r\n'
)


@pytest.fixture
def shown(browser: Any, desk: DeskClient) -> Iterator[Window]:
    with window(browser, desk) as opened:
        yield opened


@pytest.fixture
def empty(browser: Any, workspace: Workspace) -> Iterator[tuple[Window, Workspace]]:
    """A new school's desk: nobody is on record yet."""
    with running_desk(workspace.root, fake_workers) as client, window(browser, client) as opened:
        yield opened, workspace


def test_the_browser_signs_in_by_the_file_and_the_secret_is_wiped(shown: Window) -> None:
    """The address shows no secret afterwards. A used link opens for whoever is in, and tells others what to do."""
    assert shown.page.url == f"{shown.url}/"
    assert "secret" not in shown.page.content()
    shown.go("/sign-in#used-before")
    shown.page.wait_for_url(f"{shown.url}/")
    shown.page.context.clear_cookies()
    shown.go("/sign-in#used-before")
    shown.page.wait_for_selector("#lost:not([hidden])")
    assert shown.page.url == f"{shown.url}/sign-in"
    assert "Start the desk again" in shown.main


def test_a_messy_export_is_brought_in_by_clicking(empty: tuple[Window, Workspace], tmp_path: Path) -> None:
    """From the first page to recorded consents; what was clicked counts, and the mapping is the command line's."""
    shown, workspace = empty
    page = shown.page
    page.get_by_role("link", name="Import consents").click()
    export = tmp_path / "Ella Smith and others.csv"
    export.write_text(MESSY, encoding="utf-8", newline="")
    page.set_input_files("#file", export)
    page.wait_for_url("**/import/columns")
    assert page.input_value("#forename") == "Legal Forename"
    assert "<b>Khan</b>" in shown.main
    page.get_by_role("button", name="Continue to the answers").click()
    assert "compare the columns" in page.inner_text("#problem").lower()
    page.check("#right")
    page.get_by_role("button", name="Continue to the answers").click()
    page.wait_for_url("**/import/answers")
    assert page.locator("input:checked").count() == 0
    assert "Careful" in page.inner_text("section:nth-of-type(2)")
    page.get_by_role("button", name="Continue to the check").click()
    assert page.evaluate("document.activeElement.id") == "problem"
    for name in ("#use-1-1", "#media-1-image", "#use-2-4", "#media-2-image"):
        page.check(name)
    page.get_by_role("button", name="Continue to the check").click()
    assert "tick the answers under" in page.inner_text("#problem").lower()
    page.locator("#answer-1").get_by_label(re.compile('^"yes"', re.IGNORECASE)).check()
    page.locator("#answer-2").get_by_label(re.compile('^"No"')).check()
    page.get_by_role("button", name="Continue to the check").click()
    page.wait_for_url("**/import/look")
    assert "4 people in the file, 4 of them new" in shown.main, shown.main
    page.get_by_role("button", name=re.compile("^Record")).click()
    assert "The last box is not ticked" in shown.main
    with School.open(workspace.root) as school:
        assert school.register.people() == ()
    page.check("#checked")
    page.get_by_role("button", name=re.compile("^Record")).click()
    page.wait_for_url("**/import/done")
    with School.open(workspace.root) as school:
        people = {person.names.forename: person for person in school.register.people()}
        assert people["Mia"].names.surname == "<b>Khan</b>"
        granted = {
            purpose: {
                name
                for name, person in people.items()
                if school.register.dossier(person.id, [Purpose(purpose)]).rulings[Purpose(purpose), "image"].granted
            }
            for purpose in ("website", "press")
        }
    assert granted == {"website": {"Ella", "Tom"}, "press": {"Ella", "Ben"}}
    assert load_mapping(workspace.data / "consents.mapping.toml").confirmed
    assert tree(workspace.work) == []
    assert "Ella" not in " ".join(shown.requests)
    page.get_by_role("link", name="Consents").click()
    page.set_input_files("#file", export)
    page.wait_for_url("**/import/look")
    assert "mean what you said then" in shown.main


def test_a_file_that_is_no_list_is_refused_in_words(shown: Window, tmp_path: Path) -> None:
    """The reason and what to do; nothing stays behind."""
    shown.go("/import")
    wrong = tmp_path / "list.pdf"
    wrong.write_bytes(b"%PDF-1.7")
    shown.page.set_input_files("#file", wrong)
    shown.page.wait_for_selector("#trouble:not([hidden])")
    assert "The file is a PDF. Export the report again" in shown.page.inner_text("#trouble-text")


def test_a_withdrawal_and_a_hold_are_recorded_by_keyboard_and_mouse(shown: Window, desk: DeskClient) -> None:
    """Missing evidence is asked for where it is missing; lifting a hold takes a typed word."""
    page = shown.page
    shown.go("/people")
    page.fill("#filter", "okafor")
    assert page.locator("#list tbody tr:visible").count() == 1
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Okafor, Ben").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/P1")
    assert page.title() == "Person - anonymiser"
    page.get_by_text("They withdraw their consent").click()
    page.get_by_label("website", exact=True).first.check()
    page.get_by_role("button", name="Record the withdrawal").click()
    assert "Say where the family's own words are filed" in page.inner_text("#problem")
    assert page.get_by_label("website", exact=True).first.is_checked()
    page.fill("#withdraw-evidence", "letter 7")
    page.get_by_role("button", name="Record the withdrawal").click()
    told(page, "The withdrawal of website is recorded.")
    assert "letter 7" in shown.main
    page.get_by_text("They must never be shown").click()
    page.check("#hold-kind-1")
    page.get_by_role("button", name="Set the hold").click()
    page.get_by_text("Lift this hold").click()
    page.get_by_role("button", name="Lift the hold").click()
    assert 'Type the word "lift"' in page.inner_text("#problem")
    with School.open(desk.root) as school:
        assert school.register.dossier(school.person("P1"), []).holds == {Hold.NEVER_PUBLISH}
    page.get_by_text("Lift this hold").click()
    page.get_by_label('Type the word "lift"').fill("lift")
    page.get_by_role("button", name="Lift the hold").click()
    told(page, "is lifted")


def test_what_was_taken_down_leaves_the_list_of_things_to_do(browser: Any, workspace: Workspace) -> None:
    """Where a copy was published is written down, and that it is gone from there; then nothing is left to do."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox, a="show P1")
    with School.open(workspace.root, workers=fake_workers) as school:
        with school.run(jobs=1) as run:
            list(run)
        (copy,) = school.find(PersonId("P1"))
        school.record_place([copy.item.id], "the website, news page")
        school.register.withdraw(PersonId("P1"), "letter")
        school.take_back(PersonId("P1"))
    with running_desk(workspace.root, fake_workers) as client, window(browser, client) as shown:
        shown.go("/people/P1")
        row = shown.page.locator("tbody tr", has_text=copy.item.output.rpartition("/")[2])
        assert "have it taken down" in row.inner_text()
        assert shown.violations() == []
        button = row.get_by_role("button", name=f"Mark as taken down: {copy.item.id} from the website, news page")
        button.focus()
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".notice")
        told(shown.page, "It is recorded that the copy was taken down there.")
        assert "have it taken down" not in row.inner_text()
        assert "taken down: the website, news page" in row.inner_text()
        assert shown.violations() == []


def test_photos_are_put_in_on_the_page_and_looked_at(shown: Window, desk: DeskClient, tmp_path: Path) -> None:
    """The event first; then the files, without their names; then today shows what became of them."""
    page = shown.page
    page.get_by_role("link", name="Add photos").click()
    page.get_by_role("button", name="Continue to the photos").click()
    assert "Give the event a general name" in page.inner_text("#problem")
    page.fill("#label", "Ben Okafor")
    page.get_by_role("button", name="Continue to the photos").click()
    assert "holds the name of somebody in the register" in page.inner_text("#problem")
    page.fill("#label", "Sports day")
    page.select_option("#group", "3A")
    page.fill("#date", "2026-06-19")
    page.get_by_role("button", name="Continue to the photos").click()
    page.wait_for_url("**/drop/1")
    for number, word in enumerate(("one", "review", "seal")):
        (tmp_path / f"Ben {number}.jpg").write_text(word)
    page.set_input_files("#files", [tmp_path / f"Ben {number}.jpg" for number in range(3)])
    page.wait_for_selector("#finished:not([hidden])")
    assert page.inner_text("#state-text") == "3 of 3 photos added."
    desk.wait_for_run()
    page.click("#finished")
    row = page.locator("tr", has_text="Sports day")
    assert "3A, 19/06/2026" in row.inner_text()
    assert "1 photo is waiting for you" in shown.main
    assert "Put aside for the safeguarding lead: 1" in shown.main
    assert not any("Ben" in name for name in tree(desk.root))
    with School.open(desk.root) as school:
        assert {item.event.group for item in school.review.waiting()} == {"3A"}


def test_a_photo_that_is_too_large_is_refused_and_leaves_nothing(
    shown: Window, desk: DeskClient, tmp_path: Path, temporary_folder: Path
) -> None:
    """In words beside its number; the others go on."""
    page = shown.page
    shown.go("/drop")
    page.fill("#label", "Fair")
    page.get_by_role("button", name="Continue to the photos").click()
    (tmp_path / "large.jpg").write_bytes(b"x" * 2_000_000)
    (tmp_path / "small.jpg").write_bytes(b"release")
    page.set_input_files("#files", [tmp_path / "large.jpg", tmp_path / "small.jpg"])
    page.wait_for_selector("#finished:not([hidden])")
    assert "1 of 2 photos added, 1 not." in page.inner_text("#state-text")
    assert "Photo 1: it is too large. At most 1 MB: save a smaller copy of it" in page.inner_text("#state-troubles")
    desk.wait_for_run()
    assert tree(desk.root / "data" / "work") == []
    assert list(temporary_folder.iterdir()) == []


def test_the_page_can_be_hidden_in_a_moment(shown: Window) -> None:
    """Shift and Escape, or the button; whoever comes to the desk sees nothing, and nothing is lost."""
    shown.go("/people")
    shown.page.keyboard.press("Shift+Escape")
    assert not shown.page.locator("main").is_visible()
    shown.page.get_by_role("button", name="Show it again").click()
    shown.page.locator("main").wait_for(state="visible")


def visit(shown: Window, path: str) -> None:
    """The page for signing in is there for a browser that has not come in."""
    if path == "/sign-in":
        shown.page.context.clear_cookies()
    shown.go(path)


PAGES = [
    "/",
    "/people",
    "/people/P1",
    "/people/P1/portraits",
    "/recognition",
    "/recognition/class",
    "/recognition/calibrate",
    "/import",
    "/drop",
    "/health",
    "/sign-in",
]
"""The last one signs out."""


@pytest.mark.parametrize("size", [(1093, 500), TABLET])
def test_pages_are_accessible(browser: Any, untouched: DeskClient, size: tuple[int, int]) -> None:
    """No violation of WCAG 2.2 AA or best practice that axe can see, on a laptop and on a tablet."""
    with window(browser, untouched, size, bypass_csp=True) as opened:
        for path in PAGES:
            visit(opened, path)
            assert opened.violations() == [], path


def test_pages_fit_a_narrow_window_and_large_text(browser: Any, untouched: DeskClient) -> None:
    """At 320 px nothing but tables scrolls sideways (WCAG 1.4.10)."""
    with window(browser, untouched, (320, 640)) as opened:
        for path in PAGES:
            visit(opened, path)
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_titles_and_addresses_hold_no_name(browser: Any, untouched: DeskClient) -> None:
    """A browser keeps both in its history."""
    with window(browser, untouched) as opened:
        for path in ["/import/done", "/drop/1", "/nowhere", "/people/NOBODY", *PAGES]:
            visit(opened, path)
            assert not re.search("Okafor|Khan|Ben|Amelia", opened.page.title() + opened.page.url), path
