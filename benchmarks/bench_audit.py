"""How long the record of a school with many photos takes: is it whole, what does it say of one photo or one person.

    python benchmarks/bench_audit.py [--photos 100000] [--people 1500]

Makes a workspace in the temporary folder whose ledger and audit record hold `--photos` released copies with eight faces
each, as a run writes them: four entries a photo. There are no pictures. Every question is a command in a process of its
own, so the time includes its start; memory is the most that the process held.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from anonymiser import School
from anonymiser.audit.chain import Recorder
from anonymiser.audit.entry import Kind
from anonymiser.ledger import noting
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.tables import items, to_row
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, FaceReport, OutcomeKind, PhotoReport, Released

_SHA256 = "0123456789abcdef" * 4
_MADE_BY = {"program": "1", "models": _SHA256, "settings": _SHA256}
_TRANSACTION = 1000
_NOON = dt.datetime(2026, 11, 28, 12)  # noqa: DTZ001 - the ledger's moments are UTC without a zone
_ASK = (
    "import resource, sys; from anonymiser.cli import main\n"
    "try: main()\n"
    "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
)
"""Prints megabytes at the end (Linux)."""


def photos(number: int, people: int) -> Iterator[Item]:
    """Released copies; in each, two children are shown and six hidden."""
    event = Event("Sports day", Purpose("website"))
    hidden = FaceReport((9.0, 9.0, 40.0, 40.0), 0.9, Obscure(Code.NOT_RECOGNISED()))
    for n in range(number):
        shown = (
            FaceReport((1.0, 1.0, 9.0, 9.0), 0.9, Keep(PersonId(f"n{who % people:05}"), Code.AGREED(purpose="website")))
            for who in (n, 7 * n + 1)
        )
        report = PhotoReport(Released(Copy(_SHA256, (4000, 3000), (2000, 1500), (*shown, *[hidden] * 6), ())))
        item = Item(f"20261128-{n:06}", Origin.INBOX, f"{n:064x}", State.DONE, event, _NOON, f"{n:064x}")
        output = f"outbox/website/sports-day-{n:06}.jpg"
        yield replace(
            item, outcome=OutcomeKind.RELEASED, output=output, output_sha256=f"{n:064x}", report=report,
            context=_SHA256, finished_at=_NOON,
        )  # fmt: skip


class FilledLedger(Ledger):
    """A ledger that is written many photos at a time."""

    def fill(self, number: int, people: int) -> None:
        """Rows and entries as a run writes them."""
        to_come = photos(number, people)
        while group := list(islice(to_come, _TRANSACTION)):
            with self._begin() as connection:
                for item in group:
                    _write(connection, item)


def _write(connection: sa.Connection, item: Item) -> None:
    connection.execute(items.insert(), to_row(item))
    noting.note(connection, Kind.RECEIVED, item, {"purpose": "website", "medium": "image", "from": "inbox"})
    original = Recorder(connection).keyed(item.id, "original", item.sha256)
    noting.note(connection, Kind.CLAIMED, item, {"original": original})
    noting.note_decided(connection, item, None, _MADE_BY)
    noting.note_done(connection, item)


def consents(people: int) -> str:
    """Everybody has agreed."""
    rows = [f"n{number:05},First{number},Last{number},Year 3,granted" for number in range(people)]
    return "\n".join(["person_id,forename,surname,class,website", *rows]) + "\n"


def ask(root: Path, *words: str) -> None:
    """Run a command, and print how long it took."""
    start = time.perf_counter()
    command = [sys.executable, "-c", _ASK, *words, "--workspace", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    megabytes = done.stderr.split()[-1]
    print(f"{' '.join(words):<44} {seconds:6.1f} s  {megabytes:>5} MB  exit {done.returncode}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1500)
    asked = parser.parse_args()
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    with tempfile.TemporaryDirectory() as folder:
        root, listed = Path(folder) / "school", Path(folder) / "consents.csv"
        listed.write_text(consents(asked.people), encoding="utf-8")
        with School.create(root) as school:
            school.import_consents(listed)
            file = school.workspace.ledger_file
        start = time.perf_counter()
        with FilledLedger(file) as ledger:
            ledger.fill(asked.photos, asked.people)
        print(
            f"{asked.photos} photos written in {time.perf_counter() - start:.0f} s, {file.stat().st_size / 1e6:.0f} MB"
        )
        ask(root, "audit", "verify")
        ask(root, "audit", "explain", "20261128-000100")
        ask(root, "audit", "explain", "n00100")
        ask(root, "audit", "export", str(Path(folder) / "out"))
        ask(root, "find", "n00100")
        ask(root, "status")
        ask(root, "report", "--term", "autumn-2026", "--output", str(Path(folder) / "report.html"))


if __name__ == "__main__":
    main()
