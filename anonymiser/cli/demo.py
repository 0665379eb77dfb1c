"""`anonymise demo`: the whole way on invented pupils, checked against the known truth."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import click
import numpy as np
from rich.markup import escape
from rich.table import Table

from anonymiser.calibration import calibrate_from_photos
from anonymiser.cli.batch import batch
from anonymiser.cli.consent import consent
from anonymiser.cli.console import console, say
from anonymiser.cli.enrol import enrol, whole_school
from anonymiser.cli.recognition import recognition
from anonymiser.cli.workspace import settings_text
from anonymiser.consent.register import Register
from anonymiser.consent.vault import KeyFile
from anonymiser.errors import ExitCode, SafetyRefusal, UsageError
from anonymiser.evaluate.truth import Photo, Truth
from anonymiser.evaluate.verdicts import Published, Verdicts, check
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.calibrate import Budget, NoPromise
from anonymiser.samples import sample_images
from anonymiser.settings import SuitabilitySettings
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.photo import Pixels
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace

MARKER = "this-is-a-demo"
"""File in `data/` by which a later demo knows that it may start the folder afresh."""

CALIBRATION_EVENTS = ("Class assembly", "Playground")
"""Events whose photos stand for the school's own photos in calibration."""

RISK = Budget(false_keeps=0.15, confidence=0.8)
LEAST_FOR_MEAN = 14
"""Rendered faces resemble each other far more than real ones, and there are few of them. With a school's risk
budget (1 in 10,000) and minimum of people (30) calibration refuses to promise anything here, as it should."""

SWIMWEAR_REVIEW = 0.3
"""Rendered skin and cloth are smooth: the network, trained on photographs, takes some of them for swimwear."""


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
def demo(directory: Path | None) -> ExitCode:
    """Show the whole way in DIR (default: anonymise-demo) on photos of people who do not exist."""
    root = directory or Path("anonymise-demo")
    samples = sample_images()
    workspace = _fresh_workspace(root)
    shutil.copytree(samples / "inbox", workspace.inbox, dirs_exist_ok=True)

    def step(title: str, command: click.Command, *arguments: str) -> str:
        """Run a command as the user would type it; returns what it printed for programs."""
        say(f"\n[bold]{title}[/]")
        shown = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
        say(f"[dim]$ anonymise {command.name} {escape(shown)}[/]")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            command.main([*arguments, "--workspace", str(root)], standalone_mode=False)
        return printed.getvalue()

    step("1. Who agreed to what", consent, "import", str(samples / "consents.csv"))
    step("2. Who agreed to face recognition", consent, "biometric-import", str(samples / "biometric_consent.csv"))
    step("3. The gate", recognition, "enable", "--dpia", "DEMO-1", "--approved-by", "nobody, this is a demo")
    step("4. The faces of those who agreed", enrol, str(samples / "enrolment"))
    say("\n[bold]5. How alike are the faces of this school?[/]")
    _calibrate(workspace)
    lines = step("6. The photos", batch, "--json").splitlines()

    say("\n[bold]7. Is it right? Every face and every name, looked for in the copies themselves[/]")
    truth = Truth.load(samples / "truth.json")
    verdicts = check(truth, _published(workspace, lines), lambda photo: _original(samples, photo))
    _print(verdicts)
    _say_where(workspace)
    if not verdicts.safe:
        raise SafetyRefusal("a copy shows what it must not show", remedy="Do not use this version; please report it.")
    return ExitCode.DONE


def _fresh_workspace(root: Path) -> Workspace:
    if (root / "data" / MARKER).is_file():
        shutil.rmtree(root)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root} is in use", remedy="Give another folder: anonymise demo DIR")
    usual = f"swimwear_review = {SuitabilitySettings().swimwear_review}"
    workspace = Workspace.create(root, settings_text().replace(usual, f"swimwear_review = {SWIMWEAR_REVIEW}"))
    (workspace.data / MARKER).touch()
    # A demo leaves nothing behind in the user's keyring.
    with Register.open(workspace, KeyFile(workspace.key_file)):
        return workspace


def _calibrate(workspace: Workspace) -> None:
    photos = [path for event in CALIBRATION_EVENTS for path in sorted((workspace.inbox / event).iterdir())]
    embedder = load_embedder()
    with Register.open(workspace) as register:
        result = calibrate_from_photos(
            photos,
            whole_school(register, embedder.model_sha256, workspace.settings.recognition),
            load_detector(),
            embedder,
            workspace.settings,
            RISK,
            LEAST_FOR_MEAN,
        )
        if isinstance(result, NoPromise):
            say(f"{result.why}; the strict standard thresholds stay.")
            return
        register.store_calibration(result.model_sha256, result.mean, result.thresholds)
        pairs = whole_school(register, embedder.model_sha256, workspace.settings.recognition).lookalikes
        for pair in pairs:
            register.declare_lookalikes(pair, alike=False)
    say(f"Calibrated on {result.comparisons} comparisons of different people; rendered faces look much alike.")
    say(f"{len(pairs)} pairs still do; somebody has compared them, and found no twins among them:")
    say("[dim]$ anonymise consent look-alikes ID ID --different[/]")


def _published(workspace: Workspace, lines: list[str]) -> dict[str, Published]:
    results = [json.loads(line) for line in lines]
    return {
        result["input"]: Published(
            OutcomeKind(result["outcome"]), workspace.root / result["output"] if result["output"] else None
        )
        for result in results
        if "input" in result
    }


def _original(samples: Path, photo: Photo) -> Pixels:
    pixels: Pixels = np.asarray(decode((samples / "inbox" / photo.file).read_bytes(), DecodeLimits()).pixels)
    return pixels


def _print(verdicts: Verdicts) -> None:
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
