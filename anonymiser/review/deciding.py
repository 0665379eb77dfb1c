"""What everything that a person decides about a photo has in common: alone, on what they saw, told in plain English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anonymiser.delivery import files
from anonymiser.delivery.recovery import return_stranded_copies
from anonymiser.delivery.site import Site
from anonymiser.delivery.takedown import finish_reopening
from anonymiser.errors import ChangedSince, PhotoBusy, UsageError
from anonymiser.ledger.item import Item
from anonymiser.locks import review_lock


@contextmanager
def alone(site: Site) -> Iterator[None]:
    """Nobody else decides meanwhile, and what a crash left half done is finished first.

    Raises WorkspaceBusy while somebody else is deciding, DiskFullError from the block too.
    """
    with review_lock(site.workspace.data), files.full_disk_is_said():
        finish_reopening(site)
        return_stranded_copies(site)
        yield


@contextmanager
def told_in_plain_english(site: Site, item: Item) -> Iterator[None]:
    """Raise PhotoBusy, which says what stands and who tries again, where a file cannot be moved or read."""
    try:
        yield
    except OSError as error:
        if files.is_full(error):
            raise
        now = site.ledger.get(item.id)
        stands = f" is {now.verdict}, but that is not finished" if now and now.verdict else " was not decided"
        raise PhotoBusy(
            f"photo {item.id}{stands}: {files.why(error)}",
            remedy="Close it there; anonymise review list, the next batch or watch (within a minute) tries again.",
        ) from None


def known_item(site: Site, item_id: str) -> Item:
    """The item with this id. Raises UsageError if there is none."""
    item = site.ledger.get(item_id)
    if item is None:
        raise UsageError("there is no photo with this id", remedy="See: anonymise review list")
    return item


def require_seen(item: Item, seen: str | None) -> None:
    """Raise ChangedSince if the item's copy is not the one with the SHA-256 `seen`; None if nobody looked at one."""
    if seen is not None and item.output_sha256 != seen:
        raise ChangedSince(f"photo {item.id} has changed since you looked at it", remedy="Look at it again.")
