"""Files that were not processed: which there are, and how they go back to the inbox once what was wrong is mended.

Which file is being restored is written down before anything moves, so that a crash in between leaves neither a file
that is nowhere nor a note without its file: the next start, or the next call, finishes it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import PhotoBusy, UsageError
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.sources import Look
from anonymiser.locks import review_lock
from anonymiser.values.report import OutcomeKind

_RESTORING = "restoring"
_NOT_PROCESSED = (OutcomeKind.QUARANTINED, OutcomeKind.FAILED)
_LIST = "See: anonymise quarantine list"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file that was not processed, and whose file or note is still in quarantine."""

    item: Item
    file: PurePath | None = field(repr=False)
    """Its place in the quarantine folder, as staff named it; None if it is not there: only its note is."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The file is in the inbox again, and the next run takes it."""

    item: Item
    place: PurePath = field(repr=False)
    """Where in the inbox."""


class Quarantine:
    """The quarantine folder of one workspace."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.workspace.quarantine

    def contents(self) -> list[Quarantined]:
        """Everything that was not processed and is still there, oldest first."""
        found = self._found()
        items = ((self._site.ledger.get(item_id), file) for item_id, file in sorted(found.items()))
        return [
            Quarantined(item, None if file is None else PurePath(file.relative_to(self._folder)))
            for item, file in items
            if item is not None and item.state is State.DONE and item.outcome in _NOT_PROCESSED
        ]

    def restore(self, item_id: str) -> Restored:
        """Put a file back into the inbox, into the folder that it came from, so that it is processed anew.

        It keeps the event that it was first taken for, purpose and label of the command line included.

        Raises UsageError if there is no such file here, PhotoBusy if another program has it open, DiskFullError.
        """
        with review_lock(self._site.workspace.data), files.full_disk_is_said():
            with contextlib.suppress(OSError):  # what is in use is finished by a later call
                if (begun := self.finish_restoring()) is not None and begun.item.id == item_id:
                    return begun
            item = self._restorable(item_id)
            file = self._found().get(item.id)
            if file is None:
                raise UsageError(
                    f"file {item.id} is no longer in quarantine",
                    remedy="It may be in the inbox already; if not, put it there yourself.",
                )
            if file.is_symlink() or not (file.is_file() or file.is_dir()):
                raise UsageError(
                    f"file {item.id} is not a file with a picture in it, but a link, a pipe or a device",
                    remedy="Put the photo itself into the inbox.",
                )
            self._site.ledger.remember(_RESTORING, {"item": item.id})
            try:
                place = self._move(item, file)
            except OSError as error:
                if files.is_full(error):
                    raise
                raise PhotoBusy(
                    f"file {item.id} was not restored: {files.why(error)}", remedy="Close it and try again."
                ) from None
            return Restored(item, place)

    def files(self) -> dict[str, Path]:
        """By item id, every file that is here."""
        return {item_id: path for item_id, path in self._found().items() if path is not None}

    def take_anew(self, item: Item, file: Path) -> Item:
        """Take `file`, which is the item's, out of here and into work under a new id, for the same event.

        After a crash in between, it is in the inbox or in work. Call it with the review lock held. Raises OSError if it
        is in use.
        """
        ledger, folder = self._site.ledger, file.parent
        ledger.remember(_RESTORING, {"item": item.id})
        again = ledger.receive(item.origin, item.path_key, item.event, came_as=item)
        try:
            place = PurePath(folder.relative_to(self._folder))
            self._site.deliverer.take(again, file, place, file.name.removeprefix(f"{item.id}-"))
        except OSError:
            ledger.withdraw(again)
            ledger.remember(_RESTORING, {"item": ""})
            raise
        self._forget(item, folder)
        return again

    def finish_restoring(self) -> Restored | None:
        """Finish what an earlier call began. Call it with the review lock held. Raises OSError if a file is in use."""
        item_id = str((self._site.ledger.recall(_RESTORING) or {}).get("item", ""))
        item = self._site.ledger.get(item_id) if item_id else None
        if item is None:
            return None
        file = self._found().get(item.id)
        if file is not None:
            return Restored(item, self._move(item, file))
        self._forget(item)
        return None

    def _restorable(self, item_id: str) -> Item:
        item = self._site.ledger.get(item_id)
        if item is None:
            raise UsageError("there is no file with this id", remedy=_LIST)
        if item.state is not State.DONE:
            raise UsageError(f"file {item.id} is being processed", remedy="Wait until the run has finished.")
        if item.outcome not in _NOT_PROCESSED:
            raise UsageError(
                f"photo {item.id} is not in quarantine: {item.verdict or item.outcome}",
                remedy=f"To have it processed again: anonymise review again {item.id}",
            )
        if item.origin is Origin.ELSEWHERE:
            raise UsageError(
                f"file {item.id} was never moved: it is still in the folder that was processed",
                remedy="Run anonymise batch on that folder again.",
            )
        return item

    def _found(self) -> dict[str, Path | None]:
        """By item id: the file, or None if only its note is there."""
        found: dict[str, Path | None] = {}
        for path in _walk(self._folder):
            item_id = "-".join(path.name.partition(".")[0].split("-", 2)[:2])
            if path.name == f"{item_id}.txt":
                found.setdefault(item_id, None)
            else:
                found[item_id] = path
        return found

    def _move(self, item: Item, file: Path) -> PurePath:
        folder = _same_folder(self._site.workspace.inbox, file.parent.relative_to(self._folder))
        files.make_folder(folder)
        target = _free(folder / file.name.removeprefix(f"{item.id}-"), file)
        place = PurePath(target.relative_to(self._site.workspace.inbox))
        path_key = self._site.ledger.path_key(self._site.workspace.inbox, place)
        self._site.ledger.keep_restored(path_key, Look.at(file), item.id)
        files.move_new(file, target)
        self._forget(item, file.parent)
        return place

    def _forget(self, item: Item, folder: Path | None = None) -> None:
        """Remove the note, and the folders that nothing is left in."""
        for note in [path for path in _walk(self._folder) if path.name == f"{item.id}.txt"]:
            files.unlink(note)
            folder = note.parent
        while folder is not None and folder != self._folder:
            files.remove_if_empty(folder)
            folder = folder.parent
        self._site.ledger.remember(_RESTORING, {"item": ""})


def _walk(root: Path) -> Iterator[Path]:
    """Files, and folders that are named like one: a folder that could not be opened is an item too."""
    for place, folders, names in os.walk(root):
        yield from (Path(place, name) for name in sorted((*folders, *names)))


def _same_folder(root: Path, relative: PurePath) -> Path:
    """The folder below `root` that files.safe_folder calls `relative`; a new one if it has gone."""
    place = root
    for part in relative.parts:
        known = [
            name
            for name in (files.names_in(place) if place.is_dir() else ())
            if files.safe_folder(PurePath(name)).name == part
        ]
        place /= part if part in known or not known else known[0]
    return place


def _free(path: Path, source: Path) -> Path:
    """`path`, or the same name with a number if that is taken; a crash may have left the same file there already."""
    number, found = 1, path
    while os.path.lexists(found) and not (found.exists() and found.samefile(source)):
        number += 1
        found = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return found
