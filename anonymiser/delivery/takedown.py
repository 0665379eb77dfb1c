"""Published copies in which somebody is visible: where they are, and how to replace them with copies without them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import PhotoBusy
from anonymiser.ledger.item import Item, State
from anonymiser.locks import review_lock
from anonymiser.values.consent import Event
from anonymiser.values.decision import Keep
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Rulings

_LEFT = "left-in-outbox"


@dataclass(frozen=True, slots=True)
class Shown:
    """One past output that shows a person, or may."""

    item: Item
    certain: bool
    """False if the face was taken for somebody else who looks like the person."""
    agreed: bool
    """Whether the person still agrees to this purpose today."""
    places: tuple[str, ...]
    """Where staff say it is published; empty if nobody has said."""
    taken_down: tuple[str, ...]
    """Where staff say it was published, and is no longer."""
    in_outbox: bool
    """False once somebody has moved the copy out of the outbox, which is how copies get published."""
    replaced_by: str | None
    """The item that was made to replace it."""

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

    `granted` says who agrees to an event's purpose and medium today. A copy whose delivery was cut short counts from
    the moment it can be seen.
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
            taken_down=site.ledger.taken_down(item),
            in_outbox=(site.workspace.root / str(item.output)).is_file(),
            replaced_by=replacements.get(item.id),
        )
        for item in site.ledger.showing(person)
        if item.state is State.DONE or _may_be_out(site, item)
    ]


def _may_be_out(site: Site, item: Item) -> bool:
    try:
        return site.deliverer.was_placed(item)
    except OSError:
        return True


@dataclass(frozen=True, slots=True)
class Reissued:
    """The copy is no longer in the outbox, and the next run makes another."""

    item: Item


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The copy is no longer in the outbox; its original is not archived here, so the photo must be put in again."""

    item: Item


@dataclass(frozen=True, slots=True)
class NotTakenBack:
    """The copy is still there."""

    item: Item
    trouble: PhotoBusy


def reissue_each(site: Site, items: Iterable[Item]) -> list[Reissued | TakenBack | NotTakenBack]:
    """`reissue` for every item; if another program has one copy open, the others do not wait for it.

    What is not taken back is written down for `reissue_left`. Raises DiskFullError. Called with the review lock held.
    """
    items = list(items)
    left = [item_id for item_id in left_behind(site) if item_id not in {item.id for item in items}]
    made: list[Reissued | TakenBack | NotTakenBack] = []
    for item in items:
        try:
            again = reissue(site, item)
        except PhotoBusy as trouble:
            made.append(NotTakenBack(item, trouble))
        else:
            made.append(TakenBack(item) if again is None else Reissued(item))
    left += [entry.item.id for entry in made if isinstance(entry, NotTakenBack)]
    if left != left_behind(site):
        site.ledger.remember(_LEFT, dict.fromkeys(left, 1))
    return made


def left_behind(site: Site) -> list[str]:
    """Ids of photos whose copies were to be replaced, and that another program had open then."""
    return list(site.ledger.recall(_LEFT) or {})


def reissue_left(site: Site) -> None:
    """Try once more what `reissue_each` could not do; what still cannot be done stays for the next time.

    Raises DiskFullError, and WorkspaceBusy where somebody is deciding photos.
    """
    if not (left := left_behind(site)):
        return
    with review_lock(site.workspace.data):
        replaced = site.ledger.replacements()
        items = [site.ledger.get(item_id) for item_id in left]
        due = [item for item in items if item is not None and item.id not in replaced]
        site.ledger.remember(_LEFT, dict.fromkeys((item.id for item in due), 1))
        with files.waiting(()):
            reissue_each(site, due)


def reissue(site: Site, item: Item) -> Item | None:
    """Take an item's copy out of the outbox, and put its original in for processing again under a new id.

    The old row stays as it is: it records what was published. Returns the new item, which the next run processes, or
    None if the original is not archived here. An item that is still being delivered is returned as it is: the next
    run finds that consents have changed, takes its copy back and makes it again. May be repeated after a crash: the
    copy goes first, and an item counts as replaced from the moment the new one exists.

    Raises PhotoBusy if another program has the copy or the original open, and DiskFullError.
    """
    item = site.ledger.get(item.id) or item
    if item.state is not State.DONE:
        return item
    try:
        with files.full_disk_is_said():
            return make_anew(site, item)
    except OSError as error:
        raise PhotoBusy(
            f"the copy of photo {item.id} was not replaced: {files.why(error)}",
            remedy="Close it there; the next batch, or watch at its next look, tries again.",
        ) from None


def reopen(site: Site, item: Item, rulings: Rulings) -> Item:
    """Take a released copy out of the outbox, and put its original in under a new id, with what people say about it.

    The new row is the intent: from then on the copy counts as replaced, and `finish_reopening` does what a crash left
    undone. The caller knows that the original is archived here. Raises OSError if a file cannot be moved now; then
    nothing was done, unless the copy has gone already.
    """
    again = site.ledger.receive(item.origin, item.path_key, item.event, replaces=item, rulings=rulings)
    try:
        site.deliverer.retract(item)
    except OSError:
        site.ledger.withdraw(again)
        raise
    _put_in(site, item, again)
    return again


def finish_reopening(site: Site) -> None:
    """Do what a crash in `reopen` or `make_anew` left undone. Called with the review lock held; may be repeated.

    If another program has a file open, that photo is left for the next call. Raises OSError if the disk is full.
    """
    replaced = {by: item for item, by in site.ledger.replacements().items()}
    for again in site.ledger.unfinished():
        if again.state is State.RECEIVED and again.id in replaced and site.deliverer.source_of(again) is None:
            item = site.ledger.get(replaced[again.id])
            if item is not None and item.state is State.DONE and site.deliverer.source_of(item) is not None:
                try:
                    site.deliverer.retract(item)
                    _put_in(site, item, again)
                except OSError as error:
                    if files.is_full(error):
                        raise


def _put_in(site: Site, item: Item, again: Item) -> None:
    source = site.deliverer.source_of(item)
    if source is not None:
        site.deliverer.share(again, source, source.name.removeprefix(f"{item.id}-"))


def make_anew(site: Site, item: Item) -> Item | None:
    """As `reissue`, for an item in any state. Raises OSError if a file cannot be moved now."""
    site.deliverer.retract(item)
    source = site.deliverer.source_of(item)
    if source is None:
        return None
    return share_anew(site, item, source, replaces=item)


def share_anew(site: Site, item: Item, source: Path, *, replaces: Item | None = None) -> Item:
    """Put an original in for processing again under a new id; the old row stays as it is.

    A crash in between leaves a row without a source, which the next start withdraws. Raises OSError.
    """
    again = site.ledger.receive(item.origin, item.path_key, item.event, replaces=replaces, came_as=item)
    try:
        site.deliverer.share(again, source, source.name.removeprefix(f"{item.id}-"))
    except OSError:
        site.ledger.withdraw(again)
        site.deliverer.clear(again.id)
        raise
    return again
