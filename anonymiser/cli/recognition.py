"""`anonymise recognition`: the gate that keeps face recognition off until somebody answers for it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.consent import open_register
from anonymiser.cli.console import emit, json_option, say, workspace_option
from anonymiser.consent.biometrics import GateState


@click.group()
def recognition() -> None:
    """Open or close face recognition. Off is a complete product: every face is obscured."""


@recognition.command()
@click.option("--dpia", required=True, metavar="REF", help="Reference of the data protection impact assessment.")
@click.option("--approved-by", required=True, metavar="WHO", help="Who has approved it.")
@workspace_option
def enable(dpia: str, approved_by: str, workspace: Path | None) -> None:
    """Open the gate: people with a live consent to face recognition may be recognised."""
    with open_register(workspace) as (_, register):
        register.open_gate(dpia, approved_by)
        state = register.gate()
    _print(state)


@recognition.command()
@workspace_option
def disable(workspace: Path | None) -> None:
    """Close the gate: from now on nobody is recognised."""
    with open_register(workspace) as (_, register):
        register.close_gate()
        state = register.gate()
    _print(state)


@recognition.command()
@workspace_option
@json_option
def status(workspace: Path | None, as_json: bool) -> None:
    """Say whether the gate is open, since when, and on whose responsibility."""
    with open_register(workspace) as (_, register):
        state = register.gate()
        agreed = register.agreed_to_recognition()
    if as_json:
        emit(
            {
                "open": state.open,
                "dpia": state.dpia or None,
                "approved_by": state.approved_by or None,
                "since": state.since.isoformat() if state.since else None,
                "people_with_consent": len(agreed),
            }
        )
        return
    _print(state)
    say(f"{len(agreed)} people have a live consent to face recognition.")


def _print(state: GateState) -> None:
    since = f" since {state.since.astimezone():%d/%m/%Y %H:%M}" if state.since else ""
    if state.open:
        say(f"Face recognition is [bold]on[/]{since}: {escape(state.dpia)}, approved by {escape(state.approved_by)}.")
    else:
        say(f"Face recognition is [bold]off[/]{since}: every face is obscured.")
