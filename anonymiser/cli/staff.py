"""`anonymise staff`: who works with the program, what they may do, and their passwords."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import (
    console,
    emit,
    json_option,
    list_without_command,
    open_school,
    say,
    workspace_option,
)
from anonymiser.errors import UsageError
from anonymiser.values.roles import StaffRole

P = ParamSpec("P")
R = TypeVar("R")
_LONGEST_LINE = 1000


def password_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--password-stdin`; the command receives `password_stdin: bool` and calls `ask_password`."""
    return click.option(
        "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
    )(function)


def ask_password(*, password_stdin: bool, new: bool) -> str:
    """The password: typed without being shown (a new one twice), or from standard input. Never an argument.

    Raises UsageError if standard input holds none.
    """
    if not password_stdin:
        found: str = click.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
        return found
    line = sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    if not line:
        raise UsageError("standard input holds no password", remedy="Leave --password-stdin out to be asked for it.")
    return line


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def staff(context: click.Context, as_json: bool, workspace: Path | None) -> None:
    """Say who works with the program, and what they may do; without a command, list them.

    As long as nobody is in the list, whoever uses the program's account can do everything, and the desk asks nobody who
    they are. Roles divide the work and make the record true. They do not protect against somebody who can use that
    account outside the desk: it can read the whole workspace.
    """
    list_without_command(context, list_people, as_json=as_json, workspace=workspace)


@staff.command("list")
@json_option
@workspace_option
def list_people(as_json: bool, workspace: Path | None) -> None:
    """List everybody with role and groups."""
    with open_school(workspace) as school:
        people = school.staff.people()
    for one in people if as_json else ():
        until = one.locked_until.isoformat(timespec="seconds") if one.locked_until else None
        emit({"name": one.name, "role": one.role, "groups": list(one.groups), "locked_until": until})
    if people and not as_json:
        table = Table("name", "role", "groups", box=None)
        for one in people:
            table.add_row(escape(one.name), one.role, escape(", ".join(one.groups)))
        console().print(table)
    say(f"People in the staff list: {len(people)}")


@staff.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in StaffRole]), required=True, help="What they may do.")
@click.option("--group", "groups", multiple=True, help="A class, club or team of a teacher; may be repeated.")
@click.option("--begin-anew", is_flag=True, help="Make a new list, because the old one is lost or damaged.")
@password_option
@workspace_option
def add(
    name: str, role: str, groups: tuple[str, ...], begin_anew: bool, password_stdin: bool, workspace: Path | None
) -> None:
    """Add a person. The first one must be an SBM; from then on the desk asks everybody who they are.

    The password has at least 12 characters (three random words, for example) and is not the name.
    """
    with open_school(workspace) as school:
        password = ask_password(password_stdin=password_stdin, new=True)
        one = school.staff.add(name, StaffRole(role), password, groups, begin_anew=begin_anew)
    say(f"{escape(one.name)} may sign in as {one.role.called}.")


@staff.command("remove")
@click.argument("name")
@workspace_option
def remove(name: str, workspace: Path | None) -> None:
    """Remove a person. What they decided stays in the ledger with their name."""
    with open_school(workspace) as school:
        gone = school.staff.remove(name)
        left = len(school.staff.people())
    say(f"{escape(gone.name)} can no longer sign in.")
    if not left:
        say("The list is empty: the desk asks nobody who they are any more.")


@staff.command("password")
@click.argument("name")
@password_option
@workspace_option
def password(name: str, password_stdin: bool, workspace: Path | None) -> None:
    """Set a new password, which also unlocks the name."""
    with open_school(workspace) as school:
        one = school.staff.set_password(name, ask_password(password_stdin=password_stdin, new=True))
    say(f"The new password of {escape(one.name)} counts from now on.")
