"""Today: what is to be done, in order, and what has become of the photos of each event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from starlette.responses import JSONResponse, Response

from anonymiser.desk.pages import count, see_other
from anonymiser.desk.routes import Call
from anonymiser.desk.runner import Progress
from anonymiser.school.overview import Overview
from anonymiser.values.consent import Event


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a person should do."""

    text: str
    why: str = ""
    path: str = ""
    """Where to do it."""
    button: str = ""
    post: bool = False
    """The button does it at once."""


def today(call: Call) -> Response:
    """The first page."""
    overview = call.school.events.overview()
    now = call.office.runner.progress
    return call.page(
        "today.html",
        tasks=tuple(_tasks(overview, now)),
        overview=overview,
        events=[(event_key(entry.event), entry) for entry in overview.events],
        progress=now,
    )


def process(call: Call) -> Response:
    """Look at the photos in the inbox now, in the background."""
    call.office.runner.start()
    return see_other("/")


def progress(call: Call) -> Response:
    """How far the photos are, for the page that asks again and again."""
    return JSONResponse(asdict(call.office.runner.progress))


def close(call: Call) -> Response:
    """End the desk."""
    call.office.sessions.end_all()
    call.office.close()
    return call.office.pages.page("closed.html")


def event_key(event: Event) -> str:
    """The event in an address: a label does not belong into the history of a browser."""
    parts = (event.label, event.purpose, event.medium, event.group or "", str(event.date))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _tasks(overview: Overview, progress: Progress) -> Iterator[Task]:
    register = overview.register
    if progress.trouble:
        yield Task("Not all photos were processed", progress.trouble, "/process", "Try again", post=True)
    if register.version is None:
        yield Task(
            "Import the consents",
            "Until then everybody in every photo is covered: nobody is known to have agreed.",
            "/import",
            "Import consents",
        )
    elif register.warning:
        yield Task("Import the consents again", register.warning, "/import", "Import consents")
    arrived = sum(overview.arrived.values())
    if arrived and not progress.running:
        watched = overview.watcher is not None and overview.watcher.alive
        if watched or progress.elsewhere:
            yield Task(
                f"{count(arrived, 'photo')} in the inbox", "Another program on this computer is processing them."
            )
        else:
            yield Task(
                f"{count(arrived, 'photo')} in the inbox", "They have not been processed yet.", "/process",
                "Process them now", post=True,
            )  # fmt: skip
    if overview.waiting:
        yield Task(
            f"{count(overview.waiting, 'photo is', 'photos are')} waiting for you",
            "The program does not release them by itself. Look at each one, then decide.",
            "/review",
            "Start the review",
        )
