"""Portraits dropped onto a person's page: held in memory, learned from when somebody says so, and gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from anonymiser.desk.forms import MEGABYTE
from anonymiser.desk.pages import count, see_other
from anonymiser.desk.people import exactly, who_of
from anonymiser.desk.routes import Call, Visit
from anonymiser.errors import SafetyRefusal
from anonymiser.school.recognition import MOST_PORTRAITS
from anonymiser.values.people import PersonId

_MOST_MEGABYTES = 150
"""Of all portraits that one browser has sent: a school's PC has memory for a dozen large ones."""


def page(call: Call) -> Response:
    """Where portraits are dropped, or why nothing may be learned; what was sent before and not learned is gone."""
    who = who_of(call)
    call.session.portraits.pop(who, None)
    return call.page(
        "portraits.html",
        dossier=call.school.register.dossier(who, ()),
        because=call.school.recognition.why_not(who),
        largest=call.school.settings.intake.max_file_megabytes * MEGABYTE,
        most=MOST_PORTRAITS,
    )


async def receive(visit: Visit) -> Response:
    """One portrait, as it comes; its file name is not sent. Consent is asked about before a byte is taken."""
    who = PersonId(visit.asked.parts["person"])
    if because := await visit.office.thread.ask(lambda school: school.recognition.why_not(exactly(school, who))):
        raise SafetyRefusal(f"nothing is learned: {because}", remedy="Record what is missing first.")
    everything = visit.asked.signed_in.portraits
    data = bytearray()
    async for piece in visit.request.stream():
        data += piece
        if len(data) > _room(everything):
            raise _too_many()
    held = everything.setdefault(who, [])  # asked again, because others may have come meanwhile
    if len(held) >= MOST_PORTRAITS or len(data) > _room(everything):
        raise _too_many()
    held.append(bytes(data))
    return JSONResponse({"received": len(held)})


def _room(portraits: Mapping[PersonId, Sequence[bytes]]) -> int:
    """How many bytes may still come."""
    return _MOST_MEGABYTES * MEGABYTE - sum(len(data) for photos in portraits.values() for data in photos)


def _too_many() -> SafetyRefusal:
    return SafetyRefusal(
        "these are too many photos at once", remedy="Learn from those that have come: three or four do."
    )


def learn(call: Call) -> Response:
    """Learn from what has come, and say of each photo what became of it."""
    who = who_of(call)
    photos = call.session.portraits.pop(who, [])
    if not photos:
        raise SafetyRefusal("no photo has come", remedy="Drop three or four photos of this person onto the page.")
    done = call.school.recognition.enrol(who, photos)
    person = done.result.people[0]
    used = len(person.templates)
    return JSONResponse(
        {
            "used": used,
            "kept": 0 if used else call.school.register.dossier(who, ()).templates,
            "because": person.refused_because,
            "photos": [photo.rejected_because for photo in person.photos],
            "alike": len(done.unruled),
        }
    )


def destroy(call: Call) -> Response:
    """Destroy what was learned about the person; the consent on record stays."""
    who = who_of(call)
    destroyed = call.school.register.delete_templates(who)
    call.session.notice = f"{count(destroyed, 'face template')} destroyed."
    return see_other(f"/people/{who}")
