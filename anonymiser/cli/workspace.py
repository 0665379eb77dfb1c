"""`anonymise init`: a new workspace with commented settings and a note for staff."""

from __future__ import annotations

from pathlib import Path

import click

from anonymiser.cli.console import say, typed
from anonymiser.school import School


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Make a new workspace in DIR: its folders, anonymiser.toml with every setting, and a README.txt for staff."""
    with School.create(directory) as school:
        say(f"The workspace is ready: [bold]{school.workspace.root}[/]")
    say(f"Next, in the browser: {typed('anonymise desk', directory)}")
    say(f"Or here: {typed('anonymise consent import FILE', directory)}, with the list of consents of your school.")
