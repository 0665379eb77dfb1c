"""A class photo at the desk: faces clicked and named, learned, and the photo gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from browser_kit import LAPTOP, TABLET, Window, window
from class_photo_kit import (
    ANIKA,
    ELSIE,
    LUCAS,
    MINA,
    RORY,
    Watched,
    class_photo,
    oak_class,
    watched_networks,
    who_is_at,
)
from desk_kit import DeskClient, running_desk
from intake_kit import fake_workers

from anonymiser.school import School
from anonymiser.values.faces import Faces
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Pixels
from anonymiser.workspace import Workspace


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return watched_networks(monkeypatch)


@pytest.fixture
def oak(workspace: Workspace, networks: Watched) -> Iterator[DeskClient]:
    """A desk of a school with the sample's class, of whom three agreed to recognition; signed in."""
    oak_class(workspace)
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        yield client


def templates(root: Path, person: PersonId) -> int:
    with School.open(root) as school:
        return school.register.dossier(person, ()).templates


def put_photo(oak: DeskClient) -> dict[str, Any]:
    """The page's data once the photo has come."""
    assert oak.post("/recognition/class", {"group": "Oak"}).status == 303
    assert oak.send("PUT", "/recognition/class/photo", class_photo()).status == 200
    text = oak.get("/recognition/class/photo").text
    data: dict[str, Any] = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    return data


def places(data: dict[str, Any]) -> dict[str, int]:
    return who_is_at([tuple(face["box"]) for face in data["faces"]], tuple(data["size"]))


def learn(oak: DeskClient, data: dict[str, Any], named: object) -> Any:
    return oak.post("/recognition/class/learn", {"seen": data["key"], "named": json.dumps(named)})


def held(oak: DeskClient) -> list[object]:
    """What the sessions of the desk hold of class photos."""
    return [session.naming for session in oak.desk.sessions._sessions.values() if session.naming is not None]


def test_named_faces_are_learned_and_the_photo_leaves_no_file(oak: DeskClient, workspace: Workspace) -> None:
    """The summary says by name who was learned, and of the others why not; picture and names are nowhere else."""
    before = {path for path in workspace.root.rglob("*") if path.is_file()}
    data = put_photo(oak)
    at = places(data)
    picture = oak.get(data["picture"])
    assert picture.body.startswith(b"\xff\xd8")
    assert picture.headers["cache-control"] == "no-store"
    assert learn(oak, data, [[at[ELSIE], ELSIE], [at[RORY], RORY], [at[MINA], MINA]]).status == 200
    page = oak.get("/recognition/class/done").text
    assert "2 faces learned" in page
    assert "<dt>Mina Takeda</dt><dd>No consent for face recognition" in page
    assert [templates(workspace.root, person) for person in (ELSIE, RORY, MINA)] == [1, 1, 0]
    assert held(oak) == []
    assert oak.get(data["picture"]).status == 422
    new = {path for path in workspace.root.rglob("*") if path.is_file()} - before
    assert not [path for path in new if path.suffix not in {".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".lock"}]


@pytest.mark.parametrize("how", ["leave", "another class"])
def test_a_photo_that_nobody_finishes_is_gone(oak: DeskClient, how: str) -> None:
    """It lives no longer than the work on it."""
    put_photo(oak)
    assert len(held(oak)) == 1
    if how == "leave":
        assert oak.post("/recognition/class/leave", {}).status == 303
    else:
        assert oak.get("/recognition/class").status == 200
    assert held(oak) == []


@pytest.mark.usefixtures("networks")
def test_a_photo_is_gone_when_the_desk_ends(workspace: Workspace) -> None:
    """With the session that held it."""
    oak_class(workspace)
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        put_photo(client)
        sessions = list(client.desk.sessions._sessions.values())
        assert len(held(client)) == len(sessions) == 1
    assert held(client) == []
    assert client.desk.sessions._sessions == {}


def test_no_photo_is_taken_while_the_gate_is_closed(oak: DeskClient, networks: Watched) -> None:
    """Nothing is loaded, the page says why, and no class can be chosen."""
    oak.post("/recognition/class", {"group": "Oak"})
    oak.post("/recognition/close", {"close-word": "close"})
    assert oak.send("PUT", "/recognition/class/photo", class_photo(), accept="application/json").status == 409
    assert oak.post("/recognition/class", {"group": "Oak"}).status == 409
    assert "switched off" in oak.get("/recognition/class").text
    assert networks.loaded == 0


@pytest.fixture
def slowly(networks: Watched, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The search for faces begins, and goes on once it may."""
    begun, may_end, find = threading.Event(), threading.Event(), networks.detect

    def detect(pixels: Pixels) -> Faces:
        begun.set()
        assert may_end.wait(60)
        return find(pixels)

    monkeypatch.setattr(networks, "detect", detect)
    yield begun, may_end
    may_end.set()


def test_the_other_pages_answer_while_a_photo_is_searched(
    slowly: tuple[threading.Event, threading.Event], oak: DeskClient
) -> None:
    """Whoever reviews photos waits for nobody who names faces."""
    begun, may_end = slowly
    oak.post("/recognition/class", {"group": "Oak"})
    with ThreadPoolExecutor(1) as another:
        sent = another.submit(oak.send, "PUT", "/recognition/class/photo", class_photo())
        assert begun.wait(60)
        assert oak.get("/people").status == 200
        assert not sent.done()
        may_end.set()
        assert sent.result(60).status == 200
    assert len(held(oak)) == 1


def test_a_photo_is_not_kept_if_the_gate_is_closed_while_it_is_searched(
    slowly: tuple[threading.Event, threading.Event], oak: DeskClient
) -> None:
    """The gate is asked about again when the search has ended."""
    begun, may_end = slowly
    oak.post("/recognition/class", {"group": "Oak"})
    with ThreadPoolExecutor(1) as another:
        sent = another.submit(oak.send, "PUT", "/recognition/class/photo", class_photo(), accept="application/json")
        assert begun.wait(60)
        oak.post("/recognition/close", {"close-word": "close"})
        may_end.set()
        assert sent.result(60).status == 409
    assert [naming for naming in held(oak) if naming.photo is not None] == []


@pytest.mark.parametrize("named", ["[]", "{}", "null", "[[1]]", '[["a", "pupil-001"]]', "[[1, 2]]", "x", "[" * 5000])
def test_what_no_page_sends_is_refused(oak: DeskClient, named: str, networks: Watched) -> None:
    """And the photo stays, because nothing was learned from it."""
    data = put_photo(oak)
    assert oak.post("/recognition/class/learn", {"seen": data["key"], "named": named}).status == 422
    assert len(held(oak)) == 1
    assert networks.chips == 0


def test_names_count_for_the_photo_that_was_on_the_screen(oak: DeskClient, networks: Watched) -> None:
    """Another tab may have brought another one."""
    first, second = put_photo(oak), put_photo(oak)
    assert learn(oak, first, [[1, ELSIE]]).status == 409
    assert networks.chips == 0
    assert learn(oak, second, [[1, ELSIE], [2, ELSIE]]).status == 422
    assert networks.chips == 0


def test_a_class_has_to_be_chosen_first(oak: DeskClient) -> None:
    """A photo alone is not taken, and a class that does not exist is not one."""
    assert oak.send("PUT", "/recognition/class/photo", class_photo(), accept="application/json").status == 422
    assert oak.get("/recognition/class/photo").headers["location"] == "/recognition/class"
    answer = oak.post("/recognition/class", {"group": "Elm"})
    assert (answer.status, "Choose the class" in answer.text) == (422, True)


@pytest.mark.parametrize("data", [b"no picture", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused_in_words(oak: DeskClient, data: bytes) -> None:
    """The page stays where the photo is dropped."""
    oak.post("/recognition/class", {"group": "Oak"})
    answer = oak.send("PUT", "/recognition/class/photo", data, accept="application/json")
    assert answer.status == 422
    assert "cannot be used" in answer.text
    assert "Drop the photo here" in oak.get("/recognition/class/photo").text


# --- in the browser --------------------------------------------------------------------------------------------


@pytest.fixture
def shown(browser: Any, oak: DeskClient, tmp_path: Path) -> Iterator[Window]:
    """A window in which the faces of the class photo have been found, from the page of recognition on."""
    file = tmp_path / "Elsie and others.jpg"
    file.write_bytes(class_photo())
    with window(browser, oak) as opened:
        page = opened.page
        opened.go("/recognition")
        page.get_by_role("link", name="Learn faces from a class photo").click()
        page.select_option("#group", "Oak")
        page.get_by_role("button", name="Continue to the photo").click()
        page.set_input_files("#files", file)
        page.wait_for_selector("#rows li")
        page.wait_for_function("document.getElementById('picture').naturalWidth > 0")
        yield opened


def numbers(shown: Window) -> dict[str, int]:
    return places(json.loads(shown.page.inner_text("#data")))


def said(shown: Window, text: str) -> None:
    shown.page.wait_for_function("text => document.getElementById('live').textContent.includes(text)", arg=text)


def test_faces_are_named_by_mouse(shown: Window, oak: DeskClient) -> None:
    """Click a face, choose who it is, learn: what was learned and what was not stands there by name."""
    page, at = shown.page, numbers(shown)
    for name in ("Learn 0 faces", "Cancel"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] <= LAPTOP[1]
    page.click(f'#faces [data-key="face-{at[ELSIE]}"]')
    assert (
        page.locator("#who-people .cannot", has_text="Bhatt, Anika")
        .inner_text()
        .startswith("Bhatt, Anika (Oak): cannot be learned, no consent for face recognition")
    )
    page.get_by_role("button", name="Marlow, Elsie").click()
    said(shown, f"Face {at[ELSIE]}: Elsie Marlow.")
    page.click(f'#rows [data-key="face-{at[LUCAS]}"] button')
    assert "already named on face" in page.locator("#who-people .cannot", has_text="Marlow, Elsie").inner_text()
    page.get_by_role("button", name="Tan, Lucas").click()
    page.click(f'#faces [data-key="face-{at[LUCAS]}"]')  # once more takes the name off
    said(shown, "is not named any more")
    page.click(f'#faces [data-key="face-{at[RORY]}"]')
    page.get_by_role("button", name="Pemberton, Rory").click()
    page.click(f'#faces [data-key="face-{at[ANIKA]}"]')
    said(shown, "cannot be learned: eyes hidden")
    assert "2 of 8 faces named." in page.inner_text("#count")
    page.get_by_role("button", name="Learn 2 faces").click()
    page.wait_for_url("**/recognition/class/done")
    assert "2 faces learned\n" in shown.main
    assert [templates(oak.root, person) for person in (ELSIE, RORY, LUCAS)] == [1, 1, 0]


def test_faces_are_named_by_keyboard_alone(shown: Window, oak: DeskClient) -> None:
    """One stop for all faces, arrows between them, Enter to choose, and the focus comes back to the face."""
    page, at = shown.page, numbers(shown)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#faces') !== null"):
            break
    page.keyboard.press("Home")
    for _ in range(at[LUCAS] - 1):
        page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == f"Name face {at[LUCAS]}. {at[LUCAS]}. Not named, clear enough to be learned"
    page.keyboard.press("Enter")
    page.wait_for_selector("#who-people button")
    page.keyboard.type("lucas")
    page.keyboard.press("Enter")
    said(shown, f"Face {at[LUCAS]}: Lucas Tan.")
    assert page.evaluate("document.activeElement.dataset.key") == f"face-{at[LUCAS]}"
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Space")
    said(shown, "is not named any more")
    page.keyboard.press("Space")
    page.wait_for_selector("#who-people button")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector("#who-people button")
    page.keyboard.type("tan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    said(shown, f"Face {at[LUCAS]}: Lucas Tan.")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "learn":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/recognition/class/done")
    assert page.evaluate("document.activeElement.id") == "result"
    assert templates(oak.root, LUCAS) == 1


def test_titles_addresses_and_requests_hold_no_name(shown: Window) -> None:
    """Nothing but numbers and ids leaves the page; the file's own name is not sent."""
    page, at = shown.page, numbers(shown)
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or ""))
    page.click(f'#faces [data-key="face-{at[ELSIE]}"]')
    page.get_by_role("button", name="Marlow, Elsie").click()
    seen = page.title() + page.url
    page.get_by_role("button", name="Learn 1 face").click()
    page.wait_for_url("**/recognition/class/done")
    for text in (seen + page.title() + page.url, " ".join(shown.requests), " ".join(bodies)):
        assert "Elsie" not in text
        assert "Marlow" not in text


@pytest.mark.parametrize("size", [LAPTOP, TABLET])
def test_the_pages_are_accessible(browser: Any, oak: DeskClient, size: tuple[int, int]) -> None:
    """No violation of WCAG 2.2 AA that axe can see, in every state of the work."""
    with window(browser, oak, size, bypass_csp=True) as opened:
        page = opened.page
        opened.go("/recognition/class")
        assert opened.violations() == []
        page.get_by_role("button", name="Continue to the photo").click()
        assert "Choose the class" in page.inner_text("#problem")
        assert opened.violations() == []
        data = put_photo(oak)
        page.select_option("#group", "Oak")
        page.get_by_role("button", name="Continue to the photo").click()
        assert opened.violations() == []
        page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": class_photo()})
        page.wait_for_selector("#rows li")
        assert opened.violations() == []
        at = places(data)
        page.click(f'#rows [data-key="face-{at[ELSIE]}"] button')
        page.wait_for_selector("#who-people button")
        assert opened.violations() == []
        page.get_by_role("button", name="Marlow, Elsie").click()
        said(opened, "Elsie")
        assert opened.violations() == []
        page.get_by_role("button", name="Learn 1 face").click()
        page.wait_for_url("**/recognition/class/done")
        assert opened.violations() == []


def test_names_that_were_not_learned_yet_are_not_lost_by_a_click(shown: Window) -> None:
    """Leaving asks first, by the browser's own question."""
    page, at = shown.page, numbers(shown)
    page.click(f'#rows [data-key="face-{at[ELSIE]}"] button')
    page.get_by_role("button", name="Marlow, Elsie").click()
    said(shown, "Elsie")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Today").click()
    page.wait_for_url(f"{shown.url}/")
    assert asked == ["beforeunload"]
