"""A processor for spawned workers that looks at no picture: the file's first line says what it does.

Importable by name in the worker, and free of every heavy library.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from anonymiser.errors import DiskFullError, ModelError, VerificationFailed
from anonymiser.values.decision import FaceDecision, Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import (
    Answer,
    Copy,
    FaceReport,
    Failed,
    Job,
    PhotoReport,
    Refused,
    Released,
    Sealed,
    Waits,
)
from anonymiser.values.ruling import Act, Cover, Show


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
        return PhotoReport(Failed((said("the file changed"),)))
    word, _, rest = data.partition(b"\n")[0].decode("ascii", "replace").partition(" ")
    return _DEEDS.get(word, _release)(job, rest)


def examine(job: Job, data: bytes) -> Answer:
    """The same for a worker of a cluster, with files of the test's own in between."""
    with tempfile.TemporaryDirectory() as folder:
        here = replace(job, source=Path(folder, "source"), staging=Path(folder, "copy"))
        here.source.write_bytes(data)
        report = process(here)
        return Answer(report, here.staging.read_bytes() if report.made else None)


def glance(_job: Job, _data: bytes) -> Answer:
    """Hold a photo for a while, write nothing, and refuse it."""
    time.sleep(1)
    return Answer(PhotoReport(Refused((said("seen"),))))


_settings: list[str] = []


def choose(settings: str) -> None:
    """Begin with these settings."""
    _settings[:] = [settings]


def tell_settings(_job: Job, _data: bytes) -> Answer:
    """Say what this process began with."""
    return Answer(PhotoReport(Failed((said(*_settings),))))


def tell_paths(job: Job, _data: bytes) -> Answer:
    """Say which paths the job has."""
    return Answer(PhotoReport(Failed((said(f"{job.source} {job.staging}"),))))


def accept(copy: bytes, _size_wh: tuple[int, int]) -> None:
    """Take every copy for a picture, apart from one that says it is none."""
    if copy == b"something else":
        raise VerificationFailed("the copy is not a JPEG")


def _release(job: Job, _rest: str) -> PhotoReport:
    return _made(job)


def _show(job: Job, rest: str) -> PhotoReport:
    """Keep the faces of the people named who have agreed; `p1/p2` is a face that could be either."""
    granted = job.context.consents.granted
    people = [one.split("/") for one in rest.split()]
    agreed = Code.AGREED(purpose=job.context.event.purpose)
    decisions: list[FaceDecision] = [
        Keep(PersonId(alike[0]), agreed, frozenset(map(PersonId, alike[1:])))
        if granted.issuperset(alike)
        else Obscure(Code.NO_RECORD(), PersonId(alike[0]))
        for alike in people
    ]
    return _made(job, faces=tuple(FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, decision) for decision in decisions))


def _review(job: Job, rest: str) -> PhotoReport:
    return _made(job, said(rest) if rest else Code.EVERY_PHOTO_WAITS())


def _hold(job: Job, _rest: str) -> PhotoReport:
    held = bool(job.context.consents.holds)
    return _made(job, Code.HOLD()) if held else _made(job)


def _dated(job: Job, rest: str) -> PhotoReport:
    return _made(job, taken_on=rest)


def _askew(job: Job, _rest: str) -> PhotoReport:
    return _made(job, notices=(Code.NAMES_NOT_READ(), Code.MAY_NEED_TURNING()))


def _lie(job: Job, _rest: str) -> PhotoReport:
    report = _made(job)
    job.staging.write_bytes(b"something else")
    return report


def _seal(_job: Job, _rest: str) -> PhotoReport:
    return PhotoReport(Sealed((Code.MAY_BE_INDECENT(),)))


def _bad(_job: Job, _rest: str) -> PhotoReport:
    return PhotoReport(Refused((Code.UNREADABLE(detail="not a picture", remedy=""),)))


def _threads(job: Job, _rest: str) -> PhotoReport:
    return _made(job, said(os.environ.get("OPENBLAS_NUM_THREADS", "not said")))


def _die(_job: Job, _rest: str) -> PhotoReport:
    os._exit(9)


def _die_once(job: Job, rest: str) -> PhotoReport:
    if not Path(rest).exists():
        Path(rest).touch()
        os._exit(9)
    return _made(job)


def _hang(_job: Job, _rest: str) -> PhotoReport:
    time.sleep(3600)
    raise AssertionError


def _slow(job: Job, rest: str) -> PhotoReport:
    time.sleep(float(rest))
    return _made(job)


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
    return _made(job)


def said(sentence: str) -> Reason:
    """A reason in the words of the test."""
    return Code.CRASHED(error=sentence)


def _made(
    job: Job,
    *reasons: Reason,
    taken_on: str | None = None,
    faces: tuple[FaceReport, ...] = (FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, Obscure(Code.NOT_RECOGNISED())),),
    notices: tuple[Reason, ...] = (),
) -> PhotoReport:
    """Write a "copy" that tells which consents it rests on, and what people said about the photo."""
    granted = ",".join(sorted(job.context.consents.granted))
    acts = () if job.rulings is None else job.rulings.acts
    said = "".join(f"{type(act).__name__} {act.box}; " for act in acts)
    data = f"copy of {job.sha256} for {job.context.event.purpose}, {said}shown: {granted}".encode()
    job.staging.write_bytes(data)
    ruled = tuple(_ruled(act, job) for act in acts)
    faces = (*faces, *(face for face, _ in ruled if face is not None))
    answers = tuple(answer for _, answer in ruled)
    copy = Copy(
        hashlib.sha256(data).hexdigest(),
        (40, 30),
        (20, 15),
        faces,
        taken_on=taken_on,
        notices=notices,
        answers=answers,
        device_evidence=job.devices.evidence(None) if job.devices else None,
    )
    if job.rulings is not None:
        reasons = (*reasons, Code.CHANGED_BY_PERSON())
    return PhotoReport(Waits(copy, reasons) if reasons else Released(copy), {"decode": 0.1})


def _ruled(act: Act, job: Job) -> tuple[FaceReport | None, Reason | None]:
    """A face for each place that somebody shows or covers; whoever has not agreed is covered, and why."""
    match act:
        case Cover(box):
            return FaceReport(box, 0.0, Obscure(Code.COVERED_BY_PERSON())), None
        case Show(box, person):
            if person in job.context.consents.granted:
                shown = Code.SHOWN_BY_PERSON(purpose=job.context.event.purpose)
                return FaceReport(box, 0.9, Keep(person, shown)), None
            return FaceReport(box, 0.9, Obscure(Code.NO_RECORD(), person)), Code.NO_RECORD()
    return None, None


_DEEDS = {
    "threads": _threads,
    "show": _show,
    "review": _review,
    "hold": _hold,
    "dated": _dated,
    "askew": _askew,
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
