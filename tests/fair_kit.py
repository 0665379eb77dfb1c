"""A school whose fair photos wait for review, and its review page in a browser: fixtures and short words for tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
from browser_kit import Window, window
from desk_kit import DeskClient, running_desk
from intake_kit import import_consents, new_workspace, tree
from keyring.backends.fail import Keyring as NoKeyring
from painted import paint, painted_workers

from anonymiser.school import School
from anonymiser.workspace import Workspace

SETTINGS = '[publishing]\nrelease = "after-review"\n[intake]\nquiet_seconds = 0\nrescan_seconds = 0.3\n'
PUPILS = (
    "person_id,forename,surname,class,website,hold\r\n"
    "P1,Ben,Okafor,3A,granted,\r\n"
    "P2,Amelia,Khan,3A,refused,\r\n"
    "P3,Cleo,Adeyemi,3B,granted,\r\n"
    "P4,Dan,Hill,3A,granted,never-shown\r\n"
)


@pytest.fixture(scope="module")
def fair_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A school that looks at every photo: three of the fair wait. Each test gets a copy."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    made = new_workspace(tmp_path_factory.mktemp("fair") / "school", SETTINGS)
    import_consents(made, PUPILS)
    folder = made.inbox / "Fair"
    for number, faces in enumerate((4, 3, 2), start=1):
        paint(folder / f"{number}.jpg", faces, seed=number)
    (folder / "event.toml").write_text('group = "3A"\n')
    with School.open(made.root, workers=painted_workers) as school, school.run(jobs=1) as run:
        assert len(list(run)) == 3
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def fair(fair_of_all: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(fair_of_all.root, tmp_path / "school")
    return Workspace.open(tmp_path / "school")


@pytest.fixture
def desk(fair: Workspace) -> Iterator[DeskClient]:
    with running_desk(fair.root, painted_workers) as client:
        yield client


@pytest.fixture
def shown(browser: Any, desk: DeskClient) -> Iterator[Window]:
    with window(browser, desk) as opened:
        yield opened


@pytest.fixture
def photo(shown: Window) -> Window:
    """The first photo of the queue, as it opens."""
    shown.page.get_by_role("link", name="Review", exact=True).click()
    shown.page.get_by_role("link", name="Look at 3 photos").click()
    ready(shown)
    return shown


def ready(shown: Window) -> None:
    """Until the copy and the picture of the original have come."""
    shown.page.wait_for_function(
        "() => { const image = document.getElementById('picture');"
        " return image?.complete && image.naturalWidth > 0 && document.querySelectorAll('#rows li').length > 0 }"
    )


def looked(shown: Window, verdict: str) -> None:
    """Until the verdict counts: a photo that has taken the place of another has to be on the screen for a moment."""
    shown.page.wait_for_selector(f'#{verdict}[aria-disabled="false"]')


def said(shown: Window, text: str) -> None:
    """Until the live line says it."""
    shown.page.wait_for_function("text => document.getElementById('live').textContent.includes(text)", arg=text)


def row(shown: Window, number: int) -> Any:
    return shown.page.locator(f'#rows li[data-key="face-{number}"]')


def make_copy(shown: Window) -> None:
    shown.page.click("#send")
    said(shown, "Done:")


def in_school(desk: DeskClient, question: Callable[[School], Any]) -> Any:
    with School.open(desk.root, workers=painted_workers) as school:
        return question(school)


def released(desk: DeskClient) -> list[bytes]:
    folder = desk.root / "outbox"
    return [(folder / name).read_bytes() for name in tree(folder)]


def at(shown: Window, x: float, y: float) -> tuple[float, float]:
    """Where a place of the photo is in the window."""
    box = shown.page.locator("#canvas").bounding_box()
    return box["x"] + x / 1200 * box["width"], box["y"] + y / 800 * box["height"]


@contextmanager
def queue_of_one(browser: Any, fair: Workspace, link: str = "Look at 1 photo") -> Iterator[Window]:
    """The first photo of a queue after what is in the inbox was processed: the only one of its event, or see `link`."""
    with School.open(fair.root, workers=painted_workers) as school, school.run(jobs=1) as run:
        list(run)
    with running_desk(fair.root, painted_workers) as client, window(browser, client) as shown:
        shown.go("/review")
        shown.page.get_by_role("link", name=link).click()
        yield shown
