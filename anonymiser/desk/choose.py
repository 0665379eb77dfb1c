"""Choosing photos of an event to publish: what could be taken first, why, and who is in no picture yet."""

from __future__ import annotations

from starlette.responses import Response

from anonymiser.desk.pages import see_other
from anonymiser.desk.routes import Call
from anonymiser.desk.today import event_key
from anonymiser.school.picking import Order, Pick
from anonymiser.school.views import Summary
from anonymiser.values.reasons import WORRYING


def choose(call: Call) -> Response:
    """The photos of one event, in the order that was asked for."""
    key = call.parts["key"]
    entries = call.school.events.overview().events
    event = next((entry.event for entry in entries if event_key(entry.event) == key), None)
    if event is None:
        return see_other("/")
    order = next((one for one in Order if one == call.asked.query.get("order")), Order.FEWEST_COVERED)
    selection = call.school.desk.selection(event, order, _worrying)
    return call.page(
        "choose.html",
        event=event,
        key=key,
        order=order,
        selection=selection,
        why=_why,
        worrying=_worrying,
    )


def _worrying(summary: Summary) -> bool:
    return any(reason.code in WORRYING for reason in summary.reasons)


def _why(pick: Pick, alike: int) -> str:
    """What speaks for a photo, in words."""
    counts = pick.summary.counts
    if not counts.shown and not counts.covered:
        people = "nobody is in it"
    elif not counts.covered:
        people = f"nobody covered, {counts.shown} shown"
    else:
        people = f"{counts.shown} shown, {counts.covered} covered"
    return f"{people}, the sharpest of {alike} that look alike" if pick.sharpest else people
