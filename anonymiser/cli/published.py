"""`anonymise published`: records where a copy was published, and that it was taken down there."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import open_school, say, workspace_option


@click.command()
@click.argument("copies", metavar="COPY...", nargs=-1, required=True)
@click.option("--place", default="", help='Where: an address, or words such as "newsletter of 12 June, page 3".')
@click.option("--taken-down", is_flag=True, help="It was taken down there; without --place, wherever it was published.")
@workspace_option
def published(copies: tuple[str, ...], place: str, taken_down: bool, workspace: Path | None) -> None:
    """Record where COPY (its file name, or the photo's id) was published; `anonymise find` shows it.

    With --taken-down, record that somebody has taken it down there: until then it stays on the list of copies to take
    down.
    """
    where = " ".join(place.split())
    with open_school(workspace) as school:
        recorded = school.record_place(copies, where, taken_down=taken_down)
    say(f"{recorded} recorded as {'taken down' if taken_down else 'published'}: {escape(where or 'everywhere')}")
