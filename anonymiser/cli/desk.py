"""`anonymise desk`: the School Business Manager's page in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from anonymiser.cli.console import given_workers, open_school, say, stop_on_signals, workspace_option
from anonymiser.school import Stop

if TYPE_CHECKING:
    from anonymiser.desk.serve import Opened


@click.command()
@click.option("--no-browser", is_flag=True, help="Open nothing; print the address and the file with the one-time link.")
@workspace_option
def desk(no_browser: bool, workspace: Path | None) -> None:
    """Review photos, look up people and import consents on a page in the browser.

    The page is on this computer only, and only for the account that starts it. It ends when it is closed, when nobody
    has used it for half an hour, or with Ctrl+C. `watch` may run at the same time.
    """
    from anonymiser.desk.serve import open_desk  # noqa: PLC0415 - keeps --help fast

    ours = True

    def ready(opened: Opened) -> None:
        nonlocal ours
        ours = opened.ours
        say(escape(opened.url))
        say(escape(str(opened.link)))
        if not ours:
            say("The desk was open already. This is another link to it.")
        elif not no_browser:
            say("The page opens in your browser. If it does not, open the file above. Ctrl+C ends the desk.")

    stop = Stop()
    with open_school(workspace) as school, stop_on_signals(stop):
        open_desk(school, ready=ready, stop=stop, browser=not no_browser, workers=given_workers())
    if ours:
        say("The desk is closed.")
