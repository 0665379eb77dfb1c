"""Finishes what was promised but not done, and undoes what must no longer be done, item by item.

A start does this for everything that an earlier run left behind. A run does it again for files that another program had
open. Anything that still cannot be finished stays as it is until the next time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.quarantine import Quarantine
from anonymiser.delivery.site import DRY_RUN_PREFIX, Site
from anonymiser.delivery.takedown import finish_reopening, make_anew
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, OutcomeKind, PhotoReport

_CUT_SHORT = "the program was stopped while it released this copy, or another program had it open"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the row promised is done."""

    item: Item


@dataclass(frozen=True, slots=True)
class Recalled:
    """The copy was in the outbox when consents changed; it is there no longer."""

    item: Item
    again: Item | None
    """The item that makes another copy; None if the original is not archived here."""


@dataclass(frozen=True, slots=True)
class Undone:
    """Nobody has seen the copy, and nobody will."""

    item: Item | None
    """To be processed again, or waiting for a person again; None if its row has gone too."""


def recover(site: Site) -> None:
    """Bring every row either to `done` or to where Intake.run can take it up; leave no stray file in work.

    Call it with both locks held, before anything new is begun. Raises DiskFullError; if another program has a file of
    an item open, the item stays `delivering`.
    """
    with files.full_disk_is_said():
        finish_reopening(site)
        for item in site.ledger.unfinished():
            with _left_for_later():
                _recover(site, item)
        for folder in list(site.workspace.work.iterdir()):
            with _left_for_later():
                _tidy(site, folder)
        with _left_for_later():
            Quarantine(site).finish_restoring()
        for folder in (site.workspace.review, site.workspace.quarantine, site.workspace.sealed):
            for unfinished in files.unfinished_notes(folder):
                with _left_for_later():
                    files.unlink(unfinished)


@contextmanager
def _left_for_later() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if files.is_full(error):
            raise


def _recover(site: Site, item: Item) -> None:
    if item.state is State.DELIVERING:
        bring_to_end(site, item)
    elif item.origin is Origin.ELSEWHERE:
        # Nothing was taken; the file is found again when its folder is given again.
        site.deliverer.remove_review_files(item)
        site.ledger.withdraw(item)
    elif site.deliverer.source_of(item) is None:
        _account_for_missing(site, item)


def bring_to_end(site: Site, item: Item, original: Path | None = None) -> Delivered | Recalled | Undone:
    """Finish the delivery of a `delivering` item, or undo it where it may not be finished any more.

    `original` is the source of an item that stays in its own folder, where the caller knows it. Raises OSError if
    the item is left as it is. Whoever calls is the only one who works on the item.
    """
    deliverer = site.deliverer
    if item.staged is None:
        return Delivered(deliverer.finish(item, original))
    up_to_date = item.context == site.basis(item).digest and not site.ledger.was_sealed(item.sha256 or "")
    if deliverer.was_placed(item):
        if up_to_date or not str(item.output).startswith("outbox/"):
            return Delivered(deliverer.finish(item, original))  # approval asks for the consents of a copy in review
        return _recall(site, item)
    if up_to_date and files.is_confirmed(deliverer.staged_copy(item), item.output_sha256):
        return Delivered(deliverer.finish(item, original))
    return Undone(_undo(site, item))


def _recall(site: Site, item: Item) -> Recalled:
    """A copy was in the outbox, perhaps seen, when consents changed: remove it, record that, and make a new one.

    Each step may be repeated, and in this order no crash leaves the copy in the outbox or makes two new ones.
    """
    files.unlink(site.deliverer.staged_copy(item))
    replacement = site.ledger.replacements().get(item.id)
    again = site.ledger.get(replacement) if replacement else None
    if again is not None and again.state is State.RECEIVED and site.deliverer.source_of(again) is None:
        site.ledger.withdraw(again)  # a crash came before it had its source
        again = None
    if again is None:
        again = make_anew(site, item)
    return Recalled(site.deliverer.finish(item), again)


def _undo(site: Site, item: Item) -> Item | None:
    """Nobody has seen the copy, and nobody may."""
    staged = site.deliverer.staged_copy(item)
    if site.deliverer.source_of(item) is not None:
        item = site.ledger.reopen(item)
        site.deliverer.clear(item.id)
        return item
    if item.verdict is not None:
        # The row first: the next start puts back a copy without a promise, but a promise without a copy is lost.
        item = site.ledger.undecide(item)
        site.deliverer.return_to_review(item, staged, _CUT_SHORT)
        return item
    site.deliverer.remove_review_files(item)
    site.ledger.withdraw(item)
    site.deliverer.clear(item.id)
    return None


def _account_for_missing(site: Site, item: Item) -> None:
    if item.state is State.RECEIVED:
        site.ledger.withdraw(item)
        return
    report = PhotoReport(Failed((Code.GONE(),)))
    site.deliverer.finish(site.deliverer.promise(replace(item, outcome=OutcomeKind.FAILED, report=report), None))


def return_stranded_copies(site: Site) -> None:
    """If a verdict had begun but was not written down, let the copy wait again. Call it with the review lock held."""
    for folder in list(site.workspace.work.iterdir()):
        item = site.ledger.get(folder.name)
        if item is not None and item.waits_for_a_person:
            with _left_for_later():
                _return_stranded_copy(site, item)


def _return_stranded_copy(site: Site, item: Item) -> None:
    for path in site.deliverer.stranded(item.id):
        waits = site.deliverer.review_copy(item.id)
        if files.is_confirmed(path, item.output_sha256) or not waits.exists():
            site.deliverer.return_to_review(item, path, _CUT_SHORT)


def _tidy(site: Site, folder: Path) -> None:
    if folder.name.startswith(DRY_RUN_PREFIX):
        files.remove_tree(folder)
        return
    item = site.ledger.get(folder.name)
    if item is not None and item.waits_for_a_person:
        _return_stranded_copy(site, item)
    if item is None:
        _give_back(site, folder)
    if item is None or item.state is State.DONE:
        site.deliverer.clear(folder.name)
    elif item.state is not State.DELIVERING:
        site.deliverer.drop_staged(item.id)


def _give_back(site: Site, folder: Path) -> None:
    """Sources without a row (the ledger was lost or replaced) go back to the inbox."""
    for path in list((folder / "in").rglob("*")):
        if path.is_file():
            place = site.workspace.inbox / path.parent.relative_to(folder / "in")
            files.make_folder(place)
            with contextlib.suppress(FileExistsError):
                files.move_new(path, place / path.name.removeprefix(f"{folder.name}-"))
