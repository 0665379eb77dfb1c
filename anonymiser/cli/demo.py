"""`anonymise demo`: every step on invented pupils, checked against the known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.batch import report_decided
from anonymiser.cli.consent import print_biometrics
from anonymiser.cli.consent_report import print_report
from anonymiser.cli.console import console, given_workers, note, say, stop_on_signals
from anonymiser.cli.enrol import print_enrolment
from anonymiser.cli.progress import RunReporter, photo_progress
from anonymiser.cli.recognition import print_gate
from anonymiser.errors import ExitCode, SafetyRefusal, Stopped
from anonymiser.school import Decided, Result, Stop

if TYPE_CHECKING:
    from anonymiser.evaluate.verdicts import Verdicts
    from anonymiser.school.demo import Calibrated, Demo
    from anonymiser.workspace import Workspace


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
def demo(directory: Path | None) -> ExitCode:
    """Show every step in DIR (default: anonymise-demo) on photos of people who do not exist.

    It says which limits it loosens and why. It fails if a copy shows what it must not show, or if a file that has to
    wait was released.
    """
    from anonymiser.school.demo import APPROVED_BY, DPIA, Demo  # noqa: PLC0415 - keeps --help fast

    with Demo.begin(directory or Path("anonymise-demo"), given_workers()) as shown:
        for notice in shown.school.register.notices:
            note(notice)
        samples = shown.samples
        _step("1. Who agreed to what", "consent import", str(samples / "consents.csv"))
        consents = shown.import_consents()
        print_report(consents.report, consents.parsed, dry_run=False)
        _step("2. Who agreed to face recognition", "consent biometric-import", str(samples / "biometric_consent.csv"))
        print_biometrics(shown.import_biometrics(), dry_run=False)
        _step("3. The gate", "recognition enable", "--dpia", DPIA, "--approved-by", APPROVED_BY)
        print_gate(shown.open_gate())
        _step("4. The faces of those who agreed", "enrol", str(samples / "enrolment"))
        with photo_progress("looking at portraits") as progress:
            enrolment = shown.enrol(progress)
        print_enrolment(enrolment)
        say("\n[bold]5. How alike are the faces of this school?[/]")
        with photo_progress("looking at photos") as progress:
            calibrated = shown.calibrate(progress)
        _print_calibrated(calibrated)
        _print_loosened(calibrated)
        _step("6. The photos", "batch")
        results = _run(shown)
        say("\n[bold]7. Is it right? Every face and every name, looked for in the copies themselves[/]")
        verdicts = shown.verdicts(results)
        _print_verdicts(verdicts)
        _say_where(shown.school.workspace)
    if not verdicts.safe:
        raise SafetyRefusal(
            "a copy shows what it must not show, or a photo that has to wait was released",
            remedy="Do not use this version; please report it.",
        )
    return ExitCode.DONE


def _step(title: str, command: str, *arguments: str) -> None:
    """The next step, with the command that a user would type."""
    say(f"\n[bold]{title}[/]")
    typed = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
    say(f"[dim]$ anonymise {escape(f'{command} {typed}'.rstrip())}[/]")


def _run(shown: Demo) -> list[Result]:
    stop, results = Stop(), []
    with (
        stop_on_signals(stop),
        shown.photos(stop) as run,
        RunReporter(run.summary, as_json=False, total=run.total) as reporter,
    ):
        for event in run:
            if isinstance(event, Decided):
                report_decided([event])
            else:
                reporter.add(event)
                results.append(event)
    reporter.close()
    if run.stopped:
        raise Stopped("the demo was stopped before its photos were checked", remedy="Start it again.")
    return results


def _print_calibrated(calibrated: Calibrated) -> None:
    from anonymiser.school.faces import NoPromise  # noqa: PLC0415 - keeps --help fast

    if isinstance(calibrated.result, NoPromise):
        say(f"{escape(calibrated.result.why)}; the strict standard thresholds stay.")
    else:
        say(f"Calibrated on {calibrated.result.comparisons} comparisons of different people.")


def _print_loosened(calibrated: Calibrated) -> None:
    from anonymiser.school.demo import LOOSENED  # noqa: PLC0415 - keeps --help fast

    say("\n[bold]Limits that this demo loosens, and why; a school must not loosen them[/]")
    for limit in LOOSENED:
        say(f"  [yellow]{limit.what}[/]: {limit.here} (in a school: {limit.in_a_school})")
        say(f"      {limit.why}")
    say(f"Pairs that the demo declared different (in a school, a person does): {calibrated.declared_different}")
    if calibrated.declared_different:
        say("[dim]$ anonymise consent look-alikes ID ID --different[/]")


def _print_verdicts(verdicts: Verdicts) -> None:
    table = Table(box=None, show_header=False)
    for question, count in verdicts.table:
        table.add_row(count, question)
    console().print(table)
    for miss in verdicts.misses:
        say(f"  [yellow]not so:[/] {escape(miss.file)}: {escape(miss.subject)} ({miss.question})")


def _say_where(workspace: Workspace) -> None:
    say("\n[bold]Where to look[/]")
    say(f"  finished copies      {workspace.outbox}")
    say(f"  waiting for you      {workspace.review}   (read the .txt; move a photo into approve or reject)")
    say(f"  not processed        {workspace.quarantine}")
    say(f"  the photos as taken  {workspace.originals}")
    say(f"[dim]$ anonymise status --workspace {escape(str(workspace.root))}[/]")
