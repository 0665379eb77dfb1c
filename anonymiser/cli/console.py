"""How commands talk: people on stderr, JSON Lines on stdout, errors with their remedy and exit code."""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from anonymiser.errors import AnonymiserError, ExitCode, Stopped, UsageError, WorkspaceError

if TYPE_CHECKING:
    from rich.console import Console

    from anonymiser.school import School, Stop, WorkerFactory

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


def note(text: str) -> None:
    """Something that a person should know; text as it is, without markup."""
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    say(f"[bold yellow]note:[/] {escape(text)}")


def emit(value: dict[str, Any]) -> None:
    """One JSON line for a program; ASCII, because a pipe on Windows may refuse some characters of a file name.

    Raises Stopped if the program that read has ended, and WorkspaceError if nothing can be written.
    """
    if sys.stdout is None:  # closed before this process began
        raise _unwritable(os.strerror(errno.EBADF))
    try:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None  # what is left would be tried again at the end of the process, and fail again
        raise Stopped(
            "the program that reads the output has ended", remedy="What was finished stays: see anonymise status."
        ) from None
    except OSError as error:
        sys.stdout = None
        raise _unwritable(error.strerror) from None


def _unwritable(why: str | None) -> WorkspaceError:
    return WorkspaceError(
        f"the output cannot be written: {why}",
        remedy="Check where it goes. What was finished stays: see anonymise status.",
    )


def workspace_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--workspace DIR`; the command receives `workspace: Path | None` and calls `open_workspace`."""
    return click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        help="The workspace folder (default: $ANONYMISER_WORKSPACE, else the current folder).",
    )(function)


def typed(command: str, workspace: Path) -> str:
    """A command to type for this workspace; escaped for `say`."""
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    folder = str(workspace)
    quoted = f'"{folder}"' if re.search(r"[^\w.:/\\-]", folder) else folder
    if os.name == "posix" and re.search(r"[\"$`\\!\n]", folder):  # these mean something between quotation marks too
        quoted = shlex.quote(folder)
    return escape(f"{command} --workspace {quoted}")


def here(command: str) -> str:
    """A command to type next, with `--workspace` if that was given to this one; escaped for `say`."""
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source("workspace") is not ParameterSource.COMMANDLINE:
        return escape(command)
    return typed(command, context.params["workspace"])


class OutputFile(click.Path):
    """A file to write to: a new one, or one of the same kind, by its suffix, that it replaces."""

    def __init__(self, suffix: str) -> None:
        """`suffix`: such as ".html"."""
        super().__init__(dir_okay=False, path_type=Path)
        self._suffix = suffix

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401, D102 - as click has it
        path = Path(str(super().convert(value, param, ctx)))
        if path.exists() and path.suffix.lower() != self._suffix:
            raise UsageError(
                f"{path} is there already, and would be replaced",
                remedy=f"Give the name of a new file, or one that ends in {self._suffix}.",
            )
        return path


def json_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--json`; the command receives `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON Lines on standard output.")(function)


def list_without_command(
    context: click.Context, listing: click.Command, *, as_json: bool, workspace: Path | None
) -> None:
    """What a group does without a command of its own: it runs `listing`. Raises UsageError for misplaced options."""
    if context.invoked_subcommand is None:
        context.invoke(listing, as_json=as_json, workspace=workspace)
    elif as_json or workspace:
        raise UsageError(
            "put options after the command", remedy=f"For example: anonymise {context.info_name} list --json"
        )


def each(item_ids: Sequence[str], act: Callable[[str], None], *, as_json: bool) -> ExitCode:
    """`act` on every item, also after a refusal, and tell of each refusal; the exit code is that of the first.

    For a single item the refusal is the command's own error.
    """
    first: AnonymiserError | None = None
    for item_id in item_ids:
        try:
            act(item_id)
        except AnonymiserError as refusal:
            if len(item_ids) == 1:
                raise
            first = first or refusal
            _say_refused(item_id, refusal, as_json=as_json)
    return first.exit_code if first else ExitCode.DONE


def _say_refused(item_id: str, refusal: AnonymiserError, *, as_json: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    if as_json:
        emit({"item": item_id, "refused": refusal.message, "remedy": refusal.remedy})
    say(f"[yellow]{escape(item_id)}[/]: {escape(refusal.message)}. {escape(refusal.remedy)}")


def open_school(given: Path | None) -> School:
    """The school that `--workspace` and its defaults name."""
    from anonymiser.school import School  # noqa: PLC0415 - keeps --help fast

    return School.open(given, workers=given_workers())


@contextmanager
def open_register(given: Path | None) -> Iterator[School]:
    """The same with its register, which is created if there is none; says where a new one keeps its key."""
    with open_school(given) as school:
        for notice in school.register.notices:
            note(notice)
        yield school


def given_workers() -> WorkerFactory | None:
    """What `run` was given for workers; None for the product's own."""
    found: WorkerFactory | None = click.get_current_context().obj
    return found


@contextmanager
def stop_on_signals(stop: Stop) -> Iterator[None]:
    """Ctrl+C and a polite kill ask a run to stop instead of tearing it down; a second one drops what runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(_signal: int, _frame: object) -> None:
        stop.requests += 1

    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(command: click.Command, arguments: Sequence[str], *, workers: WorkerFactory | None = None) -> int:
    """Run `command` and return its exit code; a command returns an ExitCode, or None for DONE.

    `workers` stand in for the product's own (see School). Every error ends here: the expected ones with message and
    remedy, a defect with its type and place only, because a traceback can carry a name or pixels.
    """
    try:
        result = command.main(list(arguments), prog_name="anonymise", standalone_mode=False, obj=workers)
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
    except OSError as error:  # what it is about can be a child's name
        return _fail(
            WorkspaceError(
                f"the system refused to read or write something: {error.strerror or type(error).__name__} "
                f"({type(error).__name__} at {_place(error)})",
                remedy="Check your rights to the workspace's folders, and the disk. What was finished stays: see "
                "anonymise status.",
            )
        )
    except Exception as error:  # noqa: BLE001 - the last line of defence, which names the defect and ends the process
        return _fail(
            AnonymiserError(
                f"a defect in anonymiser: {type(error).__name__} at {_place(error)}",
                remedy="Please report this line. What was finished before it stays: see anonymise status.",
            )
        )
    return int(result) if isinstance(result, int) else ExitCode.DONE


def _place(error: Exception) -> str:
    """The file and line where it was raised."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"


def _fail(error: AnonymiserError) -> int:
    from rich.markup import escape  # noqa: PLC0415 - keeps --help fast

    say(f"[bold red]error:[/] {escape(error.message)}")
    if error.remedy:
        say(f"[bold]what to do:[/] {escape(error.remedy)}")
    return error.exit_code
