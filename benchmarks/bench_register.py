"""How long a large consent import takes, and how long the decision about one photo of 30 faces.

    python benchmarks/bench_register.py [--people 5000]

Wall time on the disk of the temporary folder: an import includes making the file safe against a power cut.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path

import numpy as np

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.register import Register
from anonymiser.consent.vault import KeyFile
from anonymiser.decide import decide
from anonymiser.settings import Recognition
from anonymiser.values.consent import STANDARD_PURPOSES, Event, Purpose
from anonymiser.values.decision import Policy
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Known
from anonymiser.values.suitability import Suitability
from anonymiser.workspace import Workspace

_PURPOSES = (*STANDARD_PURPOSES, "prospectus")
_EVENT = Event("Sports day", Purpose("website"))


def consents(people: int, answer: str) -> str:
    """A file in the program's own format."""
    rows = [
        f"n{number:05},First{number},Last{number},Year 3" + f",{answer}" * len(_PURPOSES) for number in range(people)
    ]
    return "\n".join([",".join(["person_id", "forename", "surname", "class", *_PURPOSES]), *rows]) + "\n"


def import_seconds(register: Register, file: Path, text: str) -> float:
    """Reading, comparing and recording."""
    file.write_text(text, encoding="utf-8")
    start = time.perf_counter()
    parsed = parse_file(file, None, _PURPOSES)
    if not isinstance(parsed, ParsedFile):
        raise TypeError("the program does not know its own format")
    register.import_consents(parsed, accept_new_yes=True, accept_turned=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=5000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder))
        file = Path(folder) / "consents.csv"
        with Register.open(workspace, KeyFile(workspace.key_file)) as register:
            print(f"{people:,} people x {len(_PURPOSES)} purposes")
            for what, answer in (("first import", "refused"), ("every answer changed", "granted")):
                print(f"  {what:25} {import_seconds(register, file, consents(people, answer)):7.2f} s")
            start = time.perf_counter()
            context = register.context(_EVENT, "a" * 64, Recognition(), dt.date.today())  # noqa: DTZ011
            print(f"  context of an event       {time.perf_counter() - start:7.2f} s, once an event and change")
            start = time.perf_counter()
            for _ in range(100):
                _ = register.version
            print(f"  is it still the newest?   {(time.perf_counter() - start) * 10:7.2f} ms, once a photo")
    ids = sorted(context.consents.granted)[:30]
    faces = Faces(
        np.tile(np.array([0, 0, 9, 9], np.float32), (30, 1)), np.ones(30, np.float32), np.zeros((30, 5, 2), np.float32)
    )
    identities = tuple(Known(person, 0.9, frozenset({person})) for person in ids)
    taken = []
    for _ in range(200):
        start = time.perf_counter()
        decision = decide(faces, (), identities, (), Suitability(0, 0), context.consents, Policy())
        taken.append(time.perf_counter() - start)
    if len(decision.faces) != len(ids):
        raise AssertionError("somebody was not decided")
    print(f"decide a photo with 30 faces {np.median(taken) * 1e3:7.3f} ms")


if __name__ == "__main__":
    main()
