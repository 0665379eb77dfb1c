"""`anonymise published`: remember where a copy was published, so that it can be taken down one day."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import open_workspace, say, workspace_option
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.delivery.site import open_site
from anonymiser.errors import UsageError


@click.command()
@click.argument("copies", metavar="COPY...", nargs=-1, required=True)
@click.option("--place", required=True, help='Where: an address, or words such as "newsletter of 12 June, page 3".')
@workspace_option
def published(copies: tuple[str, ...], place: str, workspace: Path | None) -> None:
    """Record where COPY (its file name, or the photo's id) was published; `anonymise find` tells it again."""
    where = " ".join(place.split())
    school = open_workspace(workspace)
    with WorkspaceContexts(school) as contexts, open_site(school, contexts) as site:
        if not where or contexts.names_someone(where):
            raise UsageError(
                "the place is empty, or holds the name of somebody in the register",
                remedy="Describe it without names: this record outlives the people in it.",
            )
        items = {name: site.ledger.released_as(name.replace("\\", "/")) for name in copies}
        if unknown := [name for name, item in items.items() if item is None]:
            raise UsageError(
                f"{len(unknown)} of these are not copies that this workspace released",
                remedy="Give the file name as it was in the outbox, such as sports-day-2026-06-19-001.jpg.",
            )
        for item in items.values():
            if item is not None:
                site.ledger.publish(item, where)
    say(f"{len(items)} recorded as published: {escape(where)}")
