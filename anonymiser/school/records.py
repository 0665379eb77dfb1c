"""Whether the records of a workspace are there and fit the calendar: what is missing is never silently made anew.

Register, ledger and originals each tell that the others once existed, and the ledger that there was a staff list. A
computer whose clock was set back would take ended consents for live ones, so it does nothing before the newest record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from anonymiser.consent.register import Register, local_today
from anonymiser.delivery.site import Site
from anonymiser.errors import AnonymiserError, SafetyRefusal, WorkspaceError
from anonymiser.health import Finding
from anonymiser.workspace import Workspace

_REGISTER_SEEN, _CLOCK = "register-seen", "clock-confirmed"


def require_ledger(workspace: Workspace) -> None:
    """Refuse a workspace in which photos were processed, but whose ledger has gone. Raises WorkspaceError."""
    if _holds_something(workspace.ledger_file):
        return
    left = [folder for folder in (workspace.originals, workspace.outbox, workspace.sealed) if any(_files(folder))]
    if left:
        raise WorkspaceError(
            f"the ledger {workspace.ledger_file} is missing, although there are photos in {left[0].name}",
            remedy="Restore it from a backup. To begin a new one, first move everything out of originals, outbox and "
            "sealed: without the ledger nobody can tell what was published.",
        )


def require_register(site: Site) -> None:
    """Refuse a workspace whose register has gone, and remember one that is there. Raises WorkspaceError."""
    workspace = site.workspace
    if workspace.settings.consent.register_url:
        return
    if _holds_something(workspace.register_file):
        if site.ledger.recall(_REGISTER_SEEN) is None:
            site.ledger.remember(_REGISTER_SEEN, {"seen": 1})
    elif site.ledger.recall(_REGISTER_SEEN) is not None or workspace.key_file.exists():
        raise WorkspaceError(
            f"the consent register {workspace.register_file} is missing",
            remedy="Restore it from a backup, with the key that belongs to it. Nothing is processed without it: "
            "withdrawals and holds would be forgotten.",
        )


def require_clock(site: Site, register: Register | None, today: dt.date | None = None) -> None:
    """Refuse to go on before the day of the newest record. Raises SafetyRefusal."""
    confirmed = site.ledger.recall(_CLOCK) or {}
    moments = [site.ledger.newest(int(confirmed.get("row", 0)))]
    if register is not None:
        moments.append(register.newest_change(int(confirmed.get("version", 0))))
    newest = max((moment.astimezone().date() for moment in moments if moment is not None), default=None)
    day = today or local_today()
    if newest is not None and day < newest:
        raise SafetyRefusal(
            f"this computer's clock says {day:%d/%m/%Y}, but the newest record is of {newest:%d/%m/%Y}",
            remedy="Set the date and time of this computer. If they are right now and were wrong then, run: "
            "anonymise doctor --clock-is-right",
        )


def confirm_clock(site: Site, register: Register | None) -> None:
    """Remember that today's date is right, whatever the dates of the records so far."""
    version = register.version if register is not None else 0
    site.ledger.remember(_CLOCK, {"row": site.ledger.last_row(), "version": version})


def findings(checks: Mapping[str, Callable[[], object]]) -> Iterator[Finding]:
    """What `anonymise doctor` says of each check, which raises an AnonymiserError where something is wrong."""
    for name, check in checks.items():
        try:
            check()
        except AnonymiserError as error:
            yield Finding(name, False, f"{error.message}. {error.remedy}")
        else:
            yield Finding(name, True, "no record is from later" if name == "date" else "can be read")


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
