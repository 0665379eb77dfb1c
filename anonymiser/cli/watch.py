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
from anonymiser.school import Decided, Stop, processors


@click.command()
@click.option("--once", is_flag=True, help="Process what is complete now, then end.")
@click.option("--jobs", type=click.IntRange(1), default=processors, help="Worker processes (default: cores).")
@json_option
@workspace_option
def watch(once: bool, jobs: int, as_json: bool, workspace: Path | None) -> ExitCode:
    """Process photos as they arrive in the workspace's inbox, and carry out decisions, until stopped."""
    stop = Stop()
    with ExitStack() as stack:
        school = stack.enter_context(open_school(workspace))
        stack.enter_context(stop_on_signals(stop))
        run = stack.enter_context(school.watch(once=once, jobs=jobs, stop=stop))
        for notice in run.notices:
            note(notice)
        reporter = stack.enter_context(RunReporter(run.summary, as_json=as_json, total=run.total))
        if not once:
            say(f"Watching {escape(str(school.workspace.inbox))}; Ctrl+C ends it.")
        for event in run:
            if isinstance(event, Decided):
                report_decided([event])
                if as_json:
                    emit({"decided": {"item": event.item, "verdict": event.verdict, "output": event.output}})
            else:
                reporter.add(event)
    reporter.close()
    return exit_code(run.summary, interrupted=run.stopped, strict=False)
