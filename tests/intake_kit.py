"""What tests of intake, review and their commands share: a workspace, a run over it, and a pool without processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fake_worker

from anonymiser.consent.contexts import Contexts, NoRegister
from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.importing import Coverage
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.register import Register
from anonymiser.delivery.recovery import recover
from anonymiser.delivery.site import Site, open_site
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.events import EventOverrides, Events
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Origin
from anonymiser.settings import Settings
from anonymiser.values.consent import STANDARD_PURPOSES
from anonymiser.values.report import Job, PhotoReport
from anonymiser.workers.pool import Finished, WorkerSetup
from anonymiser.workspace import Workspace

Invoke = Callable[..., tuple[int, list[dict[str, Any]], str]]
"""Run the command line: exit code, JSON lines, what was said to people."""

FAST_SETTINGS = "[intake]\nquiet_seconds = 0\nrescan_seconds = 0.3\nmax_file_megabytes = 1\n"

TWO_PUPILS = (
    "person_id,forename,surname,class,website\r\n"
    "P1,Ben,Okafor,3A,granted\r\n"
    "P2,Amelia,Khan,3A,refused\r\n"
)  # fmt: skip


def fake_workers(_: Settings) -> WorkerSetup:
    """Workers that do what a photo's first line says."""
    return WorkerSetup(fake_worker.initialise, fake_worker.process, fake_worker.examine, fake_worker.accept)


def new_workspace(root: Path, settings: str = FAST_SETTINGS) -> Workspace:
    """A workspace that waits for nothing."""
    return Workspace.create(root, settings)


@dataclass
class InlinePool:
    """A pool whose jobs run in the test's own process, one a poll, in order."""

    process: Callable[[Job], PhotoReport] = fake_worker.process
    room: int = 4
    jobs: list[Job] = field(default_factory=list)
    seen: list[Job] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        return not self.jobs

    @property
    def has_room(self) -> bool:
        return len(self.jobs) < self.room

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def drop_queue(self) -> None:
        self.jobs.clear()

    def poll(self, timeout: float) -> list[Finished]:
        if not self.jobs or (timeout == 0 and self.has_room):
            return []
        job = self.jobs.pop(0)
        self.seen.append(job)
        return [Finished(job, self.process(job))]


@contextmanager
def opened(workspace: Workspace, contexts: Contexts | None = None) -> Iterator[Site]:
    """The workspace's disk side, recovered."""
    with open_site(workspace, contexts or NoRegister()) as site:
        recover(site)
        yield site


def run(
    workspace: Workspace,
    folder: Path | None = None,
    *,
    contexts: Contexts | None = None,
    pool: InlinePool | None = None,
    overrides: EventOverrides | None = None,
    stop: Stop | None = None,
) -> list[Result]:
    """Recover, then process the inbox (or a folder elsewhere) to the end."""
    with ExitStack() as stack:
        site = stack.enter_context(opened(workspace, contexts))
        root = folder or workspace.inbox
        events = Events(root, workspace.settings.publishing, site.contexts.names_someone, overrides)
        origin = Origin.ELSEWHERE if folder else Origin.INBOX
        intake = Intake(site, pool or InlinePool(), stop or Stop(), events, root, origin)
        return list(intake.run(entry for entry in listing(root) if isinstance(entry, Candidate)))


def drop(folder: Path, **files: str | bytes) -> None:
    """Write `name="content"` as name.jpg."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.jpg").write_bytes(content.encode() if isinstance(content, str) else content)


def tree(folder: Path) -> list[str]:
    """Every file under `folder`, by relative name."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def import_consents(workspace: Workspace, text: str) -> None:
    """Bring a consent file in the program's own format into the workspace's register."""
    path = workspace.root / "consents.csv"
    path.write_text(text, encoding="utf-8", newline="")
    parsed = parse_file(path, None, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    with Register.open(workspace) as register:
        register.import_consents(parsed, Coverage.COMPLETE)


def outcomes(results: list) -> dict[str, str]:
    """The fate of every file of a run."""
    return {result.relative: str(result.report.kind) for result in results}


def copies(workspace: Workspace) -> list[str]:
    """What is in the outbox."""
    return sorted(path.read_text() for path in workspace.outbox.rglob("*.jpg"))


def copy_of(data: bytes) -> str:
    """What the fake worker makes of these bytes."""
    return f"copy of {hashlib.sha256(data).hexdigest()} for website, shown: "
