"""One morning at the desk of a new school, from an empty workspace to a withdrawn consent, by mouse or keys alone."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from browser_kit import LAPTOP, TABLET, Window, told, window
from desk_kit import DeskClient, running_desk
from fair_kit import looked
from intake_kit import new_workspace, tree
from painted import paint, painted_workers, visible

from anonymiser.school import School
from anonymiser.school.views import Standing

SETTINGS = '[publishing]\nrelease = "after-review"\n[intake]\nquiet_seconds = 0\nrescan_seconds = 0.3\n'
EXPORT = (
    "Report of consents,,,,\r\n,,,,\r\n"
    "Pupil ID,Legal Forename,Legal Surname,Reg,May we use photos on the school website?\r\n"
    "101,Ben,Okafor,3A,Yes\r\n102,Amelia,Khan,3A,No\r\n103,Cleo,Adeyemi,3A,Yes\r\n"
)
NAMES = re.compile("Okafor|Khan|Adeyemi|Ben|Amelia|Cleo")


class Hands(ABC):
    """How somebody works a page."""

    def __init__(self, shown: Window) -> None:
        self.shown = shown
        self.page = shown.page

    @abstractmethod
    def press(self, what: Any) -> None:
        """Click a link or button, or tick a box."""

    @abstractmethod
    def show(self, face: int, pupil: str) -> None:
        """Choose who a covered face is."""

    @abstractmethod
    def cover(self, face: int) -> None:
        """Cover a face that is shown."""

    @abstractmethod
    def draw(self) -> None:
        """Cover an area near the bottom of the photo."""

    @abstractmethod
    def act(self, name: str) -> None:
        """Undo, redo, approve or reject."""

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).first)

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first)

    def make_copy(self) -> None:
        self.button("Make the copy")
        self.shown.page.wait_for_function("() => document.getElementById('live').textContent.startsWith('Done:')")
        self.picture()

    def picture(self) -> None:
        """Until the photo is there."""
        self.page.wait_for_function(
            "() => { const image = document.getElementById('picture');"
            " return image?.complete && image.naturalWidth > 0 && document.querySelectorAll('#rows li').length > 0 }"
        )

    def said(self, text: str) -> None:
        self.page.wait_for_function("text => document.getElementById('live').textContent.includes(text)", arg=text)


class Mouse(Hands):
    """Pointing, clicking and dragging; text alone is typed."""

    def press(self, what: Any) -> None:
        what.click()

    def show(self, face: int, pupil: str) -> None:
        self.page.locator(f'#rows li[data-key="face-{face}"]').get_by_role("button", name="Show").click()
        self.page.get_by_role("button", name=pupil).click()
        self.said("will be shown")

    def cover(self, face: int) -> None:
        self.page.get_by_role("button", name="Edit").click()
        self.page.locator(f'#faces [data-key="face-{face}"]').click()
        self.said("will be covered")

    def draw(self) -> None:
        self.page.get_by_role("button", name="Cover an area").click()
        box = self.page.locator("#canvas").bounding_box()
        self.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=5)
        self.page.mouse.up()
        self.page.click("#draw-done")

    def act(self, name: str) -> None:
        self.page.locator(f"#{name.lower()}").click()


class Keys(Hands):
    """Nothing but the keyboard: whatever is pressed was reached with Tab first."""

    def press(self, what: Any) -> None:
        what.wait_for()
        here = "element => element === document.activeElement"
        near = "element => element.type === 'radio' && element.name === document.activeElement.name"
        for _ in range(150):
            if what.evaluate(here) or what.evaluate(near):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"Tab does not lead to {what}")
        while not what.evaluate(here):  # from one answer to the next: they are one stop of the Tab key
            self.page.keyboard.press("ArrowDown")
        box = what.evaluate("element => element.tagName === 'INPUT'")
        self.page.keyboard.press("Space" if box else "Enter")

    def _face(self, face: int) -> None:
        self.page.locator("#stage").wait_for()
        for _ in range(150):
            if self.page.evaluate("document.activeElement.id") == "stage":
                break
            self.page.keyboard.press("Shift+Tab")
        self.page.keyboard.press("2")
        self.page.keyboard.press("Tab")
        self.page.keyboard.press("Home")
        for _ in range(face - 1):
            self.page.keyboard.press("ArrowRight")
        assert self.page.evaluate("document.activeElement.dataset.key") == f"face-{face}"

    def show(self, face: int, pupil: str) -> None:
        self._face(face)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#who-people button")
        self.page.keyboard.type(pupil)
        self.page.keyboard.press("Enter")
        self.said("will be shown")

    def cover(self, face: int) -> None:
        self._face(face)
        self.page.keyboard.press("Space")
        self.said("will be covered")

    def draw(self) -> None:
        self._face(1)
        self.page.keyboard.press("d")
        for _ in range(9):
            self.page.keyboard.press("Shift+ArrowDown")
        for _ in range(20):
            self.page.keyboard.press("Alt+Shift+ArrowUp")
        self.page.keyboard.press("Enter")
        self.said("The area will be covered")

    def act(self, name: str) -> None:
        if name in {"Undo", "Redo"}:
            self.page.keyboard.press("Control+z" if name == "Undo" else "Control+y")
            return
        assert self.page.evaluate("document.activeElement.id") == "stage"  # where the focus is when a photo opens
        looked(self.shown, name.lower())
        self.page.keyboard.press(name[0].lower())


def released(root: Path) -> list[list[int]]:
    """Which faces can be seen in each copy that may be published."""
    return sorted(visible((root / "outbox" / name).read_bytes()) for name in tree(root / "outbox"))


def standings(root: Path) -> Counter[Standing]:
    with School.open(root, workers=painted_workers) as school:
        return Counter(summary.standing for summary in school.desk.photos())


def bring_in(hands: Hands, export: Path) -> None:
    hands.link("Import consents")
    hands.page.set_input_files("#file", export)
    hands.page.wait_for_url("**/import/columns")
    hands.press(hands.page.locator("#right"))
    hands.button("Continue to the answers")
    hands.page.wait_for_url("**/import/answers")
    for one in ("#use-1-1", "#media-1-image", '[data-answer="yes"]'):
        hands.press(hands.page.locator(one))
    hands.button("Continue to the check")
    hands.page.wait_for_url("**/import/look")
    assert "3 people in the file, 3 of them new" in hands.shown.main
    hands.press(hands.page.locator("#checked"))
    hands.button("Record")
    hands.page.wait_for_url("**/import/done")


def add_photos(hands: Hands, client: DeskClient, folder: Path) -> None:
    hands.link("Add photos")
    hands.press(hands.page.locator("#label"))
    hands.page.keyboard.type("Sports day")
    hands.button("Continue to the photos")
    hands.page.wait_for_url("**/drop/1")
    files = [paint(folder / f"Ben Okafor {number}.jpg", 4, seed=number) for number in range(1, 7)]
    hands.page.set_input_files("#files", files)
    hands.page.wait_for_selector("#finished:not([hidden])")
    assert hands.page.inner_text("#state-text") == "6 of 6 photos added."
    client.wait_for_run(180)
    hands.link("See how they")
    assert "6 photos are waiting for you" in hands.shown.main


def opened(hands: Hands, number: int) -> None:
    hands.page.wait_for_function(f"() => document.title.startsWith('Photo {number} of 6')")
    hands.picture()


def review(hands: Hands, root: Path) -> None:
    hands.link("Start the review")
    hands.link("Look at 6 photos")
    opened(hands, 1)
    hands.show(1, "Okafor, Ben")
    hands.draw()
    hands.act("Undo")
    hands.said("Undone")
    hands.act("Redo")
    hands.said("Done again")
    hands.make_copy()
    assert "1 shown: Ben O." in hands.page.inner_text("#count")
    hands.act("Approve")
    opened(hands, 2)
    assert released(root) == [[1]]
    hands.act("Reject")
    opened(hands, 3)
    hands.link("This picture worries me")
    hands.button("Refer it")
    opened(hands, 4)
    hands.show(1, "Okafor, Ben")
    hands.show(2, "Adeyemi, Cleo")
    hands.cover(2)
    hands.make_copy()
    hands.act("Approve")
    opened(hands, 5)
    hands.act("Approve")
    opened(hands, 6)
    hands.button("Undo")
    opened(hands, 5)
    assert released(root) == [[1], [1]]
    hands.act("Approve")
    opened(hands, 6)
    hands.act("Approve")
    hands.page.wait_for_url("**/review")
    assert released(root) == [[], [], [1], [1]]


def correct(hands: Hands, root: Path) -> None:
    """Cleo is shown after all in the photo in which she was covered."""
    hands.link("Sports day, website")
    shown = hands.page.locator("tr", has=hands.page.get_by_text("released by a person")).filter(has_text="1")
    hands.press(shown.get_by_role("link").last)
    hands.button("Show or cover somebody")
    hands.picture()
    hands.show(2, "Adeyemi, Cleo")
    hands.make_copy()
    hands.act("Approve")
    hands.page.wait_for_url("**/review")


def withdraw(hands: Hands, client: DeskClient) -> None:
    hands.link("People")
    hands.link("Okafor, Ben")
    hands.press(hands.page.get_by_text("They withdraw their consent"))
    hands.press(hands.page.locator("#withdraw-purpose-2"))
    hands.press(hands.page.locator("#withdraw-evidence"))
    hands.page.keyboard.type("letter 7")
    hands.button("Record the withdrawal")
    told(hands.page, "The withdrawal of website is recorded")
    hands.button("Take ")
    told(hands.page, "being made again without them")
    client.wait_for_run(180)


@pytest.mark.parametrize(
    ("how", "size", "scale"),
    [(Mouse, LAPTOP, 1.25), (Keys, LAPTOP, 1.25), (Mouse, TABLET, 2)],
    ids=["mouse", "keys", "tablet"],
)
def test_a_morning_at_the_desk(
    browser: Any, tmp_path: Path, temporary_folder: Path, how: type[Hands], size: tuple[int, int], scale: float
) -> None:
    """Import, add, show, cover, draw, undo, approve, reject, refer, reopen, withdraw: then files and ledger agree."""
    root = new_workspace(tmp_path / "school", SETTINGS).root
    export = tmp_path / "export.csv"
    export.write_text(EXPORT, encoding="utf-8", newline="")
    with (
        running_desk(root, painted_workers) as client,
        window(browser, client, size, device_scale_factor=scale) as shown,
    ):
        hands = how(shown)
        bring_in(hands, export)
        add_photos(hands, client, tmp_path / "camera")
        review(hands, root)
        correct(hands, root)
        withdraw(hands, client)
        addresses = [url for url in shown.requests if NAMES.search(url)]
    assert addresses == []
    assert released(root) == [[], []]
    assert standings(root) == {
        Standing.RELEASED: 2, Standing.REJECTED: 1, Standing.SEALED: 1, Standing.WAITS: 2, Standing.REPLACED: 3,
    }  # fmt: skip
    assert len(tree(root / "sealed")) >= 2
    assert not any(NAMES.search(name) for name in tree(root))
    assert list(temporary_folder.iterdir()) == []
    assert tree(root / "data" / "work") == []
