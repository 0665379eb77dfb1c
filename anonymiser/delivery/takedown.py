"""Published copies in which somebody is visible: where they are, and copies without the person instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from anonymiser.delivery.site import Site
from anonymiser.errors import UsageError
from anonymiser.ledger.item import Item
from anonymiser.values.consent import Event
from anonymiser.values.decision import Keep
from anonymiser.values.people import PersonId


@dataclass(frozen=True, slots=True)
class Shown:
    """One past output that shows a person, or may."""

    item: Item
    certain: bool
    """False where the face was taken for somebody else, who looks like the person."""
    agreed: bool
    """Whether the person still agrees to this purpose today."""
    places: tuple[str, ...]
    """Where staff say that it was published; empty where nobody has said."""
    in_outbox: bool
    """False once somebody has moved the copy out of the outbox, which is how copies get published."""
    replaced_by: str | None
    """Item that was made instead of it."""

    @property
    def date(self) -> dt.date:
        """Of the event; else of the photo; else of the copy."""
        if self.item.event.date is not None:
            return self.item.event.date
        if self.item.report.taken_on is not None:
            return dt.date.fromisoformat(self.item.report.taken_on)
        return (self.item.finished_at or self.item.received_at).date()


def outputs_showing(site: Site, person: PersonId, granted: Callable[[Event], frozenset[PersonId]]) -> list[Shown]:
    """Every released copy that shows the person, oldest first; duplicates of a photo share its copy.

    `granted` says who agrees to an event's purpose and medium today.
    """
    replacements = site.ledger.replacements()
    return [
        Shown(
            item=item,
            certain=any(
                isinstance(face.decision, Keep) and face.decision.person == person for face in item.report.faces
            ),
            agreed=person in granted(item.event),
            places=site.ledger.places(item),
            in_outbox=(site.workspace.root / str(item.output)).is_file(),
            replaced_by=replacements.get(item.id),
        )
        for item in site.ledger.showing(person)
    ]


def reissue(site: Site, item: Item) -> Item | None:
    """Take an item's copy out of the outbox and its original into work once more, under a new id.

    The old row stays as it is: it tells what was published. Returns the new item, which the next run processes, or
    None where the original is not archived here. May be repeated after a crash: the copy goes first, and an item
    counts as replaced from the moment at which the new one exists.

    Raises UsageError where another program has the copy open.
    """
    try:
        site.deliverer.retract(item)
    except PermissionError:
        raise UsageError(
            f"the copy of photo {item.id} is open in another program", remedy="Close it and try again."
        ) from None
    source = site.deliverer.source_of(item)
    if source is None:
        return None
    again = site.ledger.receive(item.origin, item.path_key, item.event, replaces=item)
    site.deliverer.share(again, source, source.name.removeprefix(f"{item.id}-"))
    return again
