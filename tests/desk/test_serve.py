"""How a desk starts, who may sign in, and how it ends."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from desk_kit import DeskClient, running_desk
from intake_kit import fake_workers

import anonymiser
from anonymiser.cli import cli
from anonymiser.cli.console import run as run_command
from anonymiser.desk import serve
from anonymiser.desk.serve import KNOCK_FILE, LINK_FILE, Opened, open_desk
from anonymiser.desk.session import IDLE_SECONDS, LONGEST_SECONDS, SECRET_SECONDS, Sessions
from anonymiser.school import School, Stop
from anonymiser.values.consent import Hold, Purpose
from anonymiser.workspace import Workspace


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def secret_in(link: Path) -> str:
    found = re.search(r"#([\w-]{40,})", link.read_text(encoding="utf-8"))
    assert found
    return found[1]


def test_a_secret_signs_in_once_and_soon() -> None:
    """The second use, a late use and an older secret are refused."""
    clock = Clock()
    sessions = Sessions(clock)
    first, secret = sessions.new_secret(), sessions.new_secret()
    assert sessions.sign_in(first) is None
    token = sessions.sign_in(secret)
    assert token is not None
    assert sessions.get(token) is not None
    assert sessions.sign_in(secret) is None
    late = sessions.new_secret()
    clock.now += SECRET_SECONDS
    assert not sessions.secret_is_live
    assert sessions.sign_in(late) is None


def test_guessing_kills_the_secret() -> None:
    """After five wrong ones the right one is refused, too."""
    sessions = Sessions(Clock())
    secret = sessions.new_secret()
    for guess in range(5):
        assert sessions.sign_in(f"guess {guess}") is None
    assert sessions.sign_in(secret) is None


@pytest.mark.parametrize("odd", ["", "é", "\ud800", "x" * 100_000])
def test_odd_secrets_and_cookies_are_only_wrong(odd: str) -> None:
    """Whatever a browser sends is compared, and nothing fails."""
    sessions = Sessions(Clock())
    sessions.new_secret()
    assert sessions.sign_in(odd) is None
    assert sessions.get(odd) is None


def test_sessions_end_by_the_clock_of_the_program() -> None:
    """After half an hour without a request, and after a working day; what the page asks by itself does not count."""
    clock = Clock()
    sessions = Sessions(clock)
    token = sessions.sign_in(sessions.new_secret())
    assert token
    for _ in range(int(LONGEST_SECONDS / IDLE_SECONDS)):
        clock.now += IDLE_SECONDS - 1
        assert sessions.get(token) is not None
    clock.now += IDLE_SECONDS - 1
    assert sessions.get(token) is None
    token = sessions.sign_in(sessions.new_secret())
    assert token
    clock.now += IDLE_SECONDS - 1
    assert sessions.get(token, quiet=True) is not None
    clock.now += 2
    assert sessions.get(token) is None


def test_the_memory_of_the_program_signs_nobody_in() -> None:
    """Secrets and cookies are kept as hashes, and the token of a page is in no repr."""
    sessions = Sessions()
    secret = sessions.new_secret()
    token = sessions.sign_in(secret)
    assert token
    kept = repr(vars(sessions))
    assert secret not in kept
    assert token not in kept
    session = sessions.get(token)
    assert session
    assert session.csrf not in repr(session)


def test_the_link_is_for_this_account_only_and_goes_when_it_is_used(desk: DeskClient) -> None:
    """A file that only its owner can read; removed at once after sign-in, with a cookie that scripts cannot read."""
    opened = desk.desk.write_link(60)
    if os.name == "posix":
        assert stat.S_IMODE(opened.link.stat().st_mode) == 0o600
    assert opened.url == f"http://{desk.host}/"
    answer = desk.post("/sign-in", {"secret": secret_in(opened.link)}, cookie=None, x_desk_token=None)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"desk_{desk.port}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "expires" not in cookie.lower()
    until = time.monotonic() + 5
    while opened.link.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not opened.link.exists()


def test_the_sign_in_page_holds_no_data_and_goes_nowhere_else(desk: DeskClient) -> None:
    """It may be reached from a file; an address to go to afterwards is ignored."""
    answer = desk.get("/sign-in?next=http://evil.example", sec_fetch_site="cross-site", cookie=None)
    assert answer.status == 200
    assert "evil" not in answer.text
    assert "Okafor" not in answer.text


def opened_in_thread(workspace: Workspace, told: list[Opened], stop: Stop) -> threading.Thread:
    def work() -> None:
        with School.open(workspace.root, workers=fake_workers) as school:
            open_desk(school, ready=told.append, stop=stop, browser=False, workers=fake_workers)

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 20
    count = len(told)
    while len(told) == count and time.monotonic() < until:
        time.sleep(0.02)
    return thread


def test_a_workspace_has_one_desk_and_a_second_start_opens_its_page(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second start gets a new link to the same address and ends; nothing is left of either at the end."""
    told: list[Opened] = []
    stop = Stop()
    first = opened_in_thread(workspace, told, stop)
    old = secret_in(told[0].link)
    second = opened_in_thread(workspace, told, Stop())
    second.join(20)
    assert not second.is_alive()
    assert run_command(cli, ["desk", "--no-browser", "--workspace", str(workspace.root)]) == 0
    said = capsys.readouterr().err
    assert "The desk was open already" in said
    assert "The desk is closed" not in said
    assert (told[1].url, told[1].link) == (told[0].url, told[0].link)
    assert (told[0].ours, told[1].ours) == (True, False)
    assert secret_in(told[1].link) != old
    stop.requests += 1
    first.join(20)
    assert not first.is_alive()
    assert not (workspace.data / LINK_FILE).exists()
    assert not (workspace.data / KNOCK_FILE).exists()


def test_a_desk_that_was_killed_leaves_nothing_for_the_next(workspace: Workspace) -> None:
    """An old link and half a photo are removed when the next desk starts."""
    (workspace.data / LINK_FILE).write_text("old")
    (workspace.work / "upload-0123.part").write_bytes(b"half")
    told: list[Opened] = []
    stop = Stop()
    thread = opened_in_thread(workspace, told, stop)
    assert "old" not in told[0].link.read_text(encoding="utf-8")
    assert list(workspace.work.iterdir()) == []
    stop.requests += 1
    thread.join(20)


def test_a_desk_that_nobody_uses_ends(workspace: Workspace) -> None:
    """It does not stay open over the holidays."""
    with running_desk(workspace.root, fake_workers, idle_seconds=0.2) as client:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                client.desk.socket.getsockname()
            except OSError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("it still runs")


def test_closing_the_desk_ends_it_and_signs_everybody_out(workspace: Workspace) -> None:
    """The page says so; its cookie is worth nothing from then on."""
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        answer = client.post("/close")
        assert "The desk is closed" in answer.text
        assert client.desk._closing.is_set()


def test_the_desk_listens_on_this_computer_only(desk: DeskClient) -> None:
    """There is no option to change that."""
    assert desk.desk.socket.getsockname()[0] == "127.0.0.1"


def test_the_command_says_where_the_desk_is_and_opens_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --no-browser: the address, then the file of the link; `review serve` is the same command."""
    opened: list[Path] = []
    monkeypatch.setattr(serve, "_open", opened.append)
    monkeypatch.setattr(serve.Desk, "serve", lambda self, stop: None)
    for words in (["desk"], ["review", "serve"]):
        code = run_command(cli, [*words, "--no-browser", "--workspace", str(workspace.root)], workers=fake_workers)
        said = capsys.readouterr().err.splitlines()
        assert code == 0
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", said[0])
        assert said[1].endswith(LINK_FILE)
    assert opened == []
    run_command(cli, ["desk", "--workspace", str(workspace.root)], workers=fake_workers)
    assert [path.name for path in opened] == [LINK_FILE]


def test_an_idle_desk_has_loaded_nothing_that_opens_pictures() -> None:
    """It waits in the background all day; OpenCV and Pillow come with the first photo that is looked at."""
    program = (
        "import sys, anonymiser.cli.desk, anonymiser.desk.serve, anonymiser.school.desk; "
        "sys.exit(','.join({'cv2', 'onnxruntime', 'PIL', 'simplejpeg'} & set(sys.modules)) or 0)"
    )
    package = str(Path(anonymiser.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": package}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("looked_at", ["/", "/health"])
def test_the_list_of_people_is_read_while_somebody_looks_at_the_first_page(desk: DeskClient, looked_at: str) -> None:
    """The first look at a long list takes twice as long as the next; other pages do not read it."""

    def reads(school: School) -> int:
        found: list[object] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("anonymiser.consent.answers.read_roll", lambda *_: found.append(1))
            school.register.roll([Purpose(one) for one in school.settings.publishing.purposes])
        return len(found)

    ask = desk.desk.thread.ask_now
    ask(lambda school: school.register.set_hold(school.register.people()[0].id, Hold.NEVER_SHOWN))
    assert desk.get(looked_at).status == 200
    assert ask(reads) == (0 if looked_at == "/" else 1)


def test_the_list_of_people_is_as_new_as_the_register(desk: DeskClient) -> None:
    """It is made once and shown again, until something is recorded."""
    before = desk.get("/people").text
    assert desk.get("/people").text == before
    assert Hold.NEVER_SHOWN not in before
    desk.desk.thread.ask_now(lambda school: school.register.set_hold(school.register.people()[0].id, Hold.NEVER_SHOWN))
    assert Hold.NEVER_SHOWN in desk.get("/people").text
