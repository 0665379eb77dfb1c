"""Who sits before the browser: a name of the staff list and its password, and getting up again.

Comparing a password takes a moment on purpose. It is done in a thread of its own, so that neither the other pages nor
the school wait for it.
"""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from anonymiser.desk.forms import Wrong
from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Visit
from anonymiser.desk.sign_in import give_cookie
from anonymiser.staff.member import Member
from anonymiser.staff.roster import Tried


async def page(visit: Visit) -> Response:
    """Ask for name and password."""
    if not visit.office.door.roster.people():
        return see_other("/")
    return _ask(visit)


async def enter(visit: Visit) -> Response:
    """Sign somebody in; where they begin depends on their role, and on nothing in the address."""
    office, form = visit.office, visit.asked.form
    if not office.door.roster.people():
        return see_other("/")
    name, password = form.get("name"), form.as_typed("password")
    tried = await asyncio.to_thread(office.door.roster.sign_in, name, password)
    office.thread.tell(lambda school: school.staff.note_tried(tried))
    if tried.member is None:
        return _ask(visit, Wrong("password", _why_not(tried)), name)
    return _seated(visit, tried.member)


async def leave(visit: Visit) -> Response:
    """The next person may sit down."""
    return _seated(visit, None)


def _ask(visit: Visit, problem: Wrong | None = None, name: str = "") -> Response:
    office = visit.office
    return office.pages.page(
        "who.html",
        visit.asked.session,
        status=422 if problem else 200,
        problem=problem,
        name=name,
        names=tuple(one.name for one in office.door.roster.people()),
    )


def _why_not(tried: Tried) -> str:
    return tried.locked or "the name or the password is wrong"


def _seated(visit: Visit, member: Member | None) -> Response:
    token = visit.office.sessions.renew(visit.asked.signed_in, member)
    response = see_other("/" if member is None else visit.office.pages.first(member.role.tasks))
    give_cookie(response, token, visit.request.url.port)
    return response
