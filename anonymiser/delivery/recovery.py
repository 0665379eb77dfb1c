"""What a start does about a run that was killed: finish what was promised, undo what was not.

Called with both locks held, before anything new is begun.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from anonymiser.delivery.deliver import is_confirmed, move_new
from anonymiser.delivery.site import DRY_RUN_PREFIX, Site
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, OutcomeKind, PhotoReport


def recover(site: Site) -> None:
    """Bring every row either to `done` or to where Intake.run can take it up; leave no stray file in work."""
    for item in site.ledger.unfinished():
        if item.state is State.DELIVERING:
            _finish_or_undo(site, item)
        elif item.origin is Origin.ELSEWHERE:
            # Nothing was taken; the file is found again when its folder is given again.
            site.deliverer.remove_review_files(item)
            site.ledger.withdraw(item)
        elif site.deliverer.source_of(item) is None:
            _account_for_missing(site, item)
    for folder in list(site.workspace.work.iterdir()):
        _tidy(site, folder)


def _finish_or_undo(site: Site, item: Item) -> None:
    staged = site.deliverer.work_folder(item.id) / (item.staged or "")
    if item.staged is None or not staged.exists():
        site.deliverer.finish(item)
        return
    current = site.contexts.current(item.event)
    if item.context == current.digest and is_confirmed(staged, item.output_sha256):
        site.deliverer.finish(item)
    elif site.deliverer.source_of(item) is not None:
        site.ledger.reopen(item)
    elif item.verdict is not None:
        site.deliverer.return_to_review(item, staged, "the program was stopped while it released this copy")
        site.ledger.undecide(item)
    else:
        site.ledger.withdraw(item)


def _account_for_missing(site: Site, item: Item) -> None:
    if item.state is State.RECEIVED:
        site.ledger.withdraw(item)
        return
    report = PhotoReport(Failed((Code.GONE(),)))
    site.deliverer.finish(site.deliverer.promise(replace(item, outcome=OutcomeKind.FAILED, report=report), None))


def _tidy(site: Site, folder: Path) -> None:
    if folder.name.startswith(DRY_RUN_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
        return
    item = site.ledger.get(folder.name)
    if item is not None and item.waits_for_a_person:
        _return_stranded_copy(site, item)
    if item is None:
        _give_back(site, folder)
    if item is None or item.state is State.DONE:
        site.deliverer.clear(folder.name)
    else:
        site.deliverer.drop_staged(item.id)


def _return_stranded_copy(site: Site, item: Item) -> None:
    """A verdict had begun and was not written down: the copy waits again."""
    for path in _files(site.deliverer.work_folder(item.id)):
        if is_confirmed(path, item.output_sha256):
            site.deliverer.return_to_review(item, path, "the program was stopped while it released this copy")


def _give_back(site: Site, folder: Path) -> None:
    """Sources without a row (the ledger was lost or replaced) go back to the inbox."""
    for path in _files(folder / "in"):
        with contextlib.suppress(FileExistsError):
            move_new(path, site.workspace.inbox / path.name.removeprefix(f"{folder.name}-"))


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in (list(folder.iterdir()) if folder.is_dir() else []) if path.is_file())
