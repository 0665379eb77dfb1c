"""Starts and ends the desk: its own socket on this computer, its one-time link, its server, its clock.

The link's file is how a browser proves that it belongs to the account that runs the program: only that account can read
the workspace's `data` folder. The secret stands behind a `#`, which no browser sends anywhere by itself, and never on a
command line, which other users of the computer can see. A second start knocks, and the first one writes a new link.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from anonymiser.desk.calibrator import Calibrator
from anonymiser.desk.door import Door
from anonymiser.desk.forms import MEGABYTE
from anonymiser.desk.guard import Guard
from anonymiser.desk.office import Dispatcher, Office
from anonymiser.desk.pages import Pages
from anonymiser.desk.runner import Runner
from anonymiser.desk.session import IDLE_SECONDS, PATIENT_SECONDS, SECRET_SECONDS, Sessions
from anonymiser.desk.table import TABLE
from anonymiser.desk.thread import SchoolThread
from anonymiser.errors import WorkspaceBusy, WorkspaceError
from anonymiser.locks import desk_lock
from anonymiser.school import School, Stop, WorkerFactory
from anonymiser.school.upload import sweep
from anonymiser.staff.account import account

LINK_FILE, KNOCK_FILE = "desk-open.html", "desk-knock"
_KNOCK_SECONDS = 15.0
"""A desk that is starting needs a few seconds before it answers a knock."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk that is ready."""

    url: str
    link: Path
    """The file that signs one browser in."""
    ours: bool = True
    """False if another program has the desk open: it made the link, and goes on."""


class Desk:
    """One desk on one workspace; made inside its lock."""

    def __init__(self, root: Path, data: Path, workers: WorkerFactory | None, largest_file: int) -> None:
        self.socket = _socket()
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self._data = data
        self._closing = threading.Event()
        self.sessions = Sessions()
        self.thread = SchoolThread(root, workers)
        self.runner = Runner(root, workers)
        self.calibrator = Calibrator(root)
        self.pages = Pages()
        roster = self.thread.ask_now(lambda school: school.staff.roster)
        door = Door(roster, self.pages)
        office = Office(
            self.thread, self.pages, self.sessions, self.runner, self.calibrator, door, account(), self._closing.set
        )
        self.app = Guard(
            Dispatcher(office),
            table=TABLE,
            sessions=self.sessions,
            host=self.host,
            largest_file=largest_file,
            door=door,
        )

    def write_link(self, seconds: float) -> Opened:
        """A new one-time link, as a file that only this account can read."""
        url = f"http://{self.host}/"
        link = self._data / LINK_FILE
        address = f"{url}sign-in#{self.sessions.new_secret(seconds)}"
        _write_private(link, _LINK_PAGE.format(address=address))
        return Opened(url, link)

    def serve(self, stop: Stop, idle_seconds: float = IDLE_SECONDS) -> None:
        """Answer requests until somebody closes the desk, `stop` says so, or nobody has come for a while."""

        async def tick() -> None:
            busy = self.runner.progress.running or self.calibrator.state.running
            if stop.requests or self._closing.is_set() or (self.sessions.idle_seconds > idle_seconds and not busy):
                server.should_exit = True
            if _take(self._data / KNOCK_FILE):
                self.write_link(SECRET_SECONDS)
            elif not self.sessions.secret_is_live:
                _take(self._data / LINK_FILE)

        config = uvicorn.Config(
            self.app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=64,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=3,
            timeout_notify=0,
            callback_notify=tick,
        )
        server = _Server(config)
        asyncio.run(server.serve(sockets=[self.socket]))

    def close(self) -> None:
        """Stop what runs in the background and let go of every file."""
        self.socket.close()
        _take(self._data / LINK_FILE)
        self.runner.close()
        self.calibrator.close()
        self.sessions.end_all()  # with them what they hold in memory: portraits, a class photo
        self.thread.close()
        sweep(self._data / "work")


def open_desk(
    school: School,
    *,
    ready: Callable[[Opened], None],
    stop: Stop,
    browser: bool = True,
    workers: WorkerFactory | None = None,
) -> None:
    """Run the desk of the school's workspace until it is closed; `ready` is told where it is.

    If the workspace has one already, only its browser page is opened. Raises WorkspaceError if the desk cannot start.
    """
    workspace = school.workspace
    with ExitStack() as stack:
        try:
            stack.enter_context(desk_lock(workspace.data))
        except WorkspaceBusy:
            ready(_knock(workspace.data, browser=browser))
            return
        school.staff.roster.people()  # a list that was lost or damaged is no reason to ask nobody who they are
        stack.enter_context(_quiet())
        _sweep(workspace.data, workspace.work)
        largest = workspace.settings.intake.max_file_megabytes * MEGABYTE
        desk = Desk(workspace.root, workspace.data, workers, largest)
        stack.callback(desk.close)
        opened = desk.write_link(SECRET_SECONDS if browser else PATIENT_SECONDS)
        ready(opened)
        if browser:
            _open(opened.link)
        desk.serve(stop)


def _socket() -> socket.socket:
    """A port of this computer that nobody else can share."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", 0):
        made.setsockopt(socket.SOL_SOCKET, exclusive, 1)
    try:
        made.bind(("127.0.0.1", 0))
        made.listen(64)
    except OSError as error:
        made.close()
        raise WorkspaceError(
            f"the desk gets no port on this computer: {error.strerror}", remedy="Restart the computer and try again."
        ) from error
    return made


class _Server(uvicorn.Server):
    """Leaves signals to the command, which ends in an orderly way."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """The server's own log could hold addresses and errors with names: there is none."""
    log = logging.getLogger("uvicorn")
    before = (log.propagate, log.disabled, logging.getLogger("uvicorn.error").disabled)
    log.propagate, log.disabled = False, True
    logging.getLogger("uvicorn.error").disabled = True
    logging.getLogger("asyncio").addHandler(handler := logging.NullHandler())
    try:
        yield
    finally:
        log.propagate, log.disabled, logging.getLogger("uvicorn.error").disabled = before
        logging.getLogger("asyncio").removeHandler(handler)


def _open(link: Path) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):  # the path was printed, too
        webbrowser.open(link.as_uri())


def _knock(data: Path, *, browser: bool) -> Opened:
    """Ask the desk that runs already for a new link."""
    link = data / LINK_FILE
    before = _changed(link)
    _write_private(data / KNOCK_FILE, "")
    until = time.monotonic() + _KNOCK_SECONDS
    while time.monotonic() < until:
        if _changed(link) != before and link.exists() and not (data / KNOCK_FILE).exists():
            opened = Opened(_url_in(link), link, ours=False)
            if browser:
                _open(link)
            return opened
        time.sleep(0.1)
    _take(data / KNOCK_FILE)
    raise WorkspaceBusy(
        "this workspace has a desk already, and it does not answer", remedy="Close it, or restart this computer."
    )


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _url_in(link: Path) -> str:
    text = link.read_text(encoding="utf-8")
    return text.partition("url=")[2].partition("sign-in")[0]


def _take(path: Path) -> bool:
    """Remove a file of the desk's own; whether it was there."""
    try:
        os.unlink(path)  # noqa: PTH108 - as the other calls of this kind
    except OSError:
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    """A file that only this account can read; on Windows it inherits the rights of the folder."""
    _take(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WorkspaceError(
            f"{path.name} cannot be written: {error.strerror}", remedy="Look at the rights of the folder data."
        ) from error


def _sweep(data: Path, work: Path) -> None:
    """What a desk that was killed left behind."""
    for path in (data / LINK_FILE, data / KNOCK_FILE):
        _take(path)
    sweep(work)


_LINK_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>anonymise desk</title>
<meta http-equiv="refresh" content="0; url={address}">
<p><a href="{address}">Open the desk</a>. This link works once, and only for a short time.</p>
</html>
"""
