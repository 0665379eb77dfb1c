"""`anonymise batch`: a folder of photos, once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import json_option, open_workspace, say, workspace_option
from anonymiser.cli.progress import RunReporter, exit_code
from anonymiser.cli.workspace import settings_text
from anonymiser.consent.contexts import Contexts, NoRegister, WorkspaceContexts
from anonymiser.delivery import files
from anonymiser.delivery.site import Site, open_dry_site, open_site
from anonymiser.errors import ExitCode, UsageError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.events import EventOverrides, Events
from anonymiser.intake.preflight import check_folders, check_workspace
from anonymiser.intake.results import Result, Summary
from anonymiser.intake.session import remember_run, stop_on_signals, working
from anonymiser.ledger.item import Origin
from anonymiser.locks import run_lock
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.values.consent import Medium
from anonymiser.workers.pool import pipeline_setup
from anonymiser.workspace import ENVIRONMENT_VARIABLE, Workspace


def default_jobs() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where photos come from and where results go, checked."""

    workspace: Workspace
    root: Path
    """What inputs are relative to."""
    start: Path
    """The part of it that is processed."""
    origin: Origin
    has_register: bool


@click.command()
@click.argument("inbox", required=False, type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work without a workspace: every face is obscured, results go to this folder.",
)
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    help="What the photos are for: website, newsletter, ...; give it again for a copy for each.",
)
@click.option(
    "--medium", type=click.Choice([Medium.IMAGE.value]), help="What is published; videos are never processed."
)
@click.option("--event", "label", help='General label for all photos of the run ("Sports day"), never a name.')
@click.option("--group", help="Class, club or team whose members may be recognised.")
@click.option("--jobs", type=click.IntRange(1), default=default_jobs, help="Worker processes (default: cores).")
@click.option("--dry-run", is_flag=True, help="Process and report everything; publish, move and record nothing.")
@click.option("--strict", is_flag=True, help="Exit with 6 where photos wait for a person.")
@json_option
@workspace_option
def batch(
    inbox: Path | None,
    output: Path | None,
    purposes: tuple[str, ...],
    medium: str | None,
    label: str | None,
    group: str | None,
    jobs: int,
    dry_run: bool,
    strict: bool,
    as_json: bool,
    workspace: Path | None,
) -> ExitCode:
    """Process the photos of INBOX (default: the workspace's own inbox) and end.

    Photos in the workspace's inbox are taken from it and archived; in any other folder they stay untouched.
    """
    plan = _plan(inbox, output, workspace)
    overrides = EventOverrides(label, purposes, Medium(medium) if medium else None, group)
    stop, summary = Stop(), Summary()
    with ExitStack() as stack:
        contexts = _contexts(plan, stack)
        events = Events(plan.root, plan.workspace.settings.publishing, contexts.names_someone, overrides)
        site = stack.enter_context(_site(plan, contexts, dry_run=dry_run))
        stack.enter_context(stop_on_signals(stop))
        setup = pipeline_setup(plan.workspace.settings)
        pool = stack.enter_context(working(site, setup, jobs))
        report_decided(ReviewQueue(site).collect())
        origin = Origin.ELSEWHERE if dry_run else plan.origin
        intake = Intake(site, pool, stop, events, plan.root, origin)
        files = sum(isinstance(entry, Candidate) for entry in listing(plan.root, plan.start))
        reporter = stack.enter_context(RunReporter(summary, as_json=as_json, total=files * max(1, len(purposes))))
        started = time.monotonic()
        for result in intake.run(_candidates(plan, summary)):
            reporter.add(_forgotten(site, result) if dry_run else result)
        summary.seconds = time.monotonic() - started
        remember_run(site, summary, complete=not stop.requests)
    reporter.close()
    if stop.requests:
        say("stopped; start again to continue")
    return exit_code(summary, interrupted=bool(stop.requests), strict=strict)


def report_decided(decided: list[Decided]) -> None:
    """Say what became of photos that people moved into review/approve and review/reject."""
    for entry in decided:
        say(escape(f"review {entry.item}: {entry.verdict}" if entry.verdict else entry.why_refused))


def _plan(inbox: Path | None, output: Path | None, given: Path | None) -> _Plan:
    if output is not None:
        if inbox is None or given is not None:
            raise UsageError(
                "--output needs a folder with photos, and no --workspace",
                remedy="Use: anonymise batch INBOX --output OUT, or leave --output out.",
            )
        origin = check_folders(inbox, output, own_inbox=None)
        workspace = Workspace.create(output, settings_text())
        root = start = inbox.resolve()
    else:
        workspace = _open_workspace(given)
        start = workspace.inbox if inbox is None else inbox.resolve()
        origin = check_folders(start, workspace.root, workspace.inbox)
        root = workspace.inbox if origin is Origin.INBOX else start
    check_workspace(workspace)
    return _Plan(workspace, root, start, origin, has_register=output is None)


def _open_workspace(given: Path | None) -> Workspace:
    try:
        return open_workspace(given)
    except UsageError as error:
        raise UsageError(
            error.message,
            remedy=f"Use --workspace DIR or ${ENVIRONMENT_VARIABLE}; or --output OUT to work without a workspace.",
        ) from None


def _contexts(plan: _Plan, stack: ExitStack) -> Contexts:
    if not plan.has_register:
        return NoRegister()
    contexts = stack.enter_context(WorkspaceContexts(plan.workspace))
    if warning := contexts.freshness_warning():
        say(f"[bold yellow]note:[/] {escape(warning)}")
    return contexts


@contextmanager
def _site(plan: _Plan, contexts: Contexts, *, dry_run: bool) -> Iterator[Site]:
    if not dry_run:
        with open_site(plan.workspace, contexts) as site:
            yield site
        return
    with run_lock(plan.workspace.data), open_dry_site(plan.workspace, contexts) as site:
        yield site


def _candidates(plan: _Plan, summary: Summary) -> Iterator[Candidate]:
    for entry in listing(plan.root, plan.start):
        if isinstance(entry, Candidate):
            yield entry
        else:
            summary.ignored += 1


def _forgotten(site: Site, result: Result) -> Result:
    """A dry run's result: its copy is removed at once, so that the disk does not fill with them."""
    if result.output is not None:
        files.unlink(site.workspace.root / result.output)
    return replace(result, output=None)
