"""Published copies: who is shown in them, where they are, and how they are taken back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from anonymiser.consent.erasure import Erased
from anonymiser.consent.register import Register
from anonymiser.delivery import takedown
from anonymiser.delivery.site import Site
from anonymiser.delivery.takedown import Shown, outputs_showing, reissue_each
from anonymiser.errors import PhotoBusy, RegisterError, UsageError
from anonymiser.ledger.item import Item
from anonymiser.locks import is_working, review_lock
from anonymiser.values.consent import Event
from anonymiser.values.people import PersonId


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Copies that are no longer in the outbox because somebody in them no longer agrees."""

    queued: int
    """Photos that are being processed again, to be copied without the person."""
    without_original: tuple[str, ...]
    """Items whose original is not archived here: it must be put in again."""
    still_there: tuple[PhotoBusy, ...]
    """Copies that another program has open, each with what to do about it."""
    left_to_another_run: bool
    """True if a run that is active now makes the new copies; else `School.resume` does."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted about one person."""

    erased: Erased
    mentions: int
    """Places in the ledger that named the person's id."""
    copies: tuple[Shown, ...]
    """Published copies that show them; this list cannot be made again."""


def showing(site: Site, register: Register, person: PersonId) -> tuple[Shown, ...]:
    """As of now; it also works with a register that is too old to publish by."""

    @functools.cache
    def granted(event: Event) -> frozenset[PersonId]:
        return register.snapshot(event).granted

    return tuple(outputs_showing(site, person, granted))


def take_back(site: Site, register: Register, person: PersonId) -> TakenBack:
    """Take every copy that the person no longer agrees to out of the outbox, and process its original again."""
    due = [shown.item for shown in showing(site, register, person) if not shown.agreed and shown.replaced_by is None]
    with review_lock(site.workspace.data):
        made = reissue_each(site, due)
    queued = sum(isinstance(entry, takedown.Reissued) for entry in made)
    return TakenBack(
        queued=queued,
        without_original=tuple(entry.item.id for entry in made if isinstance(entry, takedown.TakenBack)),
        still_there=tuple(entry.trouble for entry in made if isinstance(entry, takedown.NotTakenBack)),
        left_to_another_run=queued > 0 and is_working(site.workspace.data),
    )


def forget(site: Site, register: Register, person: PersonId) -> Forgotten:
    """Delete everything about one person, then look for traces in every file of `data/`.

    Raises RegisterError if one is found.
    """
    copies = showing(site, register, person)
    known_as = next((known.names.full for known in register.people() if known.id == person), ())
    # Twice: a run beside this one may write a last report between the first and the register's answer.
    mentions = site.ledger.forget_person(person, known_as)
    erased = register.forget(person)
    mentions += site.ledger.forget_person(person, known_as)
    data = site.workspace.data
    if left := erased.found_in(path for path in data.rglob("*") if path.is_file()):
        raise RegisterError(
            f"{person} is deleted, but {left[0].relative_to(data)} still holds something of it",
            remedy="Stop every other anonymise, run anonymise status, and look again.",
        )
    return Forgotten(erased, mentions, copies)


def record_place(site: Site, copies: Sequence[str], place: str) -> int:
    """Remember that `copies` (file names or ids) were published at `place`; returns how many.

    Raises UsageError if the place is blank or names somebody, or a copy does not belong to this workspace.
    """
    if not place or site.contexts.names_someone(place):
        raise UsageError(
            "the place is empty, or holds the name of somebody in the register",
            remedy="Describe it without names: this record outlives the people in it.",
        )
    items = _released(site, copies)
    for item in items:
        site.ledger.publish(item, place)
    return len(items)


def record_taken_down(site: Site, copies: Sequence[str], place: str) -> int:
    """Remember that `copies` are no longer at `place`, or without one at any of their places; returns how many.

    Raises UsageError if a copy does not belong to this workspace, or is not recorded as published there.
    """
    items = _released(site, copies)
    places = {item.id: [here for here in site.ledger.places(item) if place in {"", here}] for item in items}
    if elsewhere := [item.id for item in items if not places[item.id]]:
        raise UsageError(
            f"{len(elsewhere)} of these are not recorded as published {'there' if place else 'anywhere'}",
            remedy="anonymise find PERSON shows where each copy is published; give the place in the same words.",
        )
    for item in items:
        for here in places[item.id]:
            site.ledger.take_down(item, here)
    return len(items)


def _released(site: Site, copies: Sequence[str]) -> list[Item]:
    found = {name: site.ledger.released_as(name.replace("\\", "/")) for name in copies}
    if unknown := [name for name, item in found.items() if item is None]:
        raise UsageError(
            f"{len(unknown)} of these are not copies that this workspace released",
            remedy="Give the file name as it was in the outbox, such as sports-day-2026-06-19-001.jpg.",
        )
    return list({item.id: item for item in found.values() if item is not None}.values())
