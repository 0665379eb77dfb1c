"""A processor for spawned workers that looks at no picture: the file's first line says what it does.

Importable by name in the worker, and free of every heavy library.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

from anonymiser.errors import DiskFullError, ModelError
from anonymiser.values.report import FaceReport, Job, Outcome, PhotoReport

HOLD = "somebody who must not be shown may be in this picture"


def initialise() -> None:
    """Nothing to load."""


def initialise_without_models() -> None:
    """Find a model missing."""
    raise ModelError("a model file is missing", remedy="Install again.")


def initialise_and_die() -> None:
    """Crash as a broken native library does."""
    os._exit(3)


def process(job: Job) -> PhotoReport:
    """Do what the file says; unknown words are a plain release."""
    data = job.source.read_bytes()
    if hashlib.sha256(data).hexdigest() != job.sha256:
        return PhotoReport(Outcome.FAILED, ("the file changed",))
    word, _, rest = data.partition(b"\n")[0].decode("ascii", "replace").partition(" ")
    return _DEEDS.get(word, _release)(job, rest)


def _release(job: Job, _rest: str) -> PhotoReport:
    return _copy(job, Outcome.RELEASED)


def _show(job: Job, rest: str) -> PhotoReport:
    """Keep the faces of the people named who have agreed; `p1/p2` is a face that could be either."""
    granted = job.context.consents.granted
    people = [one.split("/") for one in rest.split()]
    faces = tuple(
        FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, "keep" if granted.issuperset(alike) else "obscure", "", alike[0],
                   tuple(alike[1:]) if granted.issuperset(alike) else ())
        for alike in people
    )  # fmt: skip
    return replace(_copy(job, Outcome.RELEASED), faces=faces)


def _review(job: Job, rest: str) -> PhotoReport:
    return _copy(job, Outcome.REVIEW, (rest,) if rest else ())


def _hold(job: Job, _rest: str) -> PhotoReport:
    held = bool(job.context.consents.holds)
    return _copy(job, Outcome.REVIEW, (HOLD,)) if held else _copy(job, Outcome.RELEASED)


def _dated(job: Job, rest: str) -> PhotoReport:
    return _copy(job, Outcome.RELEASED, taken_on=rest)


def _lie(job: Job, _rest: str) -> PhotoReport:
    report = _copy(job, Outcome.RELEASED)
    job.staging.write_bytes(b"something else")
    return report


def _seal(_job: Job, _rest: str) -> PhotoReport:
    return PhotoReport(Outcome.SEALED, ("the picture may be indecent",))


def _bad(_job: Job, _rest: str) -> PhotoReport:
    return PhotoReport(Outcome.QUARANTINED, ("not a picture",))


def _threads(job: Job, _rest: str) -> PhotoReport:
    return _copy(job, Outcome.REVIEW, (os.environ.get("OPENBLAS_NUM_THREADS", "not said"),))


def _die(_job: Job, _rest: str) -> PhotoReport:
    os._exit(9)


def _die_once(job: Job, rest: str) -> PhotoReport:
    if not Path(rest).exists():
        Path(rest).touch()
        os._exit(9)
    return _copy(job, Outcome.RELEASED)


def _hang(_job: Job, _rest: str) -> PhotoReport:
    time.sleep(3600)
    raise AssertionError


def _slow(job: Job, rest: str) -> PhotoReport:
    time.sleep(float(rest))
    return _copy(job, Outcome.RELEASED)


def _no_memory(_job: Job, _rest: str) -> PhotoReport:
    raise MemoryError


def _defect(_job: Job, _rest: str) -> PhotoReport:
    raise KeyError("Amelia Khan")


def _disk_full(_job: Job, _rest: str) -> PhotoReport:
    raise DiskFullError("the disk is full", remedy="Free some space and start again.")


def _broken_model(_job: Job, _rest: str) -> PhotoReport:
    raise ModelError("the network YuNet gave values that are no numbers", remedy="Run: anonymise doctor.")


def _noise(job: Job, _rest: str) -> PhotoReport:
    print("noise from Python")  # noqa: T201 - what a library might do
    os.write(1, b"noise from a native library\n")
    os.write(2, b"noise from a native library\n")
    return _copy(job, Outcome.RELEASED)


def _copy(job: Job, outcome: Outcome, reasons: tuple[str, ...] = (), taken_on: str | None = None) -> PhotoReport:
    """Write a "copy" that tells which consents it rests on."""
    granted = ",".join(sorted(job.context.consents.granted))
    copy = f"copy of {job.sha256} for {job.context.event.purpose}, shown: {granted}".encode()
    job.staging.write_bytes(copy)
    return PhotoReport(
        outcome,
        reasons,
        faces=(FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, "obscure", "not recognised", None),),
        source_wh=(40, 30),
        output_wh=(20, 15),
        output_sha256=hashlib.sha256(copy).hexdigest(),
        taken_on=taken_on,
        seconds={"decode": 0.1},
    )


_DEEDS = {
    "threads": _threads,
    "show": _show,
    "review": _review,
    "hold": _hold,
    "dated": _dated,
    "lie": _lie,
    "seal": _seal,
    "bad": _bad,
    "die": _die,
    "die-once": _die_once,
    "hang": _hang,
    "slow": _slow,
    "memory": _no_memory,
    "defect": _defect,
    "disk-full": _disk_full,
    "broken-model": _broken_model,
    "noise": _noise,
}
