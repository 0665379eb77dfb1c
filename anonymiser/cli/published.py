"""`anonymise published`: records where a copy was published, so that it can be taken down one day."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import open_school, say, workspace_option


@click.command()
@click.argument("copies", metavar="COPY...", nargs=-1, required=True)
@click.option("--place", required=True, help='Where: an address, or words such as "newsletter of 12 June, page 3".')
@workspace_option
def published(copies: tuple[str, ...], place: str, workspace: Path | None) -> None:
    """Record where COPY (its file name, or the photo's id) was published; `anonymise find` shows it."""
    where = " ".join(place.split())
    with open_school(workspace) as school:
        recorded = school.record_place(copies, where)
    say(f"{recorded} recorded as published: {escape(where)}")
