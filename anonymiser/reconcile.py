"""Does every row have its file, and every file its row?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser.delivery.expired import ORIGINAL, SEALED
from anonymiser.delivery.site import Site
from anonymiser.delivery.takedown import left_behind
from anonymiser.intake.claim import Ignored, listing
from anonymiser.ledger.item import Origin, ReviewVerdict, State, Whereabouts
from anonymiser.values.report import OutcomeKind


@dataclass(slots=True)
class Account:
    """The ledger compared with the disk."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """Rows by outcome."""
    waiting: int = 0
    """Photos in review that nobody has decided."""
    in_work: int = 0
    """Rows without a terminal state; the next run continues with them."""
    undelivered: list[str] = field(default_factory=list)
    """Ids of those that are decided but whose files are not all where they belong: another program has one open, the
    last run was stopped, or a run is working on it now."""
    released: int = 0
    """Copies that went to the outbox, at once or after review."""
    taken: int = 0
    """Released copies that somebody has moved out of the outbox, as they should."""
    replaced: int = 0
    """Released copies that were taken back because somebody in them no longer agrees, and made again."""
    differences: list[str] = field(default_factory=list)
    """What does not fit, in plain English; items are named by id, files that the program did not make by folder."""


def reconcile(site: Site) -> Account:
    """Go through every row and every folder once."""
    account = Account()
    known: set[str] = set()
    replacements = site.ledger.replacements()
    archived = {"-".join(path.name.split("-", 2)[:2]) for path in site.workspace.originals.glob("*/*")}
    archived |= site.ledger.deleted(ORIGINAL)
    unsealed = site.ledger.deleted(SEALED)
    for item in site.ledger.whereabouts():
        if item.state is not State.DONE:
            account.in_work += 1
            if item.state is State.DELIVERING:
                account.undelivered.append(item.id)
                known |= {str(item.output), f"review/{item.id}.jpg"}
            continue
        account.outcomes[str(item.outcome)] += 1
        account.waiting += item.waits_for_a_person
        if item.output:
            if item.id in replacements:
                account.replaced += 1
            elif item.output.startswith("outbox/"):
                account.released += 1
                account.taken += not (site.workspace.root / item.output).exists()
            known.add(item.output)
        account.differences += _missing(site, item, archived, unsealed)
    account.differences += [
        f"the copy of photo {item_id} should have been taken out of the outbox, and another program had it open: the "
        "next batch, or watch, tries again"
        for item_id in left_behind(site)
    ]
    account.differences += _strangers(site, known)
    return account


def _missing(site: Site, item: Whereabouts, archived: set[str], unsealed: frozenset[str]) -> Iterator[str]:
    workspace = site.workspace
    copies = [folder / f"{item.id}.jpg" for folder in (workspace.review, workspace.approve, workspace.reject)]
    if item.waits_for_a_person and not any(copy.exists() for copy in copies):
        yield f"{item.id} waits for a person, but its copy is gone"
    if item.origin is Origin.ELSEWHERE:
        return
    if item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
        if item.id not in unsealed and not (workspace.sealed / item.id).exists():
            yield f"{item.id} was sealed, but it is not in the sealed folder"
    elif item.outcome in {OutcomeKind.RELEASED, OutcomeKind.REVIEW, OutcomeKind.DUPLICATE} and item.id not in archived:
        yield f"{item.id} was processed, but its original is gone"


def _strangers(site: Site, known: set[str]) -> Iterator[str]:
    root = site.workspace.root
    for folder in (site.workspace.outbox, site.workspace.review):
        for entry in listing(root, folder):
            place = entry.relative.as_posix()
            own = place in known or f"review/{Path(place).stem}.jpg" in known
            if not isinstance(entry, Ignored) and not own:
                yield f"a file in {entry.relative.parent.as_posix()} was not made by this program"
