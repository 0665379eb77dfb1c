"""`anonymise watch`: photos as they arrive."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.batch import default_jobs, report_decided
from anonymiser.cli.console import emit, json_option, open_workspace, say, workspace_option
from anonymiser.cli.progress import RunReporter, exit_code
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.delivery.site import open_site
from anonymiser.errors import ExitCode
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.preflight import check_workspace
from anonymiser.intake.results import Summary
from anonymiser.intake.session import remember_run, stop_on_signals, working
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.workers.pool import pipeline_setup


@click.command()
@click.option("--once", is_flag=True, help="Process what is complete now, and end.")
@click.option("--jobs", type=click.IntRange(1), default=default_jobs, help="Worker processes (default: cores).")
@json_option
@workspace_option
def watch(once: bool, jobs: int, as_json: bool, workspace: Path | None) -> ExitCode:
    """Process photos as they arrive in the workspace's inbox, and verdicts as they are made, until stopped."""
    place = open_workspace(workspace)
    check_workspace(place)
    stop, summary = Stop(), Summary()
    with ExitStack() as stack:
        contexts = stack.enter_context(WorkspaceContexts(place))
        if warning := contexts.freshness_warning():
            say(f"[bold yellow]note:[/] {escape(warning)}")
        site = stack.enter_context(open_site(place, contexts))
        stack.enter_context(stop_on_signals(stop))
        pool = stack.enter_context(working(site, pipeline_setup(place.settings), jobs))
        events = Events(place.inbox, place.settings.publishing, contexts.names_someone)
        intake = Intake(site, pool, stop, events, place.inbox, Origin.INBOX)
        watcher = Watcher(site, intake, stop, ReviewQueue(site).collect)
        reporter = stack.enter_context(RunReporter(summary, as_json=as_json, total=None))
        if not once:
            say(f"Watching {escape(str(place.inbox))}; Ctrl+C ends it.")
        started = time.monotonic()
        for event in watcher.run(once=once):
            if isinstance(event, Decided):
                report_decided([event])
                if as_json:
                    emit({"decided": {"item": event.item, "verdict": event.verdict, "output": event.output}})
            else:
                reporter.add(event)
        summary.seconds = time.monotonic() - started
        remember_run(site, summary, complete=not stop.requests)
    reporter.close()
    return exit_code(summary, interrupted=bool(stop.requests), strict=False)
