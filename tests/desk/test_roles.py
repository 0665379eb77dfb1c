"""Roles at the desk: who sits before the browser, and what they get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring
import pytest
from argon2 import PasswordHasher
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents, new_workspace
from keyring.backends.fail import Keyring as NoKeyring

from anonymiser.desk.routes import Access, Route
from anonymiser.desk.table import TABLE
from anonymiser.school import School
from anonymiser.staff import passwords
from anonymiser.staff.roster import MOST_WRONG
from anonymiser.values.roles import StaffRole, Task
from anonymiser.workspace import Workspace

SAMPLES = {
    "item": "20260619-000001", "person": "P1", "key": "0123456789abcdef", "number": "1", "name": "desk.css",
    "sha": "0" * 64,
}  # fmt: skip
WORDS = "copper lantern river"
STAFF = {
    "Olu Office": StaffRole.SBM, "Tess Teacher": StaffRole.TEACHER, "Sam Safe": StaffRole.SAFEGUARDING,
    "Ned Network": StaffRole.NETWORK, "Dee Data": StaffRole.DPO,
}  # fmt: skip
EVERYBODY = "teacher sbm safeguarding network dpo"
MAY = {
    "/": "teacher sbm safeguarding",
    "/progress": "teacher sbm safeguarding",
    "/process": "teacher sbm",
    "/alive": EVERYBODY,
    "/close": EVERYBODY,
    "/who": EVERYBODY,
    "/who/leave": EVERYBODY,
    "/drop": "teacher sbm",
    "/drop/{number}": "teacher sbm",
    "/health": "sbm network",
    "/sealed": "safeguarding",
    "/sealed/{item}": "safeguarding",
    "/records": "sbm dpo",
    "/records/verify": "sbm dpo",
    "/records/explain": "sbm dpo",
    "/records/audit.html": "sbm dpo",
}
"""Who may use an address, written down a second time; everything else is for the SBM alone."""


@contextmanager
def staffed(root: Path) -> Iterator[DeskClient]:
    workspace = new_workspace(root)
    import_consents(workspace, TWO_PUPILS)
    with School.open(workspace.root) as school:
        for name, role in STAFF.items():
            groups = ["3a", "Choir"] if role is StaffRole.TEACHER else []
            school.staff.add(name, role, WORDS, groups)
    with running_desk(workspace.root, fake_workers) as client:
        client.enter()
        yield client


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskClient]:
    """A desk with staff, for every test of this module."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: hasher)
        with staffed(tmp_path_factory.mktemp("desk") / "school") as client:
            yield client
    keyring.set_keyring(before)


def seated(room: DeskClient, name: str) -> DeskClient:
    room.enter()
    answer = room.sit_down(name, WORDS)
    assert answer.status == 303, answer.text
    return room


def address(route: Route) -> str:
    return route.path.format(**SAMPLES)


WORK = [route for route in TABLE if route.access is Access.SESSION]


@pytest.mark.parametrize("name", STAFF)
def test_every_route_is_refused_to_everybody_whose_work_it_is_not(room: DeskClient, name: str) -> None:
    """All routes by all roles against the table above; a refusal comes before the handler, with whom to ask."""
    client, role = seated(room, name), STAFF[name]
    for route in WORK:
        allowed = role in MAY.get(route.path, "sbm").split()
        assert route.task is not None
        assert (route.task in role.tasks) is allowed, route.path
        if not allowed:
            answer = client.send(route.method, address(route))
            assert answer.status == 403, route.path
            assert "Olu Office" in answer.text or "Sam Safe" in answer.text
            assert client.send(route.method, address(route), accept="application/json").text.startswith("this is for")


def test_the_table_above_names_no_address_that_is_gone() -> None:
    """It would hide a mistake."""
    assert set(MAY) <= {route.path for route in WORK}


def test_before_somebody_has_said_who_they_are_there_is_one_page(room: DeskClient) -> None:
    """Everything else leads there, pages and changes alike, and the page shows nothing of the school."""
    room.enter()
    for route in WORK:
        if route.path in {"/alive", "/who", "/who/leave", "/close"}:
            continue
        answer = room.send(route.method, address(route))
        assert (answer.status, answer.headers.get("location")) == (303, "/who"), route.path
        assert room.send(route.method, address(route), accept="application/json").status == 401
    assert room.get("/nowhere").status == 303
    page = room.get("/who").text
    assert "Okafor" not in page
    assert "/review" not in page


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("Tess Teacher", ["/"]),
        ("Olu Office", ["/", "/review", "/people", "/import", "/records", "/health"]),
        ("Sam Safe", ["/", "/sealed"]),
        ("Ned Network", ["/health"]),
        ("Dee Data", ["/records"]),
    ],
)
def test_the_navigation_shows_only_what_the_role_may_use(room: DeskClient, name: str, links: list[str]) -> None:
    """The first link is where they begin."""
    page = seated(room, name).get(links[0])
    assert page.status == 200
    bar = re.search(r"<nav.*?</nav>", page.text, re.DOTALL)
    assert bar
    assert re.findall(r'href="([^"]+)"', bar[0]) == links
    assert name in page.text


def test_a_new_person_begins_with_nothing_of_the_one_before(room: DeskClient) -> None:
    """Another cookie, another token, no events that the first one opened; the old cookie is dead."""
    client = seated(room, "Olu Office")
    old = client.cookie
    form = {"label": "Fair", "purpose": "website"}
    assert client.post("/drop", form).headers["location"] == "/drop/1"
    assert client.post("/who/leave").headers["location"] == "/"
    assert client.get("/", cookie=old).status == 401
    seated(room, "Tess Teacher")
    assert client.get("/drop/1").headers["location"] == "/drop"


def test_a_wrong_password_says_nothing_more(room: DeskClient) -> None:
    """The same words for a wrong name and a wrong password; then the name is locked."""
    room.enter()
    unknown = room.sit_down("Nobody", "guess")
    said = [room.sit_down("Dee Data", "guess") for _ in range(MOST_WRONG)]
    assert {answer.status for answer in [unknown, *said]} == {422}
    for answer in [unknown, *said[:-1]]:
        assert "The name or the password is wrong." in answer.text
    assert "this name is locked until" in said[-1].text.lower()
    assert "this name is locked until" in room.sit_down("Dee Data", WORDS).text.lower()
    with School.open(room.root) as school:
        school.staff.set_password("Dee Data", WORDS)


def test_whoever_is_taken_out_of_the_list_is_out_at_once(room: DeskClient) -> None:
    """Also if they sit before the browser; so is who got another password."""
    with School.open(room.root) as school:
        school.staff.add("Ann Away", StaffRole.SBM, WORDS)
        client = seated(room, "Ann Away")
        assert client.get("/review").status == 200
        school.staff.set_password("Ann Away", "three other words")
        assert client.get("/review").headers["location"] == "/who"
        client.enter()
        assert client.sit_down("Ann Away", "three other words").status == 303
        school.staff.remove("Ann Away")
        assert client.get("/review").headers["location"] == "/who"


def test_a_list_that_goes_or_is_damaged_lets_nobody_in(room: DeskClient) -> None:
    """Not even whoever is signed in; with the list back, work goes on."""
    client, file = seated(room, "Olu Office"), room.root / "data" / "staff.json"
    good = file.read_bytes()
    for bad in (b"{}", None):
        file.unlink() if bad is None else file.write_bytes(bad)
        answer = client.get("/review")
        assert answer.status == 503
        assert "backup" in answer.text
        file.write_bytes(good)
    assert client.get("/review").status == 200


def test_a_teacher_adds_and_sees_photos_of_their_own_groups_only(room: DeskClient) -> None:
    """Another group, or none, is refused; today shows the events of their groups and no link to a review."""
    office = seated(room, "Olu Office")
    for group in ("3A", ""):
        office.post("/drop", {"label": f"Fair {group}", "purpose": "website", "group": group})
        place = sorted((room.root / "inbox").iterdir())[-1 if group else 0]
        drop(place, a=f"review please look {group}")
    office.post("/process")
    office.wait_for_run()
    assert "Fair 3A" in office.get("/").text
    teacher = seated(room, "Tess Teacher")
    for group in ("4B", "", "3a "):
        answer = teacher.post("/drop", {"label": "Trip", "purpose": "website", "group": group})
        assert (answer.status == 422) is (group != "3a "), answer.text
    page = teacher.get("/").text
    assert "Fair 3A" in page
    assert re.search(r"<th scope=.row.>Fair<", page) is None
    assert "/review" not in page
    choice = teacher.get("/drop").text
    assert re.findall(r"<option[^>]*>([^<]*)", choice) == ["3A"]


def test_the_one_who_signed_in_stands_in_the_ledger(room: DeskClient) -> None:
    """Not the account: of a verdict, and in the record's story of the photo."""
    client = seated(room, "Olu Office")
    with School.open(room.root, workers=fake_workers) as school:
        drop(room.root / "inbox", b="review please look twice")
        with school.run(jobs=1) as run:
            list(run)
        item = school.review.waiting()[-1].id
        assert client.post(f"/photo/{item}/reject").status == 303
        assert [given.by for given in school._site.ledger.given(item)] == ["Olu Office"]
        assert "Olu Office" in {told.by for told in school.audit.explain(item).told}
        rows = [json.loads(row.text) for row in school._site.ledger.audit_rows()]
    assert {"what": "sign-in", "why": "wrong-password"} not in [row["data"] for row in rows if row["about"]]
    assert any(row["kind"] == "signed-in" and row["data"].get("role") == "sbm" for row in rows)


def test_a_desk_without_a_list_asks_nobody(workspace: Workspace) -> None:
    """The page for names leads away, and the whole desk is there but what is sealed."""
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        assert client.get("/who").headers["location"] == "/"
        assert client.get("/review").status == 200
        assert "Change person" not in client.get("/").text
        assert client.get("/sealed").status == 404
        assert client.get("/records").status == 200


def test_the_page_on_the_desk_says_who_may_do_what() -> None:
    """The table of docs/desk.md is the one in the program, task by task and role by role."""
    page = (Path(__file__).parents[2] / "docs" / "desk.md").read_text(encoding="utf-8")
    table = page.partition("| they may ")[2].partition("\n\n")[0].splitlines()
    roles = [StaffRole(word) for word in re.findall(r"`(\w+)`", table[0])]
    assert roles == list(StaffRole)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    assert [row[0] for row in rows] == [task.value for task in Task]
    for task, row in zip(Task, rows, strict=True):
        assert row[1:] == ["yes" if task in role.tasks else "no" for role in roles], task
