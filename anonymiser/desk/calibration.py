"""Calibration as a page: on which photos, at which risk, how far it is, and what it promises."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from anonymiser.desk.forms import MEGABYTE, Wrong
from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Call, Visit
from anonymiser.desk.today import event_key
from anonymiser.errors import SafetyRefusal
from anonymiser.school.calibrating import RISKS, USUAL_FACES

MOST_PHOTOS = 300
"""That one browser may bring: some ten minutes of work, and more than the smallest risk needs."""


def page(call: Call, problem: Wrong | None = None) -> Response:
    """What is running, or what came of the last one; and below it the choice for the next."""
    if not call.school.has_register:
        return call.page("no-people.html")
    state = call.office.calibrator.state
    return call.page(
        "calibration.html",
        status=422 if problem else 200,
        problem=problem,
        because=call.school.recognition.why_nobody(),
        state=state,
        calibrated=state.calibrated,
        faces=USUAL_FACES,
        events=[(event_key(one.event), one) for one in call.school.recognition.calibrating.events()],
        risks=[(str(risk), f"1 in {risk:,}") for risk in RISKS],
        chosen=call.form.all("event"),
        risk=call.form.get("one-in"),
        photos=call.office.calibrator.photos,
        largest=call.school.settings.intake.max_file_megabytes * MEGABYTE,
    )


def start(call: Call) -> Response:
    """Begin with what was chosen."""
    if because := call.school.recognition.why_nobody():
        raise SafetyRefusal(f"nothing is measured: {because}", remedy="Switch face recognition on first.")
    keys = set(call.form.all("event"))
    found = [one for one in call.school.recognition.calibrating.events() if event_key(one.event) in keys]
    chosen = [one.event for one in found if not one.why_not]
    if not chosen and not call.office.calibrator.photos:
        return page(call, Wrong("event", "choose at least one event, or add photos"))
    if call.form.get("one-in") not in map(str, RISKS):
        return page(call, Wrong("one-in", "choose the risk that the school accepts"))
    call.office.calibrator.start(chosen, int(call.form.get("one-in")))
    return see_other("/recognition/calibrate")


def stop(call: Call) -> Response:
    """End it after the photo that is being looked at."""
    call.office.calibrator.stop()
    return see_other("/recognition/calibrate")


def progress(call: Call) -> Response:
    """How far it is, for the page that asks again and again."""
    state = call.office.calibrator.state
    return JSONResponse(
        {"running": state.running, "stopping": state.stopping, "done": state.done, "total": state.total}
    )


async def receive(visit: Visit) -> Response:
    """One photo, as it comes, into the folder for what is being processed; its file name is not sent."""
    if because := await visit.office.thread.ask(lambda school: school.recognition.why_nobody()):
        raise SafetyRefusal(f"nothing is measured: {because}", remedy="Switch face recognition on first.")
    calibrator = visit.office.calibrator
    with await visit.office.thread.ask(lambda school: school.recognition.calibrating.receive()) as upload:
        async for piece in visit.request.stream():
            upload.write(piece)
        upload.close()
        upload.kept = calibrator.keep(upload.part, MOST_PHOTOS)
    if not upload.kept:
        raise SafetyRefusal("these are too many photos at once", remedy=f"Give at most {MOST_PHOTOS}.")
    return JSONResponse({"received": calibrator.photos})


def forget_photos(call: Call) -> Response:
    """Remove the photos that were added for calibration."""
    call.office.calibrator.forget_photos()
    call.session.notice = "The photos that you added are removed."
    return see_other("/recognition/calibrate")
