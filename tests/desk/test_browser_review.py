"""Review in a real browser: painted photos, the product's own pipeline behind them."""

from __future__ import annotations

import re
from typing import Any

from browser_kit import TABLET, Window, told, window
from desk_kit import DeskClient, running_desk
from fair_kit import (
    at,
    desk,
    fair,
    fair_of_all,
    in_school,
    make_copy,
    photo,
    queue_of_one,
    ready,
    released,
    row,
    said,
    shown,
)
from painted import PLACES, RADIUS, paint, painted_workers, visible

from anonymiser.school.views import Standing
from anonymiser.workspace import Workspace

__all__ = ["desk", "fair", "fair_of_all", "photo", "shown"]


# --- looking --------------------------------------------------------------------------------------------------


def test_a_photo_opens_as_it_would_be_published_with_its_count(photo: Window) -> None:
    """The count stands beside the verdict, which is on the screen without scrolling."""
    page = photo.page
    assert page.title() == "Photo 1 of 3 - anonymiser"
    assert "4 covered, 0 shown." in page.inner_text("#count")
    assert page.get_attribute('[data-view="published"]', "aria-pressed") == "true"
    for name in ("Approve", "Reject"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] <= 500
    assert "4 covered" in page.get_attribute("#picture", "alt")


def test_views_are_one_key_apart_and_named_on_the_picture(photo: Window) -> None:
    """Digits work while the picture has the focus, which it has at first."""
    page = photo.page
    for key, name in (("3", "before"), ("2", "edit"), ("1", "as published")):
        page.keyboard.press(key)
        assert page.inner_text("#view-name").startswith(name)
    page.keyboard.press("3")
    page.wait_for_function("() => document.getElementById('picture').src.endsWith('/before')")
    assert page.evaluate("document.getElementById('approve').getAttribute('aria-disabled')") == "true"
    page.click("#approve", force=True)
    said(photo, "First look at the copy")
    assert page.title().startswith("Photo 1")


def test_letters_can_be_switched_off(photo: Window) -> None:
    """People who speak to their computer trigger them by talking (WCAG 2.1.4)."""
    photo.page.keyboard.press("?")
    photo.page.uncheck("#letters")
    photo.page.get_by_role("button", name="Close", exact=True).click()
    photo.page.locator("#stage").focus()
    photo.page.keyboard.press("r")
    photo.page.keyboard.press("2")
    assert photo.page.inner_text("#view-name") == "as published"


def test_a_worrying_photo_opens_behind_a_button(browser: Any, fair: Workspace) -> None:
    """Nothing of the picture is even asked for before somebody says so."""
    paint(fair.inbox / "Pool" / "1.jpg", 1, seed=9, swimwear=True)
    with queue_of_one(browser, fair) as shown:
        shown.page.wait_for_timeout(300)
        assert not any(re.search("published|before", url) for url in shown.requests)
        shown.page.keyboard.press("Enter")
        ready(shown)
        assert shown.page.locator("#stage").is_visible()


def test_who_may_not_be_shown_stands_in_the_list_with_the_reason(photo: Window) -> None:
    """Nobody hunts for a missing name; the event's group comes first, and nothing is chosen beforehand."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Show").click()
    page.wait_for_selector("#who-people li")
    assert page.locator("#who-people li").all_inner_texts() == [
        "Okafor, Ben (3A)", "Adeyemi, Cleo (3B)",
        "Hill, Dan (3A): cannot be shown, must not be shown",
        "Khan, Amelia (3A): cannot be shown, no consent for website: the family said no",
    ]  # fmt: skip
    assert page.locator("#who-people button").count() == 2
    page.keyboard.type("cleo")
    assert page.locator("#who-people button").count() == 1
    page.keyboard.press("Escape")  # empties the field
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.closest('#rows li')?.dataset.key === 'face-1'")


# --- acts ------------------------------------------------------------------------------------------------------


def test_a_child_is_shown_another_place_covered_and_exactly_that_copy_released(photo: Window, desk: DeskClient) -> None:
    """By mouse: choose the pupil, drag a box, make the copy, approve; the released bytes are what was decided."""
    page = photo.page
    row(photo, 2).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    said(photo, "Face 2 will be shown: Ben Okafor")
    assert page.inner_text("#view-name").startswith("edit")
    page.click("#draw")
    start, end = at(photo, 600, 300), at(photo, 700, 420)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()
    page.click("#draw-done")
    assert page.inner_text("#send") == "Make the copy with 2 changes"
    page.click("#approve", force=True)
    said(photo, "First make the copy with your changes")
    make_copy(photo)
    assert "5 covered (4 by the program, 1 by you), 1 shown: Ben O." in page.inner_text("#count") or (
        "4 covered (3 by the program, 1 by you), 1 shown: Ben O." in page.inner_text("#count")
    )
    ready(photo)
    page.locator("#stage").focus()
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2 of 3')")
    told(page, "Approved.")
    (copy,) = released(desk)
    assert visible(copy) == [2]
    acts = in_school(desk, lambda school: school.desk.photos()[0])
    assert acts.standing is Standing.RELEASED


def test_the_same_by_keyboard_alone(photo: Window, desk: DeskClient) -> None:
    """Faces by arrows, the pupil by typing, a place by keys, undo and redo, the copy, the verdict."""
    page = photo.page
    page.keyboard.press("2")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.key") == "face-1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.key") == "face-2"
    page.keyboard.press("Enter")
    page.wait_for_selector("#who-people button")
    page.keyboard.type("okafor")
    page.keyboard.press("Enter")
    said(photo, "Ben Okafor")
    assert page.evaluate("document.activeElement.dataset.key") == "face-2"
    page.keyboard.press("d")
    page.keyboard.press("ArrowLeft")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    said(photo, "The area will be covered")
    page.keyboard.press("Control+z")
    said(photo, "Undone")
    page.keyboard.press("Control+z")
    said(photo, "up to date")
    assert page.locator("#send").is_hidden()
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    assert "2 changes" in page.inner_text("#send")
    page.locator("#send").focus()
    page.keyboard.press("Enter")
    said(photo, "Done:")
    ready(photo)
    assert page.evaluate("document.activeElement.id") == "stage"
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2 of 3')")
    assert [visible(copy) for copy in released(desk)] == [[2]]


def test_two_clicks_draw_a_box_without_dragging(photo: Window) -> None:
    """For whoever cannot drag (WCAG 2.5.7); the zoom stays, and resizing the window moves nothing."""
    page = photo.page
    page.keyboard.press("2")
    page.keyboard.press("+")
    page.click("#draw")
    page.mouse.click(*at(photo, 300, 300))
    said(photo, "Click the opposite corner")
    page.mouse.click(*at(photo, 380, 400))
    page.set_viewport_size({"width": 900, "height": 640})
    page.click("#draw-done")
    box = page.locator("svg .covered .line").last.evaluate(
        "line => (box => [box.x, box.y, box.width, box.height])(line.getBBox())"
    )
    wanted = [300, 300, 80, 100]
    assert all(abs(found - due) < 12 for found, due in zip(box, wanted, strict=True)), box


def test_a_drawn_box_can_be_moved_and_a_found_one_cannot(photo: Window) -> None:
    """Only what a person drew has "Move or size"."""
    page = photo.page
    page.click("#draw")
    page.keyboard.press("Enter")
    assert row(photo, 1).get_by_role("button", name="Move or size").count() == 0
    drawn = page.locator("svg .covered .line").last
    before = drawn.evaluate("line => line.getBBox().x")
    page.get_by_role("button", name="Move or size").click()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    after = drawn.evaluate("line => line.getBBox().x")
    assert after > before + 20
    page.get_by_role("button", name="Remove").click()
    assert page.locator("#rows li").count() == 4


def test_covering_is_one_click_and_uncovering_for_good_is_asked_twice(photo: Window, desk: DeskClient) -> None:
    """The button "Not a face" asks; with a no nothing changes, with a yes the place stays visible."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Not a face").click()
    page.get_by_role("button", name="No, leave it covered").click()
    assert page.locator("#send").is_hidden()
    row(photo, 1).get_by_role("button", name="Not a face").click()
    page.click("#sure-yes")
    make_copy(photo)
    assert "1 area is not a face" in page.inner_text("#count")
    row(photo, 1).get_by_role("button", name="Cover").click()
    make_copy(photo)
    assert "4 covered" in page.inner_text("#count")


def test_the_same_child_twice_is_refused_in_words(photo: Window) -> None:
    """The program looks again, and says why it did something else."""
    page = photo.page
    for number in (1, 2):
        row(photo, number).get_by_role("button", name="Show").click()
        page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(photo)
    assert "not done" in page.inner_text("#refused")


def test_the_whole_session_of_undo_reaches_behind_a_made_copy(photo: Window) -> None:
    """A change that is in the copy already can be undone, and is then undone in the copy."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(photo)
    assert "1 shown: Ben O." in page.inner_text("#count")
    page.click("#undo")
    assert "1 change" in page.inner_text("#send")
    make_copy(photo)
    assert "4 covered, 0 shown." in page.inner_text("#count")


# --- for everybody -----------------------------------------------------------------------------------------------


def test_every_state_of_the_editor_is_accessible(browser: Any, desk: DeskClient) -> None:
    """No violation that axe can see: as published, edit, drawing, choosing, asking, keys, on laptop and tablet."""
    for size in ((1093, 500), TABLET):
        with window(browser, desk, size, bypass_csp=True) as shown:
            shown.go("/review")
            assert shown.violations() == []
            shown.page.get_by_role("link", name=re.compile("^Look at")).first.click()
            ready(shown)
            assert shown.violations() == []
            shown.page.keyboard.press("2")
            assert shown.violations() == []
            shown.page.click("#draw")
            assert shown.violations() == []
            shown.page.keyboard.press("Enter")
            shown.page.click("#crop")
            assert shown.violations() == []
            shown.page.keyboard.press("Enter")
            assert shown.violations() == []
            for opener, closer in (("Show …", "Close"), ("Not a face …", "No, leave it covered")):
                row(shown, 1).get_by_role("button", name=opener).click()
                shown.page.wait_for_timeout(200)
                assert shown.violations() == []
                shown.page.get_by_role("button", name=closer, exact=True).click()
            shown.page.click("#keys")
            assert shown.violations() == []
            shown.page.get_by_role("button", name="Close", exact=True).click()
            shown.page.click("#undo")


def test_touch_draws_a_box_on_a_tablet(browser: Any, desk: DeskClient) -> None:
    """Two taps; the verdict is on the screen without scrolling."""
    with window(browser, desk, TABLET, has_touch=True) as shown:
        shown.go("/review")
        shown.page.get_by_role("link", name=re.compile("^Look at")).first.tap()
        ready(shown)
        box = shown.page.get_by_role("button", name="Approve").bounding_box()
        assert box["y"] + box["height"] <= TABLET[1]
        shown.page.locator("#draw").tap()
        shown.page.touchscreen.tap(*at(shown, 500, 300))
        shown.page.touchscreen.tap(*at(shown, 640, 420))
        shown.page.locator("#draw-done").tap()
        assert "1 change" in shown.page.inner_text("#send")


def test_states_are_told_by_words_and_lines_and_not_by_colour_alone(photo: Window) -> None:
    """Covered faces are hatched and dashed, shown ones have a tick; without any colour they still differ."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    assert page.locator("svg .covered .shade").count() == 3
    assert "✓" in (page.locator("svg .shown text").text_content() or "")
    dashes = "e => getComputedStyle(e).strokeDasharray"
    assert page.locator("svg .covered .line").first.evaluate(dashes) != "none"
    assert page.locator("svg .shown .line").evaluate(dashes) == "none"
    labels = page.locator("#faces button").evaluate_all("all => all.map(one => one.getAttribute('aria-pressed'))")
    assert labels == ["true", "false", "false", "false"]


def test_a_small_face_has_a_large_button_in_the_list(photo: Window) -> None:
    """Targets of 24 pixels at least, on the same page, for what is smaller in the picture (WCAG 2.5.8)."""
    sizes = photo.page.locator("#rows button").evaluate_all(
        "all => all.map(one => Math.min(one.offsetWidth, one.offsetHeight))"
    )
    assert len(sizes) == 8
    assert min(sizes) >= 24


def test_the_focused_face_is_brought_into_view(photo: Window) -> None:
    """Enlarged, a face may be outside; the arrow keys scroll to it."""
    page = photo.page
    page.keyboard.press("2")
    for _ in range(4):
        page.keyboard.press("+")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    x, y = PLACES[3]
    left, top = at(photo, x, y)
    stage = page.locator("#stage").bounding_box()
    assert stage["x"] <= left <= stage["x"] + stage["width"]
    assert stage["y"] <= top <= stage["y"] + stage["height"]
    assert RADIUS


def test_a_server_that_has_gone_is_said_in_words(browser: Any, fair: Workspace) -> None:
    """In the middle of an edit: what happened and what to do, and no lost page."""
    with running_desk(fair.root, painted_workers) as client, window(browser, client) as shown:
        shown.go("/review")
        shown.page.get_by_role("link", name="Look at 3 photos").click()
        ready(shown)
        row(shown, 1).get_by_role("button", name="Show").click()
        shown.page.get_by_role("button", name="Okafor, Ben").click()
        shown.page.route("**/rule", lambda route: route.abort())
        shown.page.click("#send")
        said(shown, "The desk does not answer. It may have been closed: start it again.")
        shown.complaints.clear()
        shown.page.unroute("**/rule")
        make_copy(shown)
