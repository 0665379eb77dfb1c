"""Signing in by name in a real browser, and what axe says of the pages of roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser_kit import TABLET, Window, window
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents

from anonymiser.school import School
from anonymiser.values.roles import StaffRole
from anonymiser.workspace import Workspace

WORDS = "copper lantern river"


@pytest.fixture
def room(workspace: Workspace) -> Iterator[DeskClient]:
    """A desk with somebody of each role, and one photo that was referred."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox / "Fair", a="review please look")
    with School.open(workspace.root, workers=fake_workers) as school:
        for role in (StaffRole.SBM, *(role for role in StaffRole if role is not StaffRole.SBM)):
            school.staff.add(f"The {role}", role, WORDS)
        with school.run(jobs=1) as run:
            list(run)
        school.review.refer(school.review.waiting()[0].id)
    with running_desk(workspace.root, fake_workers) as client:
        yield client


def sit_down(shown: Window, role: str, words: str = WORDS) -> None:
    """By keyboard alone."""
    shown.go("/who")
    shown.page.focus("#name")
    shown.page.keyboard.type(f"The {role}")
    shown.page.focus("#password")
    shown.page.keyboard.type(words)
    with shown.page.expect_navigation():
        shown.page.keyboard.press("Enter")


def test_people_take_turns_at_one_browser(browser: Any, room: DeskClient) -> None:
    """Whoever opens the desk is asked; a wrong password is said; the next person gets pages of their own."""
    with window(browser, room, landing="/who") as shown:
        assert shown.page.title() == "Who are you? - anonymiser"
        sit_down(shown, "teacher", "a wrong password")
        assert "The name or the password is wrong." in shown.main
        assert shown.page.evaluate("document.activeElement.id") == "problem"
        sit_down(shown, "teacher")
        assert shown.page.url == f"{shown.url}/"
        with shown.page.expect_navigation():
            shown.page.get_by_role("link", name="Add photos").click()
        assert "Ask whoever looks after this computer" in shown.main
        with shown.page.expect_navigation():
            shown.page.get_by_role("button", name="Change person").click()
        sit_down(shown, "network")
        assert shown.page.url == f"{shown.url}/health"
        shown.go("/people")
        assert "This is for the School Business Manager. Ask The sbm." in shown.main


def test_pages_of_roles_are_accessible(browser: Any, room: DeskClient) -> None:
    """No violation that axe can see, with and without a problem, and nothing scrolls sideways on a narrow screen."""
    for size in ((1093, 500), TABLET, (320, 640)):
        with window(browser, room, size, landing="/who", bypass_csp=True) as shown:

            def well(shown: Window = shown) -> None:
                assert shown.violations() == []
                assert shown.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

            well()
            sit_down(shown, "sbm", "a wrong password")
            well()
            sit_down(shown, "safeguarding")
            shown.go("/sealed")
            well()
            shown.page.get_by_text("Record what was done").click()
            with shown.page.expect_navigation():
                shown.page.get_by_role("button", name="Record it").click()
            assert "Say what was done." in shown.main
            well()
            shown.go("/people")
            well()
            sit_down(shown, "dpo")
            with shown.page.expect_navigation():
                shown.page.get_by_role("button", name="Check the record").click()
            well()
            shown.page.fill("#item", room.root.name)
            with shown.page.expect_navigation():
                shown.page.get_by_role("button", name="Tell its story").click()
            well()
