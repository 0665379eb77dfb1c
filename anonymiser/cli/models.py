"""`anonymise models`: which networks run here, and whether their files are the ones that were tested."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, emit, json_option, say
from anonymiser.errors import ExitCode
from anonymiser.weights import listing, verify


@click.group()
def models() -> None:
    """List and verify the model files."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Show every model file with its task, size, licence and origin."""
    if as_json:
        for weights in listing():
            emit(
                {
                    "id": weights.id,
                    "task": weights.task,
                    "file": weights.file,
                    "size": weights.size,
                    "sha256": weights.sha256,
                    "licence": weights.licence,
                    "origin": weights.origin,
                }
            )
        return
    table = Table("id", "task", "size", "licence", "origin", box=None)
    for weights in listing():
        table.add_row(weights.id, weights.task, f"{weights.size / 1e6:.1f} MB", weights.licence, weights.origin)
    console().print(table)


@models.command("verify")
@json_option
def verify_models(as_json: bool) -> ExitCode:
    """Read every model file and compare its SHA-256 with the one that was tested."""
    checks = verify()
    for check in checks:
        name, problem = check.weights.id, check.refusal.message if check.refusal else None
        if as_json:
            emit({"id": name, "file": check.weights.file, "ok": problem is None, "problem": problem})
        elif check.refusal is None:
            say(f"[green]ok[/] {name}")
        else:
            say(f"[bold red]refused[/] {name}: {escape(check.refusal.message)}")
            say(f"[bold]what to do:[/] {escape(check.refusal.remedy)}")
    return ExitCode.WORKSPACE if any(check.refusal for check in checks) else ExitCode.DONE
