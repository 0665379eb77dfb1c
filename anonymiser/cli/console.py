"""How commands talk: people on stderr, JSON Lines on stdout, errors with their remedy and exit code."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from anonymiser.errors import AnonymiserError, ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from anonymiser.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")


@functools.cache
def console() -> Console:
    """The terminal of the person who ran the command."""
    from rich.console import Console  # noqa: PLC0415 - keeps --help fast

    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """One line for a person; rich markup is allowed, so escape what comes from outside."""
    console().print(text)


def emit(value: dict[str, Any]) -> None:
    """One JSON line for a program; ASCII, because a pipe on Windows may not take every character of a file name."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def workspace_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--workspace DIR`; the command receives `workspace: Path | None` and calls `open_workspace`."""
    return click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        help="The workspace folder (default: $ANONYMISER_WORKSPACE, else the current folder).",
    )(function)


def json_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--json`; the command receives `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON Lines on standard output.")(function)


def open_workspace(given: Path | None) -> Workspace:
    """The workspace that `--workspace` and its defaults name."""
    from anonymiser.workspace import Workspace  # noqa: PLC0415 - keeps --help fast

    return Workspace.open(Workspace.locate(given))


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run `command` and return its exit code; a command returns an ExitCode, or None for DONE.

    Every error ends here: the expected ones with message and remedy, a defect with its type and place only,
    because a traceback can carry a name or pixels.
    """
    try:
        result = command.main(args=list(arguments), prog_name="anonymise", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.ClickException as error:
        return _fail(UsageError(error.format_message(), remedy="See: anonymise --help"))
    except (click.Abort, KeyboardInterrupt):
        say("stopped; start again to continue")
        return ExitCode.INTERRUPTED
    except AnonymiserError as error:
        return _fail(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence, which names the defect and ends the process
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
        return _fail(
            AnonymiserError(
                f"a defect in anonymiser: {type(error).__name__} at {where}",
                remedy="Nothing was published. Please report this line.",
            )
        )
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _fail(error: AnonymiserError) -> int:
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    say(f"[bold red]error:[/] {escape(error.message)}")
    if error.remedy:
        say(f"[bold]what to do:[/] {escape(error.remedy)}")
    return error.exit_code
