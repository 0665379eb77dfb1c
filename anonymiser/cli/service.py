"""`anonymise service`: `watch` as something that the operating system starts."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, note, say, workspace_option
from anonymiser.locks import is_working
from anonymiser.school import watcher_status
from anonymiser.service import Command, Job, Manager, manager_for
from anonymiser.workspace import Workspace


@click.group()
def service() -> None:
    """Have the system start `anonymise watch` by itself when this account logs on; no administrator's rights needed."""


def _dry(what: str) -> str:
    return f"Print {what}, and change nothing."


@service.command()
@click.option("--dry-run", is_flag=True, help=_dry("the file and the commands"))
@workspace_option
def install(dry_run: bool, workspace: Path | None) -> None:
    """Set the service up for this workspace, in place of an earlier one, and start it."""
    place = _place(workspace)
    manager = manager_for(Job.of(place))
    if dry_run:
        _show(manager.shown(), manager, manager.to_install())
        return
    if is_working(place.data) and not manager.is_known():
        note("a watch or batch works in this workspace now; the service goes on once that has ended")
    manager.install()
    say(f"{manager.title} starts watch for this workspace: [bold]{escape(manager.job.name)}[/]")
    say(escape(manager.log_on_only))


@service.command()
@click.option("--dry-run", is_flag=True, help=_dry("the commands"))
@workspace_option
def remove(dry_run: bool, workspace: Path | None) -> None:
    """Take the service of this workspace down, and stop its watch once the photos in work are finished."""
    manager = manager_for(Job.of(_place(workspace)))
    if dry_run:
        _show("", manager, manager.to_remove())
    elif manager.remove():
        say("The service is removed, and nothing watches this workspace now. Its photos stay where they are.")
    else:
        say("There is no service for this workspace.")


@service.command()
@json_option
@workspace_option
def status(as_json: bool, workspace: Path | None) -> None:
    """Say whether the service is set up, whether a watch runs, and since when."""
    place = _place(workspace)
    manager = manager_for(Job.of(place))
    is_set_up = manager.is_installed()
    watcher = watcher_status(place)
    runs = watcher is not None and watcher.alive and is_working(place.data)
    if as_json:
        emit({
            "service": manager.job.name,
            "set_up": is_set_up,
            "watching": runs,
            "since": watcher.since if watcher and runs else None,
            "looked_at": watcher.looked_at if watcher else None,
            "ended": watcher.ended if watcher and not runs else None,
            "why": watcher.why if watcher and not runs else None,
        })  # fmt: skip
        return
    name = escape(manager.job.name)
    say(f"Service: {name}, set up" if is_set_up else "Service: none; to have one, run: anonymise service install")
    if watcher is None:
        say("Watch: nothing has ever watched this workspace")
    elif runs:
        say(escape(f"Watch: runs since {watcher.since or 'an unknown time'}, last looked at {watcher.looked_at}"))
    else:
        say(escape(f"Watch: does not run; its last sign of life is of {watcher.ended or watcher.looked_at}"))
        if watcher.why:
            say(escape(f"Why: {watcher.why}"))


def _place(given: Path | None) -> Workspace:
    return Workspace.open(Workspace.locate(given))


def _show(content: str, manager: Manager, commands: tuple[Command, ...]) -> None:
    """What would be written and run; on standard output, so that it can be kept in a file."""
    if content:
        click.echo(f"File: {manager.file}\n")
        click.echo(content)
    join = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
    for command in commands:
        click.echo(f"Command: {join(command)}")
