"""One photo: its page, its pictures, who may be shown in it, and what a person says about its faces."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from anonymiser import wording
from anonymiser.desk.acts import acts_from_page, photo_to_page, published_path
from anonymiser.desk.queue import next_of, place_in_queue
from anonymiser.desk.routes import Call
from anonymiser.desk.today import event_key
from anonymiser.errors import UsageError
from anonymiser.school import School
from anonymiser.school.views import PhotoView, Standing, View
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import WORRYING, Code

SCREEN_PIXELS = 2000
"""Longest side of a picture of the original: enough to know a face in a class photo, and no more than a screen has."""
LIST_PIXELS = 480
"""The same in a list: twice as wide as it is shown, for screens with small pixels."""


def page(call: Call) -> Response:
    """The photo, large, with everything that is known about it."""
    view = call.school.desk.photo(call.parts["item"])
    place, total = place_in_queue(call, view)
    undo, call.session.undo = call.session.undo, ""
    standing = view.summary.standing
    return call.page(
        "photo.html",
        view=view,
        waits=standing is Standing.WAITS,
        released=standing is Standing.RELEASED,
        rejected=standing is Standing.REJECTED,
        recognising=call.school.has_register and call.school.register.gate().open,
        held=Code.HOLD() in view.summary.reasons,
        data=photo_to_page(view, names_of(call.school, view)),
        place=place,
        total=total,
        next=next_of(call, view),
        worrying=_worries(view),
        undo=undo,
        key=event_key(view.summary.event),
        output=call.school.workspace.root / view.output if view.output else "",
    )


def published(call: Call) -> Response:
    """The copy, byte for byte, if it is still the one that the page speaks of."""
    view = call.school.desk.photo(call.parts["item"])
    if view.sha256 != call.parts["sha"]:
        raise UsageError("the copy has changed since the page was made", remedy="Reload the page.")
    return _jpeg(call.school.desk.picture(view.id, View.PUBLISHED, SCREEN_PIXELS))


def before(call: Call) -> Response:
    """The original on the screen: made for this look, without anything but pixels.

    The page asks for it once the copy can be seen. So the worker that would make another copy starts now, and not
    while somebody waits for the first one.
    """
    data = call.school.desk.picture(call.parts["item"], View.BEFORE, SCREEN_PIXELS)
    call.school.desk.warm_up()
    return _jpeg(data)


def ahead(call: Call) -> Response:
    """Where the copy is that comes next, for the page to fetch it meanwhile; nothing of a picture behind a button."""
    following = next_of(call, call.school.desk.photo(call.parts["item"]))
    view = call.school.desk.photo(following) if following else None
    seen = view is not None and view.summary.standing is Standing.WAITS and not _worries(view)
    return JSONResponse({"picture": published_path(view) if view is not None and seen else ""})


def small(call: Call) -> Response:
    """The copy for a list."""
    return _jpeg(call.school.desk.picture(call.parts["item"], View.SMALL, LIST_PIXELS))


def people(call: Call) -> Response:
    """Everybody who could be chosen for a face, and why some cannot."""
    found = call.school.desk.candidates(call.parts["item"])
    return JSONResponse(
        [
            {
                "person": candidate.person,
                "name": f"{candidate.surname}, {candidate.forename}",
                "groups": ", ".join(candidate.groups),
                "near": candidate.in_group,
                "why": wording.say(candidate.why_not) if candidate.why_not else "",
            }
            for candidate in found
        ]
    )


def who(call: Call) -> Response:
    """Whom one face may show, likeliest first: worked out for this question, and kept nowhere."""
    parts = call.parts
    found = call.school.desk.suggestions(parts["item"], int(parts["number"]), seen=parts["sha"])
    return JSONResponse(list(found))


def rule(call: Call) -> Response:
    """Make the copy again with what the person says; answers with the photo as it is then."""
    acts = acts_from_page(call.form.get("acts"))
    view = call.school.desk.rule(call.parts["item"], acts, by=call.by, seen=call.form.get("seen"))
    return JSONResponse(photo_to_page(view, names_of(call.school, view)))


def names_of(school: School, view: PhotoView) -> dict[PersonId, str]:
    """Names of those who are known in the photo, as people call them; a number if two have the same."""
    wanted = {face.person for face in view.faces if face.person}
    if not wanted or not school.has_register:
        return {}
    return {
        person.id: f"{person.names.preferred or person.names.forename} {person.names.surname}".strip()
        for person in school.register.people()
        if person.id in wanted
    }


def _worries(view: PhotoView) -> bool:
    return any(reason.code in WORRYING for reason in view.summary.reasons)


def _jpeg(data: bytes) -> Response:
    return Response(data, media_type="image/jpeg")
