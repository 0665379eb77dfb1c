"""`anonymise watch`: photos as they arrive."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.batch import report_decided
from anonymiser.cli.console import emit, json_option, note, open_school, say, stop_on_signals, workspace_option
from anonymiser.cli.progress import RunReporter, exit_code
from anonymiser.errors import ExitCode
from anonymiser.school import Decided, Stop, Told, processors, watching


@click.command()
@click.option("--once", is_flag=True, help="Process what is complete now, then end.")
@click.option("--jobs", type=click.IntRange(1), default=processors, help="Worker processes (default: cores).")
@json_option
@workspace_option
def watch(once: bool, jobs: int, as_json: bool, workspace: Path | None) -> ExitCode:
    """Process photos as they arrive in the workspace's inbox, and carry out decisions, until stopped.

    While the disk is full, or the drive or network share is away, it waits, says so once, and then goes on.
    """
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop))
        run = stack.enter_context(watching(lambda: open_school(workspace), once=once, jobs=jobs, stop=stop))
        for notice in run.notices:
            note(notice)
        reporter = stack.enter_context(RunReporter(run.summary, as_json=as_json, total=None))
        if not once:
            say(f"Watching {escape(str(run.workspace.inbox))}; Ctrl+C ends it.")
        for event in run:
            if isinstance(event, Told):
                note(event.text)
            elif isinstance(event, Decided):
                report_decided([event])
                if as_json:
                    emit({"decided": {"item": event.item, "verdict": event.verdict, "output": event.output}})
            else:
                reporter.add(event)
    reporter.close()
    return exit_code(run.summary, interrupted=run.stopped, strict=False)
