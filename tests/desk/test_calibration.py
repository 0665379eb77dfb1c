"""Calibration as a page: started, left, come back to, stopped, and its result in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_kit import LAPTOP, TABLET, Window, window
from calibration_kit import Crowd, crowd, open_gate
from desk_kit import DeskClient
from fair_kit import desk, fair, fair_of_all
from intake_kit import tree
from painted import paint

from anonymiser.school import School
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace

__all__ = ["desk", "fair", "fair_of_all"]
PAGE = "/recognition/calibrate"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    return crowd(monkeypatch)


@pytest.fixture
def ready(fair: Workspace, seen: Crowd, desk: DeskClient) -> Iterator[DeskClient]:
    """A desk with three photos of a fair and an open gate; whatever is held up goes on at the end."""
    seen.waits_for = threading.Event()
    seen.waits_for.set()
    open_gate(fair)
    yield desk
    seen.waits_for.set()


@pytest.fixture
def shown(browser: Any, ready: DeskClient) -> Iterator[Window]:
    with window(browser, ready) as opened:
        yield opened


@pytest.fixture
def more(tmp_path: Path) -> list[Path]:
    return [paint(tmp_path / "more" / f"Ben {number}.jpg", 1, seed=20 + number) for number in range(3)]


def is_stored(root: Path) -> bool:
    with School.open(root) as school:
        return school.register.calibration(model_sha256(ModelId.SFACE)) is not None


def wait_for_end(desk: DeskClient) -> None:
    until = time.monotonic() + 60
    while desk.desk.calibrator.state.running:
        assert time.monotonic() < until
        time.sleep(0.05)


def key(desk: DeskClient) -> str:
    return desk.get(PAGE).text.partition('name="event" value="')[2].partition('"')[0]


def test_photos_that_are_added_are_removed_afterwards(ready: DeskClient, more: list[Path]) -> None:
    """They are in the folder for what is being processed, under no name of theirs, until the calibration ends."""
    ready.sign_in()
    for path in more:
        assert ready.send("PUT", f"{PAGE}/photos", path.read_bytes()).status == 200
    assert len([name for name in tree(ready.root / "data" / "work") if "upload-" in name]) == 3
    assert not any("Ben" in name for name in tree(ready.root))
    assert "3 photos added" in ready.get(PAGE).text
    assert ready.post(PAGE, {"one-in": "1000"}).status == 303
    wait_for_end(ready)
    assert not any("upload-" in name for name in tree(ready.root / "data" / "work"))
    assert "3 photos looked at" in ready.get(PAGE).text or "in 3 photos" in ready.get(PAGE).text


def test_photos_that_nobody_used_are_removed(ready: DeskClient, more: list[Path]) -> None:
    """By a button, and when the desk ends."""
    ready.sign_in()
    work = ready.root / "data" / "work"
    ready.send("PUT", f"{PAGE}/photos", more[0].read_bytes())
    assert ready.post(f"{PAGE}/photos/forget", {}).status == 303
    assert not any("upload-" in name for name in tree(work))
    ready.send("PUT", f"{PAGE}/photos", more[0].read_bytes())
    ready.desk.calibrator.close()
    assert not any("upload-" in name for name in tree(work))


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"one-in": "1000"}, "Choose at least one event"), ({"event": "", "one-in": "7"}, "Choose the risk")],
)
def test_what_is_missing_is_asked_for(ready: DeskClient, seen: Crowd, fields: dict[str, str], said: str) -> None:
    """Nothing starts before photos and a risk are chosen."""
    ready.sign_in()
    given = {**fields, "event": key(ready)} if "event" in fields else fields
    answer = ready.post(PAGE, given)
    assert (answer.status, said in answer.text) == (422, True)
    assert seen.seen == []


def test_nothing_is_measured_while_the_gate_is_closed(ready: DeskClient, seen: Crowd, more: list[Path]) -> None:
    """No photo is taken, and none is looked at."""
    ready.sign_in()
    chosen = key(ready)
    ready.post("/recognition/close", {"close-word": "close"})
    assert ready.send("PUT", f"{PAGE}/photos", more[0].read_bytes(), accept="application/json").status == 409
    assert ready.post(PAGE, {"event": chosen, "one-in": "1000"}).status == 409
    assert "switched off" in ready.get(PAGE).text
    assert seen.seen == []


def test_a_calibration_ends_with_the_desk(ready: DeskClient, seen: Crowd) -> None:
    """After the photo that is being looked at; nothing is stored."""
    ready.sign_in()
    seen.waits_for.clear()
    ready.post(PAGE, {"event": key(ready), "one-in": "1000"})
    threading.Timer(0.5, seen.waits_for.set).start()
    ready.desk.calibrator.close()
    assert ready.desk.calibrator.state.stopped
    assert not is_stored(ready.root)


def test_by_mouse_from_the_choice_to_the_promise(
    shown: Window, ready: DeskClient, seen: Crowd, more: list[Path]
) -> None:
    """Progress survives leaving the page, and the promise stands there in words."""
    page = shown.page
    seen.people = 14
    shown.go("/recognition")
    page.get_by_role("link", name="Calibrate").click()
    page.check("#event-1")
    page.set_input_files("#files", more)
    page.wait_for_function("() => document.getElementById('state').textContent.startsWith('3 photos added')")
    page.get_by_label("1 in 1,000").check()
    seen.waits_for.clear()
    page.get_by_role("button", name="Start the calibration").click()
    page.wait_for_function("() => document.getElementById('progress-text')?.textContent.includes('1 of 6')")
    page.get_by_role("link", name="Today").click()
    page.wait_for_url(f"{shown.url}/")
    shown.go(PAGE)
    assert "Looking at the photos: 1 of 6." in shown.main
    seen.waits_for.set()
    page.wait_for_selector("#result")
    assert page.inner_text("#result") == "The program is calibrated"
    assert "At most 1 in 1,000 faces of people who are not learned will be taken for somebody who is" in shown.main
    assert "6 photos" in shown.main
    assert is_stored(ready.root)
    shown.go("/recognition")
    assert "yes, on this school's own photos" in shown.main
    assert not any("Ben" in url for url in shown.requests)


def test_by_keyboard_with_a_stop_and_then_too_few_photos(shown: Window, ready: DeskClient, seen: Crowd) -> None:
    """Stopping changes nothing; what is missing is said with what would help."""
    page = shown.page

    def begin() -> None:
        page.focus("#event-1")
        page.keyboard.press("Space")
        for _ in range(4):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id").startswith("one-in"):
                break
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Start the calibration"
        page.keyboard.press("Enter")

    seen.waits_for.clear()
    shown.go(PAGE)
    begin()
    page.wait_for_function("() => document.getElementById('progress-text')?.textContent.includes('1 of 3')")
    page.get_by_role("button", name="Stop the calibration").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('progress-text')?.textContent.includes('Stopping')")
    seen.waits_for.set()
    page.wait_for_selector("#result")
    page.wait_for_function("() => document.activeElement.id === 'result'")
    assert "The calibration was stopped. Nothing was changed." in shown.main
    assert not is_stored(ready.root)
    seen.people = 5
    begin()
    page.wait_for_selector("#result")
    assert page.inner_text("#result") == "The photos do not allow this promise"
    assert "200 comparisons of different people are needed, and these photos allow 30." in shown.main
    assert "about 4 more photos in which 10 faces" in shown.main
    assert not is_stored(ready.root)


@pytest.mark.parametrize("size", [LAPTOP, TABLET])
def test_the_page_is_accessible_in_every_state(
    browser: Any, ready: DeskClient, seen: Crowd, size: tuple[int, int]
) -> None:
    """No violation of WCAG 2.2 AA that axe can see: choosing, wrong, running, and at the end."""
    with window(browser, ready, size, bypass_csp=True) as opened:
        page = opened.page
        opened.go(PAGE)
        assert opened.violations() == []
        page.get_by_role("button", name="Start the calibration").click()
        assert "Choose at least one event" in page.inner_text("#problem")
        assert opened.violations() == []
        seen.waits_for.clear()
        page.check("#event-1")
        page.get_by_label("1 in 10,000").check()
        page.get_by_role("button", name="Start the calibration").click()
        page.wait_for_selector("#progress")
        assert opened.violations() == []
        seen.waits_for.set()
        page.wait_for_selector("#result")
        assert opened.violations() == []
        assert page.title() == "Calibration - anonymiser"
