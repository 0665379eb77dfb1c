"""`anonymise status` and `anonymise doctor`: what is in the workspace, and whether this computer can do the work."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, emit, json_option, open_workspace, say, workspace_option
from anonymiser.cli.health import Finding, check_computer, check_workspace_health
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.delivery.site import open_site
from anonymiser.errors import ExitCode, SafetyRefusal, UsageError
from anonymiser.intake.claim import Candidate, Ignored, listing
from anonymiser.intake.session import LAST_RUN
from anonymiser.intake.watcher import heartbeat_file
from anonymiser.reconcile import reconcile
from anonymiser.workspace import Workspace

_BLIND_AFTER_SECONDS = 120
"""A watcher that has not looked for this long hangs or was killed; it beats every ten seconds."""


@click.command()
@json_option
@workspace_option
def status(as_json: bool, workspace: Path | None) -> None:
    """What is in the workspace, what needs a person, and whether records and files agree."""
    place = open_workspace(workspace)
    with WorkspaceContexts(place) as contexts, open_site(place, contexts) as site:
        account = reconcile(site)
        facts: dict[str, Any] = {
            "inbox": sum(isinstance(entry, Candidate) for entry in listing(place.inbox)),
            "in_work": account.in_work,
            "undelivered": account.undelivered,
            "review": account.waiting,
            "quarantine": _count_files(place.quarantine),
            "sealed": _count_files(place.sealed),
            "released": account.released,
            "taken_from_outbox": account.taken,
            "replaced": account.replaced,
            "last_run": site.ledger.recall(LAST_RUN),
            "watcher": _watcher(place),
            "register": _register(contexts),
            "differences": account.differences,
        }
    if as_json:
        emit(facts)
        return
    table = Table(box=None, show_header=False)
    for name, value in facts.items():
        if name not in {"differences", "undelivered"}:
            table.add_row(name.replace("_", " "), escape(_plain(value)))
    console().print(table)
    for item in account.undelivered:
        say(
            f"[yellow]not finished:[/] photo {item}: another program has a file of it open, or the last run was "
            "stopped; the next batch finishes it, or watch within a minute"
        )
    for difference in account.differences:
        say(f"[yellow]difference:[/] {escape(difference)}")
    if not account.differences:
        say("Records and files agree.")


@click.command()
@json_option
@workspace_option
def doctor(as_json: bool, workspace: Path | None) -> ExitCode:
    """Check that this computer can run everything; with a workspace, check that too."""
    findings = check_computer()
    try:
        place = open_workspace(workspace)
    except UsageError:
        findings.append(Finding("workspace", True, "none given, so not checked"))
    else:
        findings += check_workspace_health(place)
    for finding in findings:
        if as_json:
            emit({"check": finding.check, "ok": finding.ok, "detail": finding.detail})
        else:
            mark = "[green]ok[/]     " if finding.ok else "[bold red]problem[/]"
            say(f"{mark} {finding.check}: {escape(finding.detail)}")
    return ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.WORKSPACE


def _count_files(folder: Path) -> int:
    """Files that are no notes; for the sealed folder this number is all that anybody is told."""
    items = {entry.relative.stem for entry in listing(folder) if not isinstance(entry, Ignored)}
    return len({item.removesuffix("-copy").removesuffix("-file") for item in items})


def _watcher(place: Workspace) -> dict[str, str | bool] | None:
    try:
        looked_at = json.loads(heartbeat_file(place).read_text(encoding="utf-8"))["looked_at"]
        age = dt.datetime.now().astimezone() - dt.datetime.fromisoformat(looked_at)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError):
        return {"looked_at": "unreadable", "alive": False}
    return {"looked_at": looked_at, "alive": age.total_seconds() < _BLIND_AFTER_SECONDS}


def _register(contexts: WorkspaceContexts) -> dict[str, str | int | bool | None]:
    register = contexts.register()
    if register is None:
        return {"version": None, "newest_import": None, "recognition": False, "warning": "no consents were imported"}
    newest = register.newest_import()
    try:
        warning = contexts.freshness_warning()
    except SafetyRefusal as refusal:
        warning = refusal.message
    return {
        "version": register.version,
        "newest_import": newest.isoformat(timespec="seconds") if newest else None,
        "recognition": register.gate().open,
        "warning": warning,
    }


def _plain(value: object) -> str:
    match value:
        case None:
            return "never"
        case dict():
            return ", ".join(f"{key.replace('_', ' ')}: {entry}" for key, entry in value.items() if entry is not None)
    return str(value)
