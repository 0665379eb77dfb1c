"""The order in which photos are looked at. It is fixed when an event is opened, so that nothing jumps."""

from __future__ import annotations

from anonymiser.desk.routes import Call
from anonymiser.desk.today import event_key
from anonymiser.school.views import PhotoView


def waiting_ids(call: Call) -> dict[str, tuple[str, ...]]:
    """By the key of their event, ids of photos that wait, oldest first."""
    found: dict[str, list[str]] = {}
    for photo_id, event in call.school.events.waiting():
        found.setdefault(event_key(event), []).append(photo_id)
    return {key: tuple(ids) for key, ids in found.items()}


def open_event(call: Call, key: str) -> str | None:
    """Fix the order of an event's photos; the first that nobody has decided, or None."""
    waiting = waiting_ids(call).get(key, ())
    order = call.session.orders.get(key, ())
    if not any(item in order for item in waiting):
        order = ()
    call.session.orders[key] = (*order, *(item for item in waiting if item not in order))
    return next((item for item in call.session.orders[key] if item in waiting), None)


def place_in_queue(call: Call, view: PhotoView) -> tuple[int, int]:
    """Which photo of how many it is; (0, 0) if nobody opened its event."""
    order = call.session.orders.get(event_key(view.summary.event), ())
    return (order.index(view.id) + 1, len(order)) if view.id in order else (0, 0)


def next_of(call: Call, view: PhotoView) -> str | None:
    """The next photo of the event that waits, after this one, then from the beginning."""
    order = call.session.orders.get(event_key(view.summary.event), ())
    waiting = call.school.events.waiting_ids() - {view.id}
    start = order.index(view.id) + 1 if view.id in order else 0
    return next((item for item in (*order[start:], *order[:start]) if item in waiting), None)


def stand_in(call: Call, old: str, view: PhotoView) -> None:
    """A photo that was made again has another id, and keeps its place."""
    key = event_key(view.summary.event)
    order = call.session.orders.get(key, ())
    if old in order and view.id not in order:
        call.session.orders[key] = tuple(view.id if item == old else item for item in order)
