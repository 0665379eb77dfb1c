"""The queue of photos that wait, and verdicts: one look, one verdict, and each can be undone but one."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from anonymiser.desk import photo
from anonymiser.desk.pages import see_other
from anonymiser.desk.queue import next_of, open_event, stand_in
from anonymiser.desk.routes import Call
from anonymiser.desk.today import event_key
from anonymiser.errors import AnonymiserError, SafetyRefusal, UsageError
from anonymiser.school.views import PhotoView, Standing
from anonymiser.values.report import OutcomeKind


def events(call: Call) -> Response:
    """Events with photos that wait."""
    queue = Counter(event for _, event in call.school.events.waiting())
    undo, call.session.undo = call.session.undo, ""
    listed = [(event_key(event), event, number) for event, number in queue.items()]
    others = [
        (event_key(entry.event), entry)
        for entry in call.school.events.overview().events
        if entry.released or entry.not_used
    ]
    return call.page("review.html", events=listed, others=others, undo=undo, outbox=call.school.workspace.outbox)


def start(call: Call) -> Response:
    """The first photo of an event that nobody has decided."""
    first = open_event(call, call.parts["key"])
    return see_other(f"/photo/{first}" if first else "/review")


def decided(call: Call) -> Response:
    """Photos of an event that were released or not used, to open them again, and files that were refused, with why."""
    key = call.parts["key"]
    photos = [summary for summary in reversed(call.school.desk.photos()) if event_key(summary.event) == key]
    found = [summary for summary in photos if summary.standing in (Standing.RELEASED, Standing.REJECTED)]
    refused = [summary for summary in photos if summary.outcome in (OutcomeKind.QUARANTINED, OutcomeKind.FAILED)]
    if not found and not refused:
        return see_other("/review")
    return call.page("decided.html", event=(found or refused)[0].event, photos=found, refused=refused)


def approve(call: Call) -> Response:
    """Release the copy that was on the screen, and no other."""
    return _verdict(
        call, lambda item: call.school.desk.approve(item, by=call.by, seen=call.form.get("seen")), "Approved"
    )


def reject(call: Call) -> Response:
    """Do not use the photo."""
    return _verdict(call, lambda item: call.school.desk.reject(item, by=call.by), "Rejected")


def ask_refer(call: Call) -> Response:
    """Say what referring means, before it is done: it cannot be undone here."""
    view = call.school.desk.photo(call.parts["item"])
    if view.summary.standing is not Standing.WAITS:
        return see_other(f"/photo/{view.id}")
    return call.page("refer.html", item=view.id)


def refer(call: Call) -> Response:
    """Put photo and copy out of sight, for the safeguarding lead."""
    if call.school.desk.photo(call.parts["item"]).summary.standing is not Standing.WAITS:
        raise UsageError(
            "this photo was decided in the meantime, so it is not put aside",
            remedy=f"Tell the safeguarding lead, and nobody else, that photo {call.parts['item']} worries you.",
        )
    response = _verdict(call, lambda item: call.school.desk.refer(item, by=call.by), "Referred")
    call.session.undo = ""
    call.session.notice = (
        "The photo is put aside for the safeguarding lead. Tell them, and nobody else, that it is there."
    )
    return response


def undo(call: Call) -> Response:
    """Take a verdict back: the photo waits again."""
    view = call.school.desk.take_back(call.parts["item"], by=call.by)
    stand_in(call, call.parts["item"], view)
    call.session.notice = "The verdict is undone. The photo waits again."
    return see_other(f"/photo/{view.id}")


def reopen(call: Call) -> Response:
    """Open a released photo again: its copy is taken out of the outbox, and another is made."""
    view = call.school.desk.reopen(call.parts["item"], by=call.by)
    stand_in(call, call.parts["item"], view)
    call.session.notice = "The copy is out of the outbox, and the photo waits again."
    return see_other(f"/photo/{view.id}")


def _verdict(call: Call, act: Callable[[str], PhotoView], word: str) -> Response:
    item = call.parts["item"]
    before = call.school.desk.photo(item)
    if before.summary.standing is not Standing.WAITS:
        return _decided_meanwhile(call, item)
    following = next_of(call, before)
    try:
        view = act(item)
    except SafetyRefusal:
        call.office.runner.start()  # consents have changed, perhaps: it is then processed again
        raise
    released = view.summary.standing is Standing.RELEASED and view.output
    call.session.notice = f"{word}. The copy may be published now: {view.output}." if released else f"{word}."
    call.session.undo = view.id
    if view.approved_by:
        call.session.notice, call.session.undo = f"{word}. It needs a second person.", ""
    return _turned(call, following) if call.form.get("turn") else see_other(_path(following))


def _decided_meanwhile(call: Call, item: str) -> Response:
    """In another window, or by somebody else: the photo is shown as it is now, and nothing is done."""
    call.session.notice = "This photo was decided in the meantime. Nothing was changed: this is how it is now."
    path = f"/photo/{item}"
    return Response(status_code=204, headers={"content-location": path}) if call.form.get("turn") else see_other(path)


def _turned(call: Call, following: str | None) -> Response:
    """The next page itself, for a page that puts it in its own place: a redirect would take another journey."""
    headers = {"content-location": _path(following)}
    if following:
        with contextlib.suppress(AnonymiserError):  # the verdict stands, and the browser finds out by itself
            page = photo.page(replace(call, asked=replace(call.asked, parts={"item": following})))
            page.headers.update(headers)
            return page
    return Response(status_code=204, headers=headers)


def _path(following: str | None) -> str:
    return f"/photo/{following}" if following else "/review"
