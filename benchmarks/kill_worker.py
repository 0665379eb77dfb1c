"""The program of kill_at_random.py, with workers that look at no picture: the first line of a photo says what it is.

A module of its own, because every worker imports it, and a worker that is killed young should have worked.
"""

from __future__ import annotations

import hashlib
import sys
import time

from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, FaceReport, Failed, Job, PhotoReport, Refused, Released, Sealed, Waits

COPY_BYTES = 200_000


def nothing() -> None:
    """Load no network."""


def work(job: Job) -> PhotoReport:
    """A copy that tells whom it shows and for which purpose, in some hundredths of a second."""
    data = job.source.read_bytes()
    if hashlib.sha256(data).hexdigest() != job.sha256:
        return PhotoReport(Failed((Code.GONE(),)))
    kind, _, rest = data.partition(b"\n")[0].decode().partition(" ")
    time.sleep(0.03)
    if kind == "seal":
        return PhotoReport(Sealed((Code.MAY_BE_INDECENT(),)))
    if kind == "bad":
        return PhotoReport(Refused((Code.UNREADABLE(detail="not a picture", remedy=""),)))
    event = job.context.event
    shown = [person for person in rest.split() if person in job.context.consents.granted]
    text = f"copy of {job.sha256} for {event.purpose}, shown: {','.join(shown)}\n".encode()
    copy = text + b"." * (COPY_BYTES - len(text)) + b"end"
    job.staging.write_bytes(copy)
    agreed = Code.AGREED(purpose=event.purpose)
    faces = [FaceReport((1, 2, 3, 4), 0.9, Keep(PersonId(person), agreed)) for person in shown]
    faces.append(FaceReport((1, 2, 3, 4), 0.9, Obscure(Code.NOT_RECOGNISED())))
    made = Copy(hashlib.sha256(copy).hexdigest(), (40, 30), (20, 15), tuple(faces))
    return PhotoReport(Waits(made, (Code.EVERY_PHOTO_WAITS(),)) if kind == "review" else Released(made), {})


if __name__ == "__main__":
    from anonymiser.cli import cli
    from anonymiser.cli.console import run
    from anonymiser.workers.process import WorkerSetup

    sys.exit(run(cli, sys.argv[1:], workers=lambda _: WorkerSetup(nothing, work)))
