"""The progress bar of a run, and what it says about single photos and at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TextIO

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from anonymiser.cli.console import console, emit, note, say
from anonymiser.errors import ExitCode
from anonymiser.school import Left, Result, Summary
from anonymiser.school import Progress as Tell
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.wording import say_all

_MEANING = {
    OutcomeKind.RELEASED: "safe copies in outbox",
    OutcomeKind.REVIEW: "copies in review wait for a person",
    OutcomeKind.SEALED: "for the safeguarding lead only, in sealed",
    OutcomeKind.QUARANTINED: "not processed, see quarantine",
    OutcomeKind.DUPLICATE: "pictures that were taken before: no second copy was made",
    OutcomeKind.FAILED: "could not be finished: see quarantine, or the messages above",
}
_MOST_REPEATS = 10
"""So many files that an earlier run has processed are told one by one: a folder given again may hold nothing else."""


class RunReporter:
    """Tells people about a run on stderr, and programs on stdout; keeps no results."""

    def __init__(self, summary: Summary, *, as_json: bool, total: int | None) -> None:
        """`total` is the number of files to come; None if it is not known."""
        self._summary = summary
        self._as_json = as_json
        self._generalised = 0
        """So many of the names that became no label were told."""
        self._repeats = 0
        """Files that an earlier run has processed already."""
        # A bar and JSON lines on one terminal would break each other up.
        shown = _is_terminal(sys.stderr) and not (as_json and _is_terminal(sys.stdout))
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[outcomes]}"),
            console=console(),
            transient=True,
            disable=not shown,
        )
        self._task = self._progress.add_task("photos", total=total, outcomes="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def add(self, result: Result) -> None:
        """Say what is worth saying about one result; the summary already counts it."""
        outcome = result.report.kind
        self._say_generalised()
        if self._as_json:
            emit(result.to_json())
        elif told := self._worth_telling(result):
            name = result.relative.encode("utf-8", "replace").decode()
            say(f"[yellow]{outcome}[/] {escape(repr(name))}: {escape('; '.join(told))}")
        counts = "  ".join(f"{number} {outcome}" for outcome, number in self._summary.counts.items())
        self._progress.update(self._task, advance=1, outcomes=counts)

    def _say_generalised(self) -> None:
        """A name that may tell of somebody is told where it was typed, and becomes part of nothing."""
        for what in self._summary.generalised[self._generalised :]:
            note(
                f"{what.encode('utf-8', 'replace').decode()!r} may tell of somebody, so it became no label: the copies "
                'are called "School photo". Give the event a general label: --event, or label in its event.toml.'
            )
        self._generalised = len(self._summary.generalised)

    def _worth_telling(self, result: Result) -> tuple[str, ...]:
        """What nobody would learn elsewhere in time; of a folder that is given again, not of every file."""
        if any(reason.code is Code.ALREADY_PROCESSED for reason in result.report.reasons):
            self._repeats += 1
            return result.sentences if self._repeats <= _MOST_REPEATS else ()
        match result.report.kind:
            case OutcomeKind.QUARANTINED | OutcomeKind.FAILED | OutcomeKind.DUPLICATE:
                return result.sentences
            case OutcomeKind.RELEASED:
                return say_all(note for note in result.report.notices if note.code is Code.MAY_NEED_TURNING)
        return ()

    def close(self) -> None:
        """The summary, for people as a table and for programs as the last line."""
        if self._as_json:
            emit({"summary": self._summary.to_json()})
        table = Table(box=None, show_header=False)
        for outcome, number in sorted(
            self._summary.counts.items(), key=lambda entry: list(OutcomeKind).index(entry[0])
        ):
            table.add_row(str(number), outcome, _MEANING[outcome])
        if self._summary.held_folders:
            table.add_row(str(self._summary.held_folders), "held", "folders whose photos stay: see the messages above")
        if self._summary.ignored:
            table.add_row(str(self._summary.ignored), "ignored", "files of the operating system, left where they are")
        for kind, number in self._summary.left.items():
            if kind is not Left.SYSTEM:
                table.add_row(str(number), f"{kind} files", "left where they are: anonymise status names them")
        console().print(table)
        if (more := self._repeats - _MOST_REPEATS) > 0 and not self._as_json:
            say(f"{more} more files of this folder were processed before: with --json, each says where its copy went.")
        rate = self._summary.to_json()["photos_per_second"]
        say(f"{self._summary.photos} photos in {self._summary.seconds:.1f} s ({rate:.2f} a second)")


@contextmanager
def photo_progress(what: str) -> Iterator[Tell]:
    """A bar for an operation that reports how many photos it has seen; nothing if nobody is at a terminal."""
    with Progress(console=console(), transient=True, disable=not _is_terminal(sys.stderr)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def exit_code(summary: Summary, *, interrupted: bool, strict: bool) -> ExitCode:
    """What a run's outcome means for the caller."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if summary.counts[OutcomeKind.FAILED] or summary.counts[OutcomeKind.QUARANTINED] or summary.held_folders:
        return ExitCode.INCOMPLETE
    if strict and (summary.counts[OutcomeKind.REVIEW] or summary.counts[OutcomeKind.SEALED]):
        return ExitCode.REVIEW_WAITING
    return ExitCode.DONE


def _is_terminal(stream: TextIO | None) -> bool:
    """A program that Windows starts without a window has no streams at all."""
    return stream is not None and stream.isatty()


class _Rate(ProgressColumn):
    """Photos per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")
