"""What is in a workspace, what needs a person, and whether records and files agree."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.errors import SafetyRefusal
from anonymiser.intake.claim import Candidate, Left, listing
from anonymiser.intake.heartbeat import read_heartbeat
from anonymiser.intake.session import LAST_RUN
from anonymiser.reconcile import reconcile
from anonymiser.settings import ConsentSettings
from anonymiser.values.consent import Purpose
from anonymiser.workspace import Workspace

_ITEM = re.compile(r"(\d{8}-\d{6,})")
_BLIND_AFTER_SECONDS = 120
"""A watcher that has not looked for this long hangs or was killed; it normally looks every ten seconds."""


@dataclass(frozen=True, slots=True)
class WatcherStatus:
    """The last sign of life of a `watch`."""

    looked_at: str
    """ISO 8601, or `unreadable`."""
    alive: bool
    since: str | None = None
    """When it was started, ISO 8601; None if the sign of life does not say."""
    ended: str | None = None
    """When it ended, ISO 8601; None while it runs, and if it was killed."""
    why: str | None = None
    """Why it ended by itself, and what to do, in plain English; None if it was asked to."""


@dataclass(frozen=True, slots=True)
class RegisterStatus:
    """The consent register in short."""

    version: int | None
    newest_import: str | None
    """ISO 8601; None if consents were never imported."""
    recognition: bool
    """Whether the gate is open."""
    warning: str | None
    """Why consents should be imported again, in plain English."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """How many people of the school's list agree to one purpose and medium today."""

    purpose: str
    medium: str
    yes: int
    no: int
    blank: int
    """No answer."""
    held: int
    ended: int
    withdrawn: int
    """Of `no`: on hold, agreed until a day that has passed, taken back."""


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file of the inbox that is not taken."""

    file: str = field(repr=False)
    """Its place in the inbox, as staff named it, with forward slashes."""
    why: str
    """`trash`, `backup`, `unfinished`, `placeholder`, `companion` or `misnamed`."""


@dataclass(frozen=True, slots=True)
class Status:
    """Numbers of everything; the names of the fields are the keys of `anonymise status --json`."""

    inbox: int
    """Files that the next run takes."""
    left: tuple[LeftFile, ...] = field(repr=False)
    """Trash, backup, unfinished, placeholder, companion and misnamed files in the inbox: the next run takes none."""
    in_work: int
    """Photos without a terminal state; the next run goes on with them."""
    undelivered: tuple[str, ...]
    """Ids of those that are decided, and whose files are not all where they belong yet."""
    review: int
    """Photos that wait for a person."""
    quarantine: int
    sealed: int
    """This number is all that anybody is told about the sealed folder."""
    released: int
    taken_from_outbox: int
    """Released copies that somebody has moved out of the outbox, as they should."""
    replaced: int
    """Released copies that were taken back and made again."""
    last_run: dict[str, Any] | None
    """When the last run ended, whether it was complete, and its summary."""
    watcher: WatcherStatus | None
    """None if nothing has ever watched."""
    register: RegisterStatus
    consents: tuple[Agreed, ...]
    """For each of the school's purposes, and for what else is on record; none without a register."""
    differences: tuple[str, ...]
    """What does not fit, in plain English, without names."""


def read_status(site: Site, register: Register | None) -> Status:
    """Go through every row and every folder once."""
    place = site.workspace
    account = reconcile(site)
    inbox, left = _inbox(place.inbox)
    return Status(
        inbox=inbox,
        left=left,
        in_work=account.in_work,
        undelivered=tuple(account.undelivered),
        review=account.waiting,
        quarantine=_count_files(place.quarantine),
        sealed=_count_files(place.sealed),
        released=account.released,
        taken_from_outbox=account.taken,
        replaced=account.replaced,
        last_run=site.ledger.recall(LAST_RUN),
        watcher=watcher_status(place),
        register=register_status(register, place.settings.consent),
        consents=_consents(register, place.settings.publishing.purposes),
        differences=tuple(account.differences),
    )


def _inbox(folder: Path) -> tuple[int, tuple[LeftFile, ...]]:
    taken, left = 0, []
    for entry in listing(folder):
        if isinstance(entry, Candidate):
            taken += 1
        elif entry.kind is not Left.SYSTEM:
            left.append(LeftFile(entry.relative.as_posix().encode("utf-8", "replace").decode(), str(entry.kind)))
    return taken, tuple(left)


def _count_files(folder: Path) -> int:
    """Number of items whose files or notes are in a folder and those below it."""
    names = {path.name for path in folder.rglob("*") if not path.is_dir() and not path.name.startswith(".")}
    return len({found[1] if (found := _ITEM.match(name)) else name for name in names})


def watcher_status(place: Workspace) -> WatcherStatus | None:
    """The last sign of life of a `watch`; None if nothing has ever watched."""
    try:
        said = read_heartbeat(place)
        looked_at, since, ended, reason, remedy = (
            _text(said.get(key)) for key in ("looked_at", "since", "ended", "why", "remedy")
        )
        age = dt.datetime.now().astimezone() - dt.datetime.fromisoformat(looked_at or "")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, OverflowError, TypeError):
        return WatcherStatus("unreadable", alive=False)
    # One from the future was written before the clock was set back.
    alive = ended is None and abs(age.total_seconds()) < _BLIND_AFTER_SECONDS
    why = f"{reason}. {remedy or ''}".strip() if reason else None
    return WatcherStatus(looked_at or "", alive, since, ended, why)


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("no text")
    return value


def _consents(register: Register | None, purposes: Iterable[str]) -> tuple[Agreed, ...]:
    counts = register.counts(map(Purpose, purposes)) if register is not None else {}
    return tuple(Agreed(purpose, medium, **asdict(tally)) for (purpose, medium), tally in counts.items())


def register_status(register: Register | None, settings: ConsentSettings) -> RegisterStatus:
    """The consent register in short; None where there is none yet."""
    if register is None:
        return RegisterStatus(None, None, recognition=False, warning="no consents were imported")
    newest = register.newest_import()
    try:
        warning = register.freshness_warning(settings)
    except SafetyRefusal as refusal:
        warning = refusal.message
    return RegisterStatus(
        version=register.version,
        newest_import=newest.isoformat(timespec="seconds") if newest else None,
        recognition=register.gate().open,
        warning=warning,
    )
