"""Choosing photos of an event to publish."""

from __future__ import annotations

from typing import Any

from browser_kit import TABLET, Window, window
from desk_kit import DeskClient
from fair_kit import desk, fair, fair_of_all, in_school, make_copy, photo, queue_of_one, ready, row, shown
from painted import paint

from anonymiser.school.overview import Overview
from anonymiser.workspace import Workspace

__all__ = ["desk", "fair", "fair_of_all", "photo", "shown"]


def key_of(page: Any) -> str:
    """Of the only event, out of the address that the review offers."""
    return str(page.get_by_role("link", name="Choose photos").first.get_attribute("href"))


def test_photos_come_with_reasons_and_who_is_in_none(photo: Window) -> None:
    """One child is shown: that photo leads, and the page says which child is in no photo yet."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(photo)
    ready(photo)
    photo.go("/review")
    photo.go(key_of(page))
    assert "Every child whose family agreed is in a photo" in photo.main
    first = page.locator(".picks > li").first.inner_text()
    assert "1 shown, 3 covered" in first
    assert "waits for you" in first
    page.get_by_role("link", name="fewest shown").click()
    assert "0 shown" in page.locator(".picks > li").first.inner_text()
    page.locator(".pick").first.click()
    page.wait_for_function("() => document.title.startsWith('Photo')")


def test_who_is_in_no_photo_is_named_behind_a_click(shown: Window) -> None:
    """Nobody is shown yet: both children of the class who may be are listed, and no others."""
    shown.go("/review")
    shown.go(key_of(shown.page))
    assert "1 of 1 child whose families agreed is in no photo" in shown.main
    shown.page.get_by_text("Who", exact=True).click()
    assert "Okafor, Ben" in shown.main
    assert not any(name in shown.main for name in ("Khan", "Adeyemi", "Hill"))


def test_a_worrying_photo_is_not_even_small_on_the_page(browser: Any, fair: Workspace) -> None:
    """It opens behind a button, here too."""
    paint(fair.inbox / "Pool" / "1.jpg", 1, seed=9, swimwear=True)
    with queue_of_one(browser, fair) as window:
        window.go("/review")
        pool = window.page.locator("li", has_text="Pool").get_by_role("link", name="Choose photos")
        window.go(str(pool.get_attribute("href")))
        assert "Opens behind a button" in window.main
        assert window.page.locator(".picks img").count() == 0


def test_the_page_is_accessible(browser: Any, desk: DeskClient) -> None:
    """On a laptop at 125% and on a tablet."""
    for size in ((1093, 500), TABLET):
        with window(browser, desk, size, bypass_csp=True) as shown:
            shown.go("/review")
            shown.go(key_of(shown.page))
            assert shown.violations() == []


def test_every_photo_of_the_event_is_there_once(desk: DeskClient) -> None:
    """None is lost between scenes."""

    def found(school: Any) -> tuple[set[str], list[str]]:
        overview: Overview = school.events.overview()
        selection = school.desk.selection(overview.events[0].event, "covered")
        picks = [pick.summary.id for scene in selection.scenes for pick in (scene.best, *scene.others)]
        return {line.id for line in school.desk.photos()}, picks

    every, picked = in_school(desk, found)
    assert sorted(picked) == sorted(every)
