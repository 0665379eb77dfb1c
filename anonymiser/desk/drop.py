"""Photos put in on the page: first the event, then the files, which go into the inbox."""

from __future__ import annotations

import datetime as dt

from starlette.responses import JSONResponse, Response

from anonymiser.consent.people import group_key
from anonymiser.desk.forms import MEGABYTE, Wrong, date_field
from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Call, Visit
from anonymiser.errors import UsageError
from anonymiser.school.inbox import Drop

_MOST_EVENTS = 200
"""Of one session."""


def event(call: Call, problem: Wrong | None = None) -> Response:
    """What are the photos of, and for?"""
    publishing = call.school.settings.publishing
    return call.page(
        "drop-event.html",
        status=422 if problem else 200,
        problem=problem,
        form=call.form,
        purposes=[(purpose, purpose) for purpose in publishing.purposes],
        groups=_groups(call),
        only_own=_only_own(call),
        recognising=call.school.has_register and call.school.register.gate().open,
        chosen=call.form.all("purpose") if call.form.fields else (publishing.default_purpose,),
        today=dt.date.today().isoformat(),  # noqa: DTZ011 - the school's calendar
    )


def _only_own(call: Call) -> bool:
    """Whether photos may be added for groups of one's own alone."""
    return call.session.member is not None and not call.session.member.role.sees_every_event


def _groups(call: Call) -> tuple[str, ...]:
    """The groups that may be chosen."""
    groups, member = call.school.events.groups(), call.session.member
    if member is None or not _only_own(call):
        return groups
    own = set(map(group_key, member.groups))
    return tuple(group for group in groups if group_key(group) in own)


def choose(call: Call) -> Response:
    """Make the event's folder in the inbox."""
    try:
        made = _prepared(call)
    except Wrong as problem:
        return event(call, problem)
    except UsageError as error:
        return event(call, Wrong("label", f"{error.message}. {error.remedy}"))
    drops = call.session.drops
    if len(drops) >= _MOST_EVENTS:
        drops.clear()
    drops.append(made)
    return see_other(f"/drop/{len(drops)}")


def _prepared(call: Call) -> Drop:
    form = call.form
    if not form.get("label"):
        raise Wrong("label", 'give the event a general name, such as "Sports day"')
    if not form.all("purpose"):
        raise Wrong("purpose", "choose what the photos are for")
    if _only_own(call) and group_key(form.get("group")) not in map(group_key, _groups(call)):
        raise Wrong("group", "choose one of your own groups")
    date = date_field(form, "date")
    return call.school.events.prepare(form.get("label"), form.all("purpose"), group=form.get("group"), date=date)


def photos(call: Call) -> Response:
    """The page onto which photos are dropped."""
    chosen = _drop(call.session.drops, call.parts["number"])
    if chosen is None:
        return see_other("/drop")
    largest = call.school.settings.intake.max_file_megabytes * MEGABYTE
    return call.page("drop-photos.html", label=chosen.label, number=call.parts["number"], largest=largest)


async def receive(visit: Visit) -> Response:
    """One photo, as it comes; its file name is not sent, because it may be a child's."""
    chosen = _drop(visit.asked.signed_in.drops, visit.asked.parts["number"])
    if chosen is None:
        raise UsageError("this event is no longer open", remedy='Start again with "Add photos".')
    with chosen.receive() as arriving:
        async for piece in visit.request.stream():
            arriving.write(piece)
        arriving.finish()
    return JSONResponse({"received": True})


def _drop(drops: list[Drop], number: str) -> Drop | None:
    place = int(number)
    return drops[place - 1] if 1 <= place <= len(drops) else None
