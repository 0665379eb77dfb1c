"""From one photo to the next: what is fetched ahead, what comes with a verdict, and that nobody decides unseen."""

from __future__ import annotations

import json
import re
from typing import Any

from browser_kit import Window
from desk_kit import DeskClient
from fair_kit import desk, fair, fair_of_all, in_school, looked, photo, queue_of_one, ready, released, said, shown
from painted import paint

from anonymiser.consent.register import Register
from anonymiser.school.views import Standing
from anonymiser.values.consent import Hold
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Cover
from anonymiser.workspace import Workspace

__all__ = ["desk", "fair", "fair_of_all", "photo", "shown"]

OFFICE = "office"


def opened(desk: DeskClient) -> list[str]:
    """The queue of the fair, opened; ids of its photos in order."""
    desk.sign_in()
    key = re.search(r'href="/review/([0-9a-f]{16})"', desk.get("/review").text)
    assert key
    assert desk.get(f"/review/{key[1]}").status == 303
    return [item for item, _ in in_school(desk, lambda school: school.events.waiting())]


def ahead(desk: DeskClient, item: str) -> str:
    return str(json.loads(desk.get(f"/photo/{item}/ahead").text)["picture"])


def copy_of(desk: DeskClient, item: str) -> str:
    return f"/photo/{item}/published/{in_school(desk, lambda school: school.desk.photo(item).sha256)}"


# --- what the desk answers ------------------------------------------------------------------------------------


def test_the_copy_ahead_is_that_of_the_photo_that_comes_next_whatever_was_decided_meanwhile(desk: DeskClient) -> None:
    """Another program rejects the next photo, or makes its copy again: the answer is of this moment."""
    first, second, third = opened(desk)
    assert ahead(desk, first) == copy_of(desk, second)
    before = copy_of(desk, second)
    seen = in_school(desk, lambda school: school.desk.photo(second).sha256)
    in_school(desk, lambda school: school.desk.rule(second, [Cover((500, 300, 700, 500))], by=OFFICE, seen=seen))
    assert ahead(desk, first) == copy_of(desk, second) != before
    assert desk.get(before).status == 422
    in_school(desk, lambda school: school.desk.reject(second, by=OFFICE))
    assert ahead(desk, first) == copy_of(desk, third)
    in_school(desk, lambda school: school.desk.refer(third, by=OFFICE))
    assert ahead(desk, first) == ""


def test_a_verdict_is_answered_with_the_page_that_comes_next(desk: DeskClient) -> None:
    """The same page as at its own address, with the notice; after the last photo, the way back to the review."""
    first, second, third = opened(desk)
    answer = desk.post(f"/photo/{first}/reject", {"turn": "yes"})
    assert (answer.status, answer.headers["content-location"]) == (200, f"/photo/{second}")
    assert "Rejected." in answer.text
    notice = re.compile(r'<form method="post" action="/photo/[^"]+/undo" class="notice".*?</form>', re.DOTALL)
    assert notice.sub("", answer.text) == desk.get(f"/photo/{second}").text
    assert answer.headers["cache-control"] == "no-store"
    desk.post(f"/photo/{second}/reject", {"turn": "yes"})
    answer = desk.post(f"/photo/{third}/reject", {"turn": "yes"})
    assert (answer.status, answer.headers["content-location"], answer.body) == (204, "/review", b"")
    assert "Rejected." in desk.get("/review").text


def test_a_verdict_that_is_refused_brings_no_other_page(desk: DeskClient, fair: Workspace) -> None:
    """A withdrawal since the copy was made, or another copy than the one that was seen: the photo stays where it is."""
    first, second, _ = opened(desk)
    answer = desk.post(f"/photo/{first}/approve", {"turn": "yes", "seen": "0" * 64})
    assert answer.status == 409
    assert "content-location" not in answer.headers
    seen = in_school(desk, lambda school: school.desk.photo(second).sha256)
    with Register.open(fair) as register:
        register.set_hold(PersonId("P1"), Hold.NEVER_SHOWN)
    answer = desk.post(f"/photo/{second}/approve", {"turn": "yes", "seen": seen})
    assert answer.status == 409
    assert "consents have changed" in answer.text
    desk.wait_for_run()
    assert released(desk) == []


# --- what the browser does -------------------------------------------------------------------------------------


def fetched_ahead(shown: Window) -> str:
    """Wait for the copy that is fetched while somebody looks; its path."""
    shown.page.wait_for_function(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/published/')).length === 2"
    )
    return next(url for url in reversed(shown.requests) if "/published/" in url).removeprefix(shown.url)


def marked(shown: Window) -> None:
    shown.page.evaluate("() => { window.stillHere = true; }")


def turned(shown: Window, number: int) -> None:
    shown.page.wait_for_function(f"() => document.title.startsWith('Photo {number} of')")
    ready(shown)


def test_the_next_photo_is_there_without_another_page_or_picture(photo: Window, desk: DeskClient) -> None:
    """Its copy came while the first was looked at; title, address, count and focus are those of a page of its own."""
    page = photo.page
    path = fetched_ahead(photo)
    marked(photo)
    asked = len(photo.requests)
    page.keyboard.press("r")
    turned(photo, 2)
    assert page.evaluate("() => window.stillHere")
    assert [url for url in photo.requests[asked:] if "/published/" in url and url.endswith(path)] == []
    _, item, _, _ = path.strip("/").split("/")
    assert page.url == f"{photo.url}/photo/{item}"
    assert page.evaluate("() => document.getElementById('picture').getAttribute('src')") == path
    assert "3 covered, 0 shown." in page.inner_text("#count")
    assert "3 covered" in page.get_attribute("#picture", "alt")
    assert page.evaluate("() => document.activeElement.id") == "stage"
    said(photo, "Rejected. Photo 2 of 3.")
    assert page.locator("#rows li").count() == 3
    page.go_back()
    page.wait_for_function("() => document.querySelector('main')?.textContent.includes('somebody rejected it')")
    assert not page.evaluate("() => window.stillHere === true")


def test_a_copy_that_was_made_again_meanwhile_takes_the_place_of_the_one_ahead(photo: Window, desk: DeskClient) -> None:
    """What was fetched is thrown away: the page never shows a copy that is not the one it speaks of."""
    path = fetched_ahead(photo)
    _, item, _, sha = path.strip("/").split("/")
    in_school(desk, lambda school: school.desk.rule(item, [Cover((500, 300, 700, 500))], by=OFFICE, seen=sha))
    photo.page.keyboard.press("r")
    turned(photo, 2)
    now = in_school(desk, lambda school: school.desk.photo(item).sha256)
    assert now != sha
    assert photo.page.get_attribute("#picture", "src") == f"/photo/{item}/published/{now}"
    looked(photo, "approve")
    photo.page.keyboard.press("a")
    turned(photo, 3)
    assert in_school(desk, lambda school: school.desk.photo(item).summary.standing) is Standing.RELEASED


def test_a_photo_that_was_put_aside_meanwhile_is_not_shown(photo: Window, desk: DeskClient) -> None:
    """Its copy was fetched before; the next one that waits comes instead."""
    path = fetched_ahead(photo)
    _, item, _, _ = path.strip("/").split("/")
    in_school(desk, lambda school: school.desk.refer(item, by=OFFICE))
    photo.page.keyboard.press("r")
    turned(photo, 3)
    assert item not in photo.page.content()


def test_a_double_click_and_a_held_key_decide_about_one_photo(photo: Window, desk: DeskClient) -> None:
    """The next photo is there at once, under the same button: nobody has seen it yet."""
    page = photo.page
    fetched_ahead(photo)
    page.dblclick("#reject")
    turned(photo, 2)
    page.keyboard.press("a")
    said(photo, "First look at this photo")
    looked(photo, "approve")
    page.keyboard.down("r")
    page.keyboard.down("r")
    turned(photo, 3)
    for _ in range(3):
        page.wait_for_timeout(250)
        page.keyboard.down("r")
    page.keyboard.up("r")
    standings = in_school(desk, lambda school: [one.standing for one in school.desk.photos()])
    assert standings == [Standing.REJECTED, Standing.REJECTED, Standing.WAITS]


def test_the_editor_works_on_the_photo_that_came_second(photo: Window, desk: DeskClient) -> None:
    """Keys, undo, choosing a pupil and the warning about changes belong to the photo on the screen, and only to it."""
    page = photo.page
    fetched_ahead(photo)
    page.keyboard.press("r")
    turned(photo, 2)
    page.locator('#rows li[data-key="face-1"]').get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    said(photo, "Face 1 will be shown: Ben Okafor")
    page.keyboard.press("Control+z")
    said(photo, "Undone. The copy is up to date.")
    page.keyboard.press("Control+y")
    page.click("#send")
    said(photo, "Done:")
    ready(photo)
    page.keyboard.press("a")
    turned(photo, 3)
    assert len(released(desk)) == 1


def test_a_worrying_photo_is_not_fetched_ahead(browser: Any, fair: Workspace) -> None:
    """Nothing of its picture is asked for before somebody says so, not even by the page before it."""
    paint(fair.inbox / "Pool" / "1.jpg", 1, seed=9)
    paint(fair.inbox / "Pool" / "2.jpg", 2, seed=10, swimwear=True)
    with queue_of_one(browser, fair, "Look at 2 photos") as shown:
        ready(shown)
        shown.page.wait_for_function(
            "() => performance.getEntriesByType('resource').some(e => e.name.endsWith('/ahead') && e.responseEnd > 0)"
        )
        shown.page.wait_for_timeout(200)
        assert sum("/published/" in url for url in shown.requests) == 1
        shown.page.keyboard.press("r")
        shown.page.wait_for_function("() => document.title.startsWith('Photo 2 of 2')")
        shown.page.wait_for_timeout(200)
        assert sum("/published/" in url for url in shown.requests) == 1
        assert shown.page.locator("#stage").is_hidden()
        shown.page.keyboard.press("Enter")
        ready(shown)
        assert shown.page.locator("#stage").is_visible()


def test_a_desk_that_has_gone_is_said_and_the_verdict_can_be_given_again(photo: Window, desk: DeskClient) -> None:
    """The page stays; nothing is decided twice."""
    fetched_ahead(photo)
    photo.page.route("**/reject", lambda route: route.abort())
    photo.page.keyboard.press("r")
    said(photo, "The desk does not answer.")
    photo.complaints.clear()
    photo.page.unroute("**/reject")
    photo.page.keyboard.press("r")
    turned(photo, 2)


def test_after_the_last_photo_the_review_opens_with_the_notice(photo: Window, desk: DeskClient) -> None:
    """By a page of its own, from where the verdict can be undone."""
    for number in (2, 3):
        photo.page.keyboard.press("r")
        turned(photo, number)
        photo.page.wait_for_function(
            "() => document.getElementById('reject').getAttribute('aria-disabled') === 'false'"
        )
    photo.page.keyboard.press("r")
    photo.page.wait_for_url(f"{photo.url}/review")
    assert "Rejected." in photo.main
    photo.page.get_by_role("button", name="Undo the last verdict").click()
    photo.page.wait_for_function("() => document.title.startsWith('Photo 3 of')")
