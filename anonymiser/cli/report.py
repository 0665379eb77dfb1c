"""`anonymise report`: a term in figures, as a page for governors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import OutputFile, emit, json_option, open_school, say, workspace_option
from anonymiser.errors import UsageError

_THIS_TERM = "this"
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@click.command()
@click.option(
    "--term",
    metavar="[TERM]",
    is_flag=False,
    flag_value=_THIS_TERM,
    help="Such as autumn-2026, spring-2027 or summer-2027; default: the present term.",
)
@click.option("--from", "first", type=_DAY, metavar="DATE", help="First day, instead of a term.")
@click.option("--until", "last", type=_DAY, metavar="DATE", help="Last day (default: today).")
@click.option(
    "--output",
    metavar="FILE",
    type=OutputFile(".html"),
    help="Where to write the page (default: report-TERM.html in the workspace's folder).",
)
@json_option
@workspace_option
def report(
    term: str | None,
    first: dt.datetime | None,
    last: dt.datetime | None,
    output: Path | None,
    as_json: bool,
    workspace: Path | None,
) -> None:
    """Write a page with a term's figures for governors: no picture, no child's name, ready to print.

    Photos by outcome, reason and purpose, time to release, work for people, corrections, withdrawals, copies to take
    down, groups that are hardly ever shown, and versions.
    """
    if term is not None and (first or last):
        raise UsageError("give either a term or days", remedy="Leave out --term, or --from and --until.")
    with open_school(workspace) as school:
        reports = school.reports
        named = None if term in {None, _THIS_TERM} else term
        period = reports.period(named, first.date() if first else None, last.date() if last else None)
        written = reports.write(period, output)
    if as_json:
        emit({"file": str(written.file), **written.as_json()})
    say(f"{escape(period.title)}: {written.figures.photos} photos")
    say(escape(str(written.file)))
