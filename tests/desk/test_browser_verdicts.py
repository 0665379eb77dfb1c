"""Verdicts in a real browser, their undo, and what stops them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser_kit import Window, told
from desk_kit import DeskClient
from fair_kit import (
    desk,
    fair,
    fair_of_all,
    in_school,
    looked,
    make_copy,
    photo,
    queue_of_one,
    ready,
    released,
    row,
    shown,
)
from intake_kit import tree
from painted import paint, visible

from anonymiser.school import School
from anonymiser.values.consent import Purpose
from anonymiser.values.ruling import Cover
from anonymiser.workspace import Workspace

__all__ = ["desk", "fair", "fair_of_all", "photo", "shown"]


def test_verdicts_lead_through_the_queue_and_can_be_undone(photo: Window, desk: DeskClient) -> None:
    """Approve, undo, reject, undo; "3 of 3" stands still, and the last verdict leads back to the review."""
    page = photo.page
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2 of 3')")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    page.wait_for_function("() => document.title.startsWith('Photo 1 of 3')")
    assert released(desk) == []
    for number in (2, 3):
        ready(photo)
        looked(photo, "reject")
        page.locator("#stage").focus()
        page.keyboard.press("r")
        page.wait_for_function(f"() => document.title.startsWith('Photo {number} of 3')")
    ready(photo)
    looked(photo, "approve")
    page.locator("#stage").focus()
    page.keyboard.press("a")
    page.wait_for_url("**/review")
    told(page, "Approved.")
    assert "No photos are waiting for you" in photo.main
    assert len(released(desk)) == 1
    page.get_by_role("button", name="Undo the last verdict").click()
    told(page, "The photo waits again")
    assert released(desk) == []


def test_referring_asks_first_and_puts_the_photo_out_of_sight(photo: Window, desk: DeskClient) -> None:
    """A page says what it means; afterwards nothing of the photo can be reached from the desk."""
    page = photo.page
    address = page.url
    copy = page.get_attribute("#picture", "src")
    page.get_by_role("link", name="This picture worries me").click()
    page.get_by_role("button", name="Refer it").click()
    told(page, "put aside for the safeguarding lead")
    page.goto(address)
    assert "Nothing of it is shown here" in photo.main
    assert page.locator("img").count() == 0
    for part in (copy, f"{address.removeprefix(photo.url)}/before"):
        status = page.evaluate("path => fetch(path).then(answer => answer.status)", part)
        assert status in {409, 422}
    assert len(tree(desk.root / "sealed")) >= 2


def test_a_copy_that_changed_meanwhile_is_not_approved(photo: Window, desk: DeskClient) -> None:
    """Another program, or another window, was quicker: the approval is refused, and nothing is released."""

    def change(school: School) -> None:
        first = school.desk.queue()[0]
        view = school.desk.photo(first.id)
        school.desk.rule(first.id, [Cover((500, 600, 600, 700))], by="other", seen=view.sha256 or "")

    in_school(desk, change)
    photo.page.keyboard.press("a")
    photo.page.wait_for_selector(".trouble h1")
    assert "There is a problem" in photo.main
    assert released(desk) == []


def test_a_withdrawal_between_look_and_verdict_stops_the_release(photo: Window, desk: DeskClient) -> None:
    """The photo is processed again without the child, and waits again."""
    page = photo.page
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(photo)
    ready(photo)
    in_school(desk, lambda school: school.register.withdraw(school.person("P1"), "letter", Purpose("website")))
    page.locator("#stage").focus()
    page.keyboard.press("a")
    page.wait_for_selector(".trouble h1")
    assert "consents have changed" in photo.main
    assert released(desk) == []
    desk.wait_for_run()
    views = in_school(desk, lambda school: [school.desk.photo(line.id) for line in school.desk.queue()])
    assert all(view.summary.counts.shown == 0 for view in views)


def test_a_released_photo_is_opened_again_and_corrected(photo: Window, desk: DeskClient) -> None:
    """Its copy leaves the outbox; places where it was published are named; the corrected copy replaces it."""
    page = photo.page
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2 of 3')")
    name = tree(desk.root / "outbox")[0]
    in_school(desk, lambda school: school.record_place([Path(name).name], "school website, news page"))
    photo.go("/review")
    page.get_by_role("link", name="Fair, website").click()
    page.locator("table a").first.click()
    page.get_by_role("button", name="Show or cover somebody").click()
    assert "The earlier copy has to be taken down where it was published: school website, news page" in photo.main
    ready(photo)
    assert released(desk) == []
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(photo)
    ready(photo)
    page.locator("#stage").focus()
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2') || location.pathname === '/review'")
    assert [visible(copy) for copy in released(desk)] == [[1]]


def test_a_name_in_the_picture_can_be_called_none(browser: Any, fair: Workspace) -> None:
    """Asked twice; then the text stays readable."""
    paint(fair.inbox / "Board" / "1.jpg", 0, seed=5, name=True)
    with queue_of_one(browser, fair) as shown:
        shown.page.get_by_role("button", name="Not a name").click()
        assert "full name" in shown.page.inner_text("#sure-text")
        shown.page.click("#sure-yes")
        make_copy(shown)
        assert "not a name: stays readable" in shown.page.inner_text("#name-rows")


def test_a_code_in_the_picture_is_listed_and_can_be_shown(browser: Any, fair: Workspace) -> None:
    """Covered at first; asked once more, it stays as it is."""
    paint(fair.inbox / "Board" / "1.jpg", 1, seed=5, code=True)
    with queue_of_one(browser, fair) as shown:
        ready(shown)
        texts = shown.page.locator("#name-rows")
        assert "Text 1: covered\na QR code or a barcode" in texts.inner_text()
        texts.get_by_role("button", name="Show").click()
        assert "a QR code or a barcode" in shown.page.inner_text("#sure-text")
        shown.page.click("#sure-yes")
        make_copy(shown)
        assert "Text 1: stays as it is" in texts.inner_text()
        texts.get_by_role("button", name="Undo my change").click()
        make_copy(shown)
        assert "Text 1: covered" in texts.inner_text()


def test_what_is_only_listed_can_be_covered(browser: Any, fair: Workspace) -> None:
    """One click, without a question, and no area of its own among the faces."""
    settings = fair.root / "anonymiser.toml"
    settings.write_text(settings.read_text() + "[text]\ncover = []\n")
    paint(fair.inbox / "Board" / "1.jpg", 1, seed=5, code=True)
    with queue_of_one(browser, Workspace.open(fair.root)) as shown:
        ready(shown)
        texts = shown.page.locator("#name-rows")
        assert "Text 1: stays as it is" in texts.inner_text()
        texts.get_by_role("button", name="Cover").click()
        assert "Text 1: to be changed" in texts.inner_text()
        assert shown.page.locator("#rows li").count() == 1
        make_copy(shown)
        assert "Text 1: covered" in texts.inner_text()
        assert shown.page.locator("#rows li").count() == 1


def test_a_click_on_the_copy_changes_nothing_and_says_how_to_change_it(photo: Window) -> None:
    """Somebody new clicks on the covered head itself."""
    page = photo.page
    page.locator("#stage").click()
    assert page.inner_text("#live") == "To show or cover somebody, press Edit above the picture, then click the face."
    assert page.get_attribute('[data-view="published"]', "aria-pressed") == "true"
    page.get_by_role("button", name="Edit").click()
    page.locator("#stage").click(position={"x": 3, "y": 3})
    assert "press Edit" not in page.inner_text("#live")


def test_no_count_of_an_old_copy_stands_beside_changes_that_it_does_not_have(photo: Window) -> None:
    """It comes back with the new copy."""
    page = photo.page
    assert page.is_visible("#count")
    row(photo, 1).get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Okafor, Ben").click()
    assert not page.is_visible("#count")
    make_copy(photo)
    assert "1 shown: Ben O." in page.inner_text("#count")
