"""Today: what is to be done, in order, and what has become of the photos of each event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from starlette.responses import JSONResponse, Response

from anonymiser.consent.people import group_key
from anonymiser.desk import people
from anonymiser.desk.pages import count, see_other
from anonymiser.desk.routes import Call
from anonymiser.desk.runner import Progress
from anonymiser.school.overview import Overview
from anonymiser.values.consent import Event
from anonymiser.values.roles import Task

_COLUMNS = (
    ("in_work", "being processed"),
    ("waiting", "waiting"),
    ("released", "released"),
    ("not_used", "not used"),
    ("refused", "refused"),
    ("repeated", "duplicates"),
)
"""Numbers of an event, and what stands above them."""


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that a person should do."""

    task: Task
    """Whose work it is."""
    text: str
    why: str = ""
    path: str = ""
    """Where to do it."""
    button: str = ""
    post: bool = False
    """The button does it at once."""


def today(call: Call) -> Response:
    """The first page."""
    overview = _own(call, call.school.events.overview())
    now = call.office.runner.progress
    sealed = call.school.sealed.unanswered() if Task.SEALED in call.session.tasks else 0
    if Task.CONSENTS in call.session.tasks:
        people.get_ready(call.office)
    return call.page(
        "today.html",
        todos=tuple(todo for todo in _todos(overview, now, sealed) if todo.task in call.session.tasks),
        overview=overview,
        events=[(event_key(entry.event), entry) for entry in overview.events],
        progress=now,
        columns=_columns(overview),
        outbox=call.school.workspace.outbox,
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


def _columns(overview: Overview) -> tuple[tuple[str, str], ...]:
    """Columns of the table: those that every photo comes through, and those in which somebody has something."""
    return tuple(
        (name, heading)
        for name, heading in _COLUMNS
        if name in {"waiting", "released"} or any(getattr(entry, name) for entry in overview.events)
    )


def _own(call: Call, overview: Overview) -> Overview:
    """What is the business of whoever asks: for a teacher, photos of their own groups, and those they just added."""
    member = call.session.member
    if member is None or member.role.sees_every_event:
        return overview
    groups = set(map(group_key, member.groups))
    return replace(
        overview,
        arrived={
            label: number
            for label, number in overview.arrived.items()
            if label in {drop.folder.name for drop in call.session.drops}
        },
        events=tuple(
            entry for entry in overview.events if entry.event.group and group_key(entry.event.group) in groups
        ),
        sealed=overview.sealed if member.may(Task.SEALED) else 0,
    )


def _todos(overview: Overview, progress: Progress, sealed: int) -> Iterator[Todo]:
    if sealed:
        yield Todo(
            Task.SEALED,
            f"{count(sealed, 'picture is', 'pictures are')} put aside for you",
            "Nobody has recorded yet what was done about them. Do not open them.",
            "/sealed",
            "See the list",
        )
    register = overview.register
    if progress.trouble:
        yield Todo(Task.DROP, "Not all photos were processed", progress.trouble, "/process", "Try again", post=True)
    if register.version is None:
        yield Todo(
            Task.CONSENTS,
            "Import the consents",
            "Until then everybody in every photo is covered: nobody is known to have agreed.",
            "/import",
            "Import consents",
        )
    elif register.warning:
        yield Todo(Task.CONSENTS, "Import the consents again", register.warning, "/import", "Import consents")
    arrived = sum(overview.arrived.values())
    if arrived and not progress.running:
        watched = overview.watcher is not None and overview.watcher.alive
        if watched or progress.elsewhere:
            yield Todo(
                Task.DROP,
                f"{count(arrived, 'photo')} in the inbox",
                "Another program on this computer is processing them.",
            )
        else:
            yield Todo(
                Task.DROP,
                f"{count(arrived, 'photo')} in the inbox", "They have not been processed yet.", "/process",
                "Process them now", post=True,
            )  # fmt: skip
    if not arrived and not overview.events and not progress.running:
        yield Todo(
            Task.DROP,
            "Add photos",
            "The program covers everybody. Then you say who may be shown, and it checks that their family agreed.",
            "/drop",
            "Add photos",
        )
    if overview.waiting:
        yield Todo(
            Task.REVIEW,
            f"{count(overview.waiting, 'photo is', 'photos are')} waiting for you",
            "The program does not release them by itself. Look at each one, then decide.",
            "/review",
            "Start the review",
        )
    newest = overview.events[0] if overview.events else None
    if newest and newest.unseen == newest.released > 0 and register.version is not None and not register.recognition:
        yield Todo(
            Task.REVIEW,
            f"Show children whose families agreed: {newest.event.label}",
            f"{count(newest.released, 'photo is', 'photos are')} released with everybody covered. "
            "To show somebody, open a photo and say who it is.",
            f"/choose/{event_key(newest.event)}",
            "Choose a photo",
        )
