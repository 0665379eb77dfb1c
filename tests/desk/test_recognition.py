"""Learning faces at the desk: the gate, the law's questions, portraits, and who looks alike."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from browser_kit import window
from desk_kit import DeskClient

from anonymiser.samples import sample_images
from anonymiser.school import School, faces
from anonymiser.school.recognition import MOST_PORTRAITS
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

BEN = PersonId("P1")


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks are the product's own; the tests of a worker share them."""
    monkeypatch.setattr(faces, "networks", _networks)


_networks = functools.cache(faces.networks)


def portraits(person: str) -> list[bytes]:
    folder = sample_images() / "enrolment" / person
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix == ".jpg"]


def switch_on(desk: DeskClient) -> None:
    assert desk.post("/recognition/open", {"dpia": "DPIA 7", "approved-by": "governors"}).status == 303


def agree(desk: DeskClient, person: str) -> None:
    fields = {"biometric-told": "01/09/2026", "biometric-evidence": "office file 3"}
    assert desk.post(f"/people/{person}/biometric", fields).status == 303


def learn(desk: DeskClient, person: str, photos: list[bytes]) -> dict[str, Any]:
    for photo in photos:
        assert desk.send("PUT", f"/people/{person}/portraits", photo).status == 200
    answer = desk.post(f"/people/{person}/portraits", {}, accept="application/json")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def templates(workspace: Workspace, person: PersonId) -> int:
    with School.open(workspace.root) as school:
        return school.register.dossier(person, ()).templates


def test_nothing_is_taken_before_the_gate_is_open_and_a_parent_has_agreed(desk: DeskClient) -> None:
    """A portrait is refused before a byte is kept, and the page says what is missing."""
    for missing in ("switched off", "no consent for face recognition"):
        answer = desk.send("PUT", "/people/P1/portraits", portraits("pupil-001")[0], accept="application/json")
        assert answer.status == 409
        assert missing in answer.text
        assert missing in desk.get("/people/P1/portraits").text
        assert desk.post("/people/P1/portraits", {}).status == 409
        switch_on(desk)


def test_a_face_is_learned_from_portraits_that_leave_no_file(desk: DeskClient, workspace: Workspace) -> None:
    """Every photo is answered for; the workspace holds the templates and no picture."""
    switch_on(desk)
    agree(desk, "P1")
    before = {path for path in workspace.root.rglob("*") if path.is_file()}
    done = learn(desk, "P1", [*portraits("pupil-001"), b"no picture"])
    assert done["photos"][:-1] == [""] * (len(done["photos"]) - 1)
    assert done["photos"][-1]
    assert done["used"] == templates(workspace, BEN) == len(done["photos"]) - 1 >= 2
    new = {path for path in workspace.root.rglob("*") if path.is_file()} - before
    assert not [path for path in new if path.suffix not in {".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".lock"}]
    assert "learned from" in desk.get("/people/P1").text


def test_somebody_elses_portrait_is_not_learned(desk: DeskClient, workspace: Workspace) -> None:
    """The same pictures for a second person are refused, because one of the two is wrong."""
    switch_on(desk)
    for person in ("P1", "P2"):
        agree(desk, person)
    learn(desk, "P1", portraits("pupil-001"))
    done = learn(desk, "P2", portraits("pupil-001"))
    assert done["used"] == templates(workspace, PersonId("P2")) == 0
    assert set(done["photos"]) == {"the same picture is enrolled for somebody else"}


def test_an_objection_destroys_what_was_learned_and_outweighs_a_new_consent(
    desk: DeskClient, workspace: Workspace
) -> None:
    """The objection holds until it is taken back in writing."""
    switch_on(desk)
    agree(desk, "P1")
    learn(desk, "P1", portraits("pupil-001"))
    assert desk.post("/people/P1/biometric/refuse", {"refused-by": "child"}).status == 303
    assert templates(workspace, BEN) == 0
    agree(desk, "P1")
    assert "face recognition was refused" in desk.get("/people/P1/portraits").text


def test_what_was_learned_can_be_destroyed(desk: DeskClient, workspace: Workspace) -> None:
    """The consent stays, so that the face can be learned again."""
    switch_on(desk)
    agree(desk, "P1")
    learn(desk, "P1", portraits("pupil-001"))
    assert desk.post("/people/P1/portraits/destroy", {}).status == 303
    assert templates(workspace, BEN) == 0
    assert "Drop their photos here" in desk.get("/people/P1/portraits").text


def test_there_is_a_most_of_portraits(desk: DeskClient) -> None:
    """Memory is bounded by number, whatever a browser sends."""
    switch_on(desk)
    agree(desk, "P1")
    statuses = [desk.send("PUT", "/people/P1/portraits", b"x").status for _ in range(MOST_PORTRAITS + 1)]
    assert statuses == [200] * MOST_PORTRAITS + [409]


def test_nothing_is_learned_from_no_photo(desk: DeskClient) -> None:
    """The answer says what to do."""
    switch_on(desk)
    agree(desk, "P1")
    answer = desk.post("/people/P1/portraits", {}, accept="application/json")
    assert (answer.status, "Drop three or four photos" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/recognition/open", {"dpia": "DPIA 7"}, "Say who approved it"),
        ("/recognition/open", {"approved-by": "governors"}, "Give the reference of the assessment"),
        ("/recognition/close", {"close-word": "yes"}, "Type the word"),
        ("/people/P1/biometric", {"biometric-evidence": "file 3"}, "every parent had been told in writing"),
        ("/people/P1/biometric", {"biometric-told": "01/09/2026"}, "own words are filed"),
        ("/people/P1/biometric/refuse", {}, "Choose who objects"),
    ],
)
def test_what_the_law_asks_for_is_asked_for(desk: DeskClient, path: str, fields: dict[str, str], said: str) -> None:
    """A form without it records nothing and says what is missing."""
    answer = desk.post(path, fields)
    assert answer.status == 422
    assert said in answer.text
    assert "It is <strong>off</strong>" in desk.get("/recognition").text


def test_a_pair_that_looks_alike_is_compared_by_a_person(desk: DeskClient, workspace: Workspace) -> None:
    """It stands on the page until somebody rules on it, and then no longer."""
    switch_on(desk)
    for person in ("P1", "P2"):
        agree(desk, person)
    first, *others = portraits("pupil-001")
    learn(desk, "P1", [first])
    assert learn(desk, "P2", others[:1])["alike"] == 1
    assert "Ben Okafor" in desk.get("/recognition").text
    assert desk.post("/recognition/pair", {"first": "P1", "second": "P2", "answer": "perhaps"}).status == 422
    assert desk.post("/recognition/pair", {"first": "P1", "second": "P2", "answer": "same"}).status == 303
    assert "Nobody who is learned is taken for somebody else" in desk.get("/recognition").text
    with School.open(workspace.root) as school:
        assert school.register.lookalikes() == {frozenset({BEN, PersonId("P2")}): True}


def test_a_face_is_learned_in_the_browser(browser: Any, desk: DeskClient, tmp_path: Path) -> None:
    """From a school without recognition to a learned face, by clicking; no page has an accessibility violation."""
    files = []
    for number, data in enumerate(portraits("pupil-001")):
        files.append(tmp_path / f"Ben Okafor {number}.jpg")
        files[-1].write_bytes(data)
    with window(browser, desk, bypass_csp=True) as shown:
        page = shown.page
        page.get_by_role("link", name="People").click()
        page.get_by_role("link", name="Face recognition").click()
        assert shown.violations() == []
        page.fill("#dpia", "DPIA 7")
        page.fill("#approved-by", "governors")
        page.get_by_role("button", name="Switch recognition on").click()
        page.wait_for_selector("#off")
        assert shown.violations() == []
        shown.go("/people/P1")
        page.get_by_text("A parent agrees in writing").click()
        page.fill("#biometric-told", "2026-09-01")
        page.fill("#biometric-evidence", "office file 3")
        page.get_by_role("button", name="Record the consent").click()
        page.get_by_role("link", name="Learn their face").click()
        page.set_input_files("#files", files)
        page.get_by_role("button", name="Learn from these photos").click()
        page.wait_for_function("document.getElementById('state').textContent.startsWith('The face was learned')")
        assert shown.violations() == []
        lines = page.locator("#portraits p").all_inner_texts()
        assert lines == [f"Photo {number}: used." for number in range(1, len(files) + 1)]
        assert "Ben" not in page.title() + page.url
        shown.go("/people/P1")
        assert f"learned from {len(files)} photos" in shown.main
        assert shown.violations() == []
