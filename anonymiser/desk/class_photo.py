"""A photo of a class in which faces are clicked and named: held in memory, learned from, and gone."""

from __future__ import annotations

import json

from starlette.responses import JSONResponse, Response

from anonymiser.desk.forms import MEGABYTE, Wrong
from anonymiser.desk.pages import count, see_other
from anonymiser.desk.photo import SCREEN_PIXELS
from anonymiser.desk.routes import Call, Visit
from anonymiser.desk.session import Naming
from anonymiser.errors import ChangedSince, SafetyRefusal, UsageError
from anonymiser.school.class_photo import ClassPhoto
from anonymiser.values.people import PersonId

_MOST_NAMES = 200
"""More faces than any photo of a class has."""


def group(call: Call, problem: Wrong | None = None) -> Response:
    """Which class is it? A photo that came before is gone."""
    if not call.school.has_register:
        return call.page("no-people.html")
    call.session.naming = None
    return call.page(
        "class-group.html",
        status=422 if problem else 200,
        problem=problem,
        because=call.school.recognition.why_nobody(),
        groups=call.school.recognition.class_photos.groups(),
    )


def choose(call: Call) -> Response:
    """Keep the class, and go on to the photo."""
    _require_open(call.school.recognition.why_nobody())
    chosen = call.form.get("group")
    if chosen not in call.school.recognition.class_photos.groups():
        return group(call, Wrong("group", "choose the class that is in the photo"))
    call.session.naming = Naming(chosen)
    return see_other("/recognition/class/photo")


def page(call: Call) -> Response:
    """Where the photo is dropped; once it has come, its faces."""
    naming = call.session.naming
    if naming is None or call.school.recognition.why_nobody():
        return see_other("/recognition/class")
    if naming.photo is None:
        largest = call.school.settings.intake.max_file_megabytes * MEGABYTE
        return call.page("class-drop.html", group=naming.group, largest=largest)
    photo = naming.photo
    people = call.school.recognition.class_photos.people(naming.group)
    data = {
        "key": photo.key,
        "size": photo.size,
        "picture": f"/recognition/class/photo/{photo.key}",
        "faces": [{"number": face.number, "box": face.box, "why": face.why_not} for face in photo.faces],
    }
    return call.page(
        "class-faces.html",
        group=naming.group,
        data=data,
        found=count(len(photo.faces), "face"),
        agreed=sum(one.in_group and not one.why_not for one in people),
        pupils=sum(one.in_group for one in people),
    )


async def receive(visit: Visit) -> Response:
    """The photo, as it comes; its file name is not sent. The gate is asked about before a byte is taken.

    Its faces are searched beside the school's thread, so that everybody else's pages go on; the gate is asked about
    again before the photo is kept.
    """
    thread = visit.office.thread
    _require_open(await thread.ask(lambda school: school.recognition.why_nobody()))
    naming = visit.asked.signed_in.naming
    if naming is None:
        raise UsageError("no class is chosen", remedy="Begin again with the class.")
    data = await visit.request.body()  # the guard caps it
    opened = await thread.ask(lambda school: school.recognition.class_photos.opening(SCREEN_PIXELS))
    photo = await thread.beside(lambda: opened(data))
    _require_open(await thread.ask(lambda school: school.recognition.why_nobody()))
    naming.photo = photo
    return JSONResponse({"faces": len(photo.faces)})


def picture(call: Call) -> Response:
    """The photo for the screen: made for this look, without anything but pixels."""
    photo = _photo(call)
    if photo is None or photo.key != call.parts["key"]:
        raise UsageError("this photo is gone", remedy="Begin again.")
    return Response(photo.picture, media_type="image/jpeg")


def people(call: Call) -> Response:
    """Everybody who could be chosen for a face, and why some cannot."""
    naming = call.session.naming
    found = call.school.recognition.class_photos.people(naming.group if naming else "")
    return JSONResponse(
        [
            {
                "person": one.person,
                "name": f"{one.surname}, {one.forename}",
                "groups": ", ".join(one.groups),
                "remark": "learned before" if one.learned and not one.why_not else "",
                "why": one.why_not,
            }
            for one in found
        ]
    )


def learn(call: Call) -> Response:
    """Learn who was named; the photo is gone afterwards, whatever became of each."""
    photo = _photo(call)
    if photo is None or photo.key != call.form.get("seen"):
        raise ChangedSince("this photo is gone, or another one has taken its place", remedy="Begin again.")
    named = _names(call.form.get("named"))
    call.session.learned = call.school.recognition.class_photos.learn(photo, named)
    call.session.naming = None
    return JSONResponse({"next": "/recognition/class/done"})


def leave(call: Call) -> Response:
    """Let go of the photo; nobody is learned."""
    call.session.naming = None
    call.session.notice = "Nobody was learned. The photo is gone."
    return see_other("/recognition")


def done(call: Call) -> Response:
    """What was learned and what was not, by name."""
    learned = call.session.learned
    if learned is None:
        return see_other("/recognition/class")
    names = {person.id: person.names for person in call.school.register.people()}
    return call.page(
        "class-done.html",
        learned=[names[person].full[0] for person in learned.learned if person in names],
        refused=[(names[person].full[0], why) for person, why in learned.refused if person in names],
        alike=learned.alike,
    )


def _require_open(because: str) -> None:
    if because:
        raise SafetyRefusal(f"nothing is learned: {because}", remedy="Switch face recognition on first.")


def _photo(call: Call) -> ClassPhoto | None:
    return call.session.naming.photo if call.session.naming else None


def _names(text: str) -> dict[int, PersonId]:
    """Numbers of faces, each with the person who was chosen. Raises UsageError for anything else."""
    try:
        given = json.loads(text)
        named = {int(number): PersonId(person) for number, person in given if isinstance(person, str)}
        whole = len(named) == len(given) <= _MOST_NAMES
    except (ValueError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise UsageError("the page sent no names", remedy="Reload the page.")
    return named
