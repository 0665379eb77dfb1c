"""The import as somebody sees it who does it for the first time: what is asked, and what helps to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import TABLET, Window, window
from desk_kit import running_desk
from intake_kit import TWO_PUPILS, fake_workers, import_consents

from anonymiser.workspace import Workspace

EXPORT = (
    "Student,Tutor Group,Submitted,Status,May we use photos on our website?,"
    "Do you agree to photos in our newsletter?,Do NOT use photos in newspapers\r\n"
    '"Smith, Jack",Oak,01/09/2026 19:35,Submitted,Yes,Yes,Yes\r\n'
    '"Jones, Olivia",Oak,02/09/2026 08:12,Submitted,I agree,of course,No\r\n'
    '"Ali, Zara",Oak,03/09/2026 17:40,Submitted,no thanks,No,No\r\n'
    ",,,,,,\r\n"
    '"Brown, Noah",Oak,,Not submitted,,,\r\n'
)


@pytest.fixture
def shown(browser: Any, workspace: Workspace) -> Iterator[Window]:
    """A new school's desk: nobody is on record yet."""
    with running_desk(workspace.root, fake_workers) as client, window(browser, client) as opened:
        yield opened


def bring(shown: Window, folder: Path, text: str = EXPORT) -> None:
    export = folder / "export.csv"
    export.write_text(text, encoding="utf-8", newline="")
    shown.go("/import")
    shown.page.set_input_files("#file", export)
    shown.page.wait_for_url("**/import/*")


def to_the_answers(shown: Window, folder: Path) -> None:
    bring(shown, folder)
    shown.page.check("#right")
    shown.page.get_by_role("button", name="Continue to the answers").click()
    shown.page.wait_for_url("**/import/answers")


def question(shown: Window, heading: str) -> Any:
    return shown.page.locator(".question", has=shown.page.locator("h2", has_text=heading))


def ticked(asked: Any) -> list[str]:
    return [box.get_attribute("data-answer") for box in asked.locator("[data-answer]:checked").all()]


def test_the_first_cells_stand_beside_each_column_and_follow_the_choice(shown: Window, tmp_path: Path) -> None:
    """Nobody has to look for them elsewhere; what was chosen by mistake can be seen at once."""
    bring(shown, tmp_path)
    page = shown.page
    assert page.inner_text("#name-cells") == "Smith, Jack \u00b7 Jones, Olivia \u00b7 Ali, Zara"
    page.select_option("#name", "Status")
    assert page.inner_text("#name-cells") == "Submitted \u00b7 Not submitted"
    page.select_option("#name", "")
    assert page.inner_text("#name-cells") == ""


def test_only_what_the_file_seems_to_say_is_asked_straight_away(shown: Window, tmp_path: Path) -> None:
    """A hold is asked for in any case; the rest is folded away, and open where something in it is wrong."""
    bring(shown, tmp_path)
    page = shown.page
    visible = [one for one in ("name", "groups", "answered_on", "hold") if page.is_visible(f"#{one}")]
    assert visible == ["name", "groups", "answered_on", "hold"]
    assert not any(page.is_visible(f"#{one}") for one in ("forename", "surname", "preferred", "person_id", "valid_to"))
    page.get_by_text("Does the file say more?").click()
    page.select_option("#valid_to", "Status")
    page.select_option("#groups", "Status")
    page.check("#right")
    page.get_by_role("button", name="Continue to the answers").click()
    assert "One column can only be one thing" in page.inner_text("#problem")
    assert page.is_visible("#valid_to")


def test_questions_that_name_a_use_come_first_and_one_that_is_left_out_asks_no_more(
    shown: Window, tmp_path: Path
) -> None:
    """A column such as "Status" is the last, and one click is enough for it."""
    to_the_answers(shown, tmp_path)
    headings = shown.page.locator(".question h2").all_inner_texts()
    assert headings[-1] == '"Status"'
    status = question(shown, '"Status"')
    assert status.get_by_label('"Submitted"').is_visible()
    status.get_by_label("Not about pictures").check()
    assert not status.get_by_label('"Submitted"').is_visible()


def test_the_same_answers_are_taken_over_in_one_click(shown: Window, tmp_path: Path) -> None:
    """Those in the same words; others stay open, and are named."""
    to_the_answers(shown, tmp_path)
    website, newsletter = question(shown, "on our website"), question(shown, "newsletter")
    website.get_by_label('"Yes"').check()
    website.get_by_label('"I agree"').check()
    newsletter.get_by_role("button", name="Tick the same answers").click()
    assert ticked(newsletter) == ["yes"]
    assert '1 ticked. Not in the question above: "no", "of course".' in newsletter.inner_text()


def test_answers_are_never_taken_over_where_yes_may_mean_no(shown: Window, tmp_path: Path) -> None:
    """There is no button for it, and nothing is ticked before somebody does."""
    to_the_answers(shown, tmp_path)
    newspapers = question(shown, "Do NOT use")
    assert "Careful" in newspapers.inner_text()
    assert newspapers.get_by_role("button").count() == 0
    assert shown.page.locator("input:checked").count() == 0


def test_an_answer_that_nobody_ticks_counts_as_no(shown: Window, tmp_path: Path) -> None:
    """A word that the program does not know is not taken for a yes."""
    to_the_answers(shown, tmp_path)
    page = shown.page
    for heading in ("newsletter", "Do NOT use", '"Status"'):
        question(shown, heading).get_by_label("Not about pictures").check()
    website = question(shown, "on our website")
    website.get_by_label("website", exact=True).check()
    website.get_by_label("pictures", exact=True).check()
    website.get_by_label('"Yes"').check()
    page.get_by_role("button", name="Continue to the check").click()
    page.wait_for_url("**/import/look")
    assert page.inner_text("tbody tr").split() == ["website", "1", "2", "1"]


def test_a_first_list_is_asked_nothing_about_a_list_before_it(shown: Window, tmp_path: Path) -> None:
    """No "although it is shorter than the last", and no arrow from nothing."""
    bring(shown, tmp_path, "person_id,forename,surname,class,website\n1,Jack,Smith,Oak,granted\n")
    assert "What does it cover?" not in shown.main
    assert "Tick only what is true" not in shown.main
    assert "\u2192" not in shown.main
    assert shown.page.get_by_role("button", name="Record 1 person and 1 answer").is_visible()


def test_a_later_list_is_asked_what_it_covers_and_more_only_if_it_is_refused(
    browser: Any, workspace: Workspace, tmp_path: Path
) -> None:
    """A list that is much shorter offers the sentence that lets it through, and no other."""
    rows = [f"{number},First{number},Last{number},3A,granted" for number in range(1, 21)]
    import_consents(workspace, "\n".join(["person_id,forename,surname,class,website", *rows]) + "\n")
    with running_desk(workspace.root, fake_workers) as client, window(browser, client) as shown:
        short = "\n".join(["person_id,forename,surname,class,website", *rows[:5]]) + "\n"
        bring(shown, tmp_path, "\n".join(["person_id,forename,surname,class,website", *rows[:19]]) + "\n")
        assert "Only a part of the school" in shown.main
        assert "although it is much shorter" not in shown.main
        bring(shown, tmp_path, short)
        assert "although it is much shorter" in shown.main
        assert "the opposite of before" not in shown.main
        shown.page.get_by_label("although it is much shorter").check()
        shown.page.get_by_role("button", name="Count again").click()
        assert shown.page.get_by_role("button", name="Record 5 people").is_visible()


@pytest.mark.parametrize("size", [(1093, 500), TABLET])
def test_every_step_is_accessible(browser: Any, workspace: Workspace, tmp_path: Path, size: tuple[int, int]) -> None:
    """No violation of WCAG 2.2 AA or best practice that axe can see, from the columns to the check."""
    with (
        running_desk(workspace.root, fake_workers) as client,
        window(browser, client, size, bypass_csp=True) as shown,
    ):
        bring(shown, tmp_path)
        shown.page.get_by_text("Does the file say more?").click()
        assert shown.violations() == []
        shown.page.check("#right")
        shown.page.get_by_role("button", name="Continue to the answers").click()
        assert shown.violations() == []
        bring(shown, tmp_path, TWO_PUPILS)
        assert shown.violations() == []
