"""Moments in which somebody new to the desk would not know what to do, and what the page says then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import Window, window
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents

from anonymiser.desk.pages import Pages
from anonymiser.school import School
from anonymiser.workspace import Workspace


@pytest.fixture
def shown(browser: Any, desk: DeskClient) -> Iterator[Window]:
    with window(browser, desk) as opened:
        yield opened


def processed(workspace: Workspace, **files: str) -> None:
    """Photos of one event, and what becomes of each."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox / "Sports day", **files)
    with School.open(workspace.root, workers=fake_workers) as school, school.run(jobs=1) as run:
        list(run)


def test_an_empty_workspace_says_what_comes_first_and_what_next(workspace: Workspace) -> None:
    """Consents, then photos; once there are photos, adding some is nothing that has to be done."""
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        text = client.get("/").text
        assert re.findall(r"<p><strong>([^<]+)</strong></p>", text) == ["Import the consents", "Add photos"]
    processed(workspace, a="review")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        assert re.findall(r"<p><strong>([^<]+)</strong></p>", client.get("/").text) == ["1 photo is waiting for you"]


def test_where_nobody_is_recognised_today_leads_to_showing_somebody(workspace: Workspace) -> None:
    """Photos were released with everybody covered: the page says so, and leads to them until one was looked at."""
    processed(workspace, a="release 1", b="release 2")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        text = client.get("/").text
        assert "Show children whose families agreed: Sports day" in text
        assert "2 photos are released with everybody covered" in text, text
        (path,) = re.findall(r'class="button" href="(/choose/[0-9a-f]{16})"', text)
        assert "Open a photo to look at it" in client.get(path).text
        with School.open(workspace.root, workers=fake_workers) as school:
            first = school.desk.photos()[0]
            again = school.desk.reopen(first.id, by="Office")
            school.desk.approve(again.id, by="Office", seen=again.sha256)
        assert "Show children" not in client.get("/").text


def test_where_faces_are_recognised_nothing_of_that_kind_is_asked(workspace: Workspace) -> None:
    """There the program has shown whoever it knows."""
    processed(workspace, a="release")
    with School.open(workspace.root, workers=fake_workers) as school:
        school.register.open_gate("DPIA 7", "the head")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        assert "Show children" not in client.get("/").text


def test_the_table_of_today_has_no_empty_columns_and_breaks_no_word(workspace: Workspace, browser: Any) -> None:
    """Waiting and released always; the others once there is something in them."""
    processed(workspace, a="release", b="review")
    with running_desk(workspace.root, fake_workers) as client, window(browser, client) as shown:
        headings = shown.page.locator("thead th")
        assert headings.all_inner_texts() == ["event", "for", "waiting", "released"]
        heights = {box["height"] for box in (one.bounding_box() for one in headings.all())}
        assert len(heights) == 1
        assert heights.pop() < 45


def test_a_refused_file_says_why_behind_its_number(workspace: Workspace) -> None:
    """The reason and where the file is; a photo that was released is listed there, too."""
    processed(workspace, a="release", b="bad")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        (path,) = re.findall(r'href="(/decided/[0-9a-f]{16})" aria-label="1 refused: Sports day"', client.get("/").text)
        text = client.get(path).text
        with School.open(workspace.root) as school:
            refused = next(one for one in school.desk.photos() if one.standing.value == "no copy")
        assert "Files that were refused" in text
        assert refused.id in text
        assert "folder called quarantine" in text


def test_a_released_photo_says_where_its_file_is(workspace: Workspace) -> None:
    """With its whole path, which can be pasted into the system's own window; so does the end of the review."""
    processed(workspace, a="release", b="review")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        with School.open(workspace.root) as school:
            waiting, released = sorted(school.desk.photos(), key=lambda one: one.standing.value, reverse=True)
            view = school.desk.photo(released.id)
            seen = school.desk.photo(waiting.id).sha256
        assert str(workspace.root / str(view.output)) in client.get(f"/photo/{released.id}").text
        client.post(f"/photo/{waiting.id}/approve", {"seen": str(seen)})
        text = client.get("/review").text
        assert "Approved. The copy may be published now: outbox/website/" in text
        assert str(workspace.outbox) in text


def test_an_empty_file_is_refused_at_once(shown: Window, desk: DeskClient, tmp_path: Path) -> None:
    """Beside its number, with what to do; it is not even sent."""
    page = shown.page
    shown.go("/drop")
    page.fill("#label", "Fair")
    page.get_by_role("button", name="Continue to the photos").click()
    (tmp_path / "empty.jpg").write_bytes(b"")
    page.set_input_files("#files", [tmp_path / "empty.jpg"])
    page.wait_for_selector("#state-troubles li")
    assert "Photo 1: The file is empty. Copy it again from the camera." in page.inner_text("#state-troubles")
    assert page.inner_text("#state-text") == "0 of 1 photos added, 1 not."
    assert list(desk.root.glob("inbox/*/photo-*")) == []


def test_an_event_name_that_is_too_long_is_not_cut_in_silence(desk: DeskClient) -> None:
    """The page says how long it may be, and keeps what was typed."""
    answer = desk.post("/drop", {"label": "A" * 81, "purpose": "website", "token": desk.token})
    assert answer.status == 422
    assert "The name of the event is too long. Use at most 80 characters." in answer.text
    assert "A" * 81 in answer.text
    assert desk.post("/drop", {"label": "A" * 80, "purpose": "website", "token": desk.token}).status == 303


def test_a_page_says_that_the_desk_has_ended(browser: Any, workspace: Workspace) -> None:
    """Once, with one remedy, as soon as somebody comes back to the page."""
    with running_desk(workspace.root, fake_workers) as client, window(browser, client, bypass_csp=True) as shown:
        client.stop.requests += 1
        while not shown.page.locator("#gone").count():
            shown.page.evaluate("() => dispatchEvent(new Event('focus'))")
            shown.page.wait_for_timeout(200)
        text = shown.page.inner_text("#gone")
        shown.page.evaluate("() => dispatchEvent(new Event('focus'))")
        assert shown.page.locator("#gone").count() == 1
        assert shown.violations() == []
        shown.complaints.clear()
    assert text.startswith("The desk has ended. Start it again the way you started it before")


def test_a_page_says_that_its_browser_was_signed_out(shown: Window, desk: DeskClient) -> None:
    """So that nobody types into a page whose words would be refused."""
    desk.desk.sessions.end_all()
    shown.page.evaluate("() => dispatchEvent(new Event('focus'))")
    shown.page.wait_for_selector("#gone")
    assert shown.page.inner_text("#gone").startswith("You are signed out. Load this page again")


def test_asking_whether_the_desk_runs_does_not_keep_it_open(desk: DeskClient) -> None:
    """A page that lies open is no use of the desk; a stranger learns nothing."""
    before = desk.desk.sessions.last_request
    assert desk.get("/alive").status == 204
    assert desk.desk.sessions.last_request == before
    assert desk.get("/alive", cookie=None).status == 401


def test_a_form_that_takes_a_while_says_so(shown: Window) -> None:
    """For as long as the page that sent it is there; here it stays, as if the answer never came."""
    shown.page.route("**/close", lambda route: route.fulfill(status=204))
    assert shown.page.inner_text("#busy") == ""
    shown.page.get_by_role("button", name="Close the desk").click()
    shown.page.wait_for_selector("#busy:not(:empty)")
    assert shown.page.inner_text("#busy") == "One moment. This is being done."


def test_a_browser_without_scripts_is_told_what_is_missing(browser: Any, desk: DeskClient) -> None:
    """When it signs in, and on every page: what to change, and whom to ask."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://{desk.host}/sign-in")
    assert "JavaScript is switched off in this browser" in page.inner_text("main")
    assert "One moment" not in page.inner_text("main")
    name, _, value = desk.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": f"http://{desk.host}/"}])
    for path in ("/", "/drop", "/import"):
        page.goto(f"http://{desk.host}{path}")
        assert "Ask whoever looks after this computer to allow it" in page.inner_text("main")
    context.close()


def test_at_twice_the_size_the_page_is_more_than_its_frame(browser: Any, desk: DeskClient) -> None:
    """A laptop's window at 200%: the bar leaves more than half of it, and every link can still be seen."""
    with window(browser, desk, (546, 250)) as shown:
        assert shown.page.locator("header").bounding_box()["height"] < 125
        assert shown.page.get_by_role("link", name="Settings and health").is_visible()


def test_a_photo_that_was_decided_in_another_window_is_shown_as_it_is(workspace: Workspace) -> None:
    """Nothing happens twice, and no command of the command line is all that is said."""
    processed(workspace, a="review")
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        with School.open(workspace.root) as school:
            (waiting,) = school.desk.photos()
            seen = school.desk.photo(waiting.id).sha256
        for form in ({"seen": str(seen)}, {"seen": str(seen), "turn": "yes"}):
            client.post(f"/photo/{waiting.id}/reject")
            answer = client.post(f"/photo/{waiting.id}/approve", form)
            assert answer.status == (204 if "turn" in form else 303)
            assert answer.headers["content-location" if "turn" in form else "location"] == f"/photo/{waiting.id}"
            text = client.get(f"/photo/{waiting.id}").text
            assert "decided in the meantime" in text
            assert "somebody rejected it" in text
        answer = client.post(f"/photo/{waiting.id}/refer")
        assert "it is not put aside" in answer.text
        assert "Tell the safeguarding lead, and nobody else, that photo" in answer.text
    assert list(workspace.outbox.rglob("*.jpg")) == []


def test_a_remedy_for_the_command_line_is_not_given_to_whoever_has_none() -> None:
    """The page says who can do it."""
    pages = Pages()
    command = pages.page("trouble.html", message="it is locked", remedy="See: anonymise review list")
    assert b"<strong>For whoever looks after this computer:</strong> See: anonymise review list" in command.body
    click = pages.page("trouble.html", message="it is locked", remedy="Reload the page.")
    assert b"<strong>What to do:</strong> Reload the page." in click.body
