"""`anonymise batch`: a folder of photos, once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import (
    given_workers,
    json_option,
    note,
    open_school,
    say,
    stop_on_signals,
    workspace_option,
)
from anonymiser.cli.progress import RunReporter, exit_code
from anonymiser.errors import ExitCode, UsageError
from anonymiser.school import Decided, EventOverrides, School, Stop
from anonymiser.values.consent import Medium
from anonymiser.workspace import ENVIRONMENT_VARIABLE


@click.command()
@click.argument("inbox", required=False, type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work without a workspace: every face is obscured, and results go to this folder.",
)
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    help="What the photos are for: website, newsletter, ...; repeat it to get a copy for each purpose.",
)
@click.option(
    "--medium", type=click.Choice([Medium.IMAGE.value]), help="What is published; videos are never processed."
)
@click.option("--event", "label", help='General label for all photos of the run ("Sports day"), never a name.')
@click.option("--group", help="Class, club or team whose members may be recognised.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes (default: cores, or the whole cluster).")
@click.option(
    "--scheduler", help="Look at photos on a Dask cluster, tls://HOST:PORT; docs/trust.md says what it needs."
)
@click.option("--dry-run", is_flag=True, help="Process and report everything; publish, move and record nothing.")
@click.option("--strict", is_flag=True, help="Exit with 6 if photos wait for a person.")
@json_option
@workspace_option
def batch(
    inbox: Path | None,
    output: Path | None,
    purposes: tuple[str, ...],
    medium: str | None,
    label: str | None,
    group: str | None,
    jobs: int | None,
    scheduler: str | None,
    dry_run: bool,
    strict: bool,
    as_json: bool,
    workspace: Path | None,
) -> ExitCode:
    """Process the photos in INBOX (default: the workspace's own inbox), then end.

    Photos in the workspace's inbox are taken from it and archived; photos in any other folder stay untouched.
    """
    overrides = EventOverrides(label, purposes, Medium(medium) if medium else None, group)
    stop = Stop()
    with ExitStack() as stack:
        school = stack.enter_context(_school(inbox, output, workspace))
        stack.enter_context(stop_on_signals(stop))
        run = stack.enter_context(
            school.run(inbox, overrides=overrides, jobs=jobs, dry_run=dry_run, stop=stop, scheduler=scheduler)
        )
        for notice in run.notices:
            note(notice)
        reporter = stack.enter_context(RunReporter(run.summary, as_json=as_json, total=run.total))
        for event in run:
            if isinstance(event, Decided):
                report_decided([event])
            else:
                reporter.add(event)
    reporter.close()
    if run.stopped:
        say("stopped; start again to continue")
    return exit_code(run.summary, interrupted=run.stopped, strict=strict)


def report_decided(decided: list[Decided]) -> None:
    """Say what happened to photos that people moved into review/approve and review/reject."""
    for entry in decided:
        say(escape(f"review {entry.item}: {entry.verdict}" if entry.verdict else entry.why_refused))


def _school(inbox: Path | None, output: Path | None, given: Path | None) -> School:
    if output is None:
        return _workspace(given)
    if inbox is None or given is not None:
        raise UsageError(
            "--output needs a folder with photos, and no --workspace",
            remedy="Use: anonymise batch INBOX --output OUT, or leave --output out.",
        )
    return School.without_register(output, photos=inbox, workers=given_workers())


def _workspace(given: Path | None) -> School:
    try:
        return open_school(given)
    except UsageError as error:
        raise UsageError(
            error.message,
            remedy=f"Use --workspace DIR or ${ENVIRONMENT_VARIABLE}; or --output OUT to work without a workspace.",
        ) from None
