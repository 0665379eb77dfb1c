"""A file that changed after it was decided on is taken once more: nothing rests on bytes that were only half there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePath

from anonymiser.delivery.quarantine import Quarantine
from anonymiser.delivery.site import Site
from anonymiser.delivery.takedown import make_anew, share_anew
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.values.report import OutcomeKind

_NOT_PROCESSED = (OutcomeKind.QUARANTINED, OutcomeKind.FAILED)


def resting_places(site: Site, item_ids: Iterable[str]) -> dict[str, Path]:
    """By item id, where the file of each finished item is: archived, or in quarantine. Lists each folder once."""
    wanted = set(item_ids)
    found = {item_id: path for item_id, path in Quarantine(site).files().items() if item_id in wanted}
    for day in {item_id.partition("-")[0] for item_id in wanted}:
        with contextlib.suppress(OSError), os.scandir(site.workspace.originals / day) as entries:
            for entry in entries:
                item_id = "-".join(entry.name.split("-", 2)[:2])
                if item_id in wanted:
                    found[item_id] = Path(entry.path)
    return found


def resting_place(site: Site, item: Item, claimed: Path) -> Path:
    """Where the source of a finished item is that was `claimed` before."""
    if item.outcome in _NOT_PROCESSED:
        own = site.deliverer.work_folder(item.id) / "in"
        folder = claimed.parent.relative_to(own) if claimed.is_relative_to(own) else PurePath()
        return site.workspace.quarantine / folder / claimed.name
    return site.workspace.originals / item.id.partition("-")[0] / claimed.name


def take_again(site: Site, item: Item, source: Path) -> None:
    """Have the item's file, which has changed and is `source`, processed anew by the run that calls this.

    A copy that was made from the earlier bytes is taken back. What was sealed stays sealed. Raises OSError if a file is
    in use, in which case nothing is lost, and the call may be repeated. Call it with the review lock held.
    """
    if item.state is not State.DONE or item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
        return
    if item.waits_for_a_person:
        site.ledger.reopen(item)
        with contextlib.suppress(OSError):  # Intake removes what stays before it goes on with the row
            site.deliverer.remove_review_files(item)
    elif item.outcome in _NOT_PROCESSED:
        Quarantine(site).take_anew(item, source)
    elif item.outcome is OutcomeKind.DUPLICATE or item.verdict is ReviewVerdict.REJECTED:
        share_anew(site, item, source)
    elif item.id not in site.ledger.replacements():
        make_anew(site, item)
    site.ledger.drop_look(item.id)
