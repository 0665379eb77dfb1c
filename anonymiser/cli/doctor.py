"""`anonymise doctor`: whether this computer has what the program needs, as far as that can be looked at."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, open_school, say, workspace_option
from anonymiser.errors import ExitCode, UsageError
from anonymiser.health import Finding, check_computer


@click.command()
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="Today's date is right, although records bear later ones: the clock was wrong when they were made.",
)
@json_option
@workspace_option
def doctor(clock_is_right: bool, as_json: bool, workspace: Path | None) -> ExitCode:
    """Check Python, packages, model files, memory, keyring and clock; with a workspace, its folders and disk too.

    It says what it looked at, and no more.
    """
    findings = check_computer()
    try:
        with open_school(workspace) as school:
            if clock_is_right:
                school.confirm_clock()
            findings += school.health()
    except UsageError:
        findings.append(Finding("workspace", True, "none given, so not checked"))
    except ImportError:
        findings.append(Finding("workspace", False, "cannot be checked without the packages that are missing"))
    for finding in findings:
        if as_json:
            emit({"check": finding.check, "ok": finding.ok, "detail": finding.detail})
        else:
            mark = "[green]ok[/]     " if finding.ok else "[bold red]problem[/]"
            say(f"{mark} {finding.check}: {escape(finding.detail)}")
    return ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.WORKSPACE
