"""Carries out what the ledger has promised, so that doing it twice is the same as doing it once.

A copy becomes visible in one step, under a name that nothing else has, and never replaces another file. All folders of
a workspace are on one volume (preflight.py), so every move is a rename. Any step may raise OSError, usually BusyFile.
The item then stays `delivering`, and recovery.py finishes it later.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from anonymiser.delivery import files, notes
from anonymiser.ledger.item import Item, Origin, ReviewVerdict
from anonymiser.ledger.ledger import Ledger
from anonymiser.settings import Release
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace

_NO_FOLDER = PurePath()


class Deliverer:
    """Puts copies and sources where they belong. Every method may be repeated after a crash."""

    def __init__(self, workspace: Workspace, ledger: Ledger) -> None:
        """Work on the files of `workspace`, whose rows are in `ledger`."""
        self._workspace = workspace
        self._ledger = ledger

    # --- where things are ------------------------------------------------------------------------------------

    def work_folder(self, item_id: str) -> Path:
        """The item's private folder while it is being processed."""
        return self._workspace.work / item_id

    def review_copy(self, item_id: str) -> Path:
        """Where the item's copy waits for a person."""
        return self._workspace.review / f"{item_id}.jpg"

    def source_of(self, item: Item) -> Path | None:
        """The claimed source, being processed or archived; None if the program does not keep it, or it has gone."""
        if item.origin is Origin.ELSEWHERE:
            return None
        prefix = f"{item.id}-"
        claimed = self.work_folder(item.id) / "in"
        for place, folders, names in os.walk(claimed):
            for name in (*names, *folders):  # a folder that could not be opened was taken as a whole
                if name.startswith(prefix):
                    return Path(place, name)
        archive = self._archive_folder(item.id)
        if archive.is_dir():
            with os.scandir(archive) as entries:
                return next((Path(entry.path) for entry in entries if entry.name.startswith(prefix)), None)
        return None

    def _archive_folder(self, item_id: str) -> Path:
        return self._workspace.originals / item_id.partition("-")[0]

    def _claimed(self, item: Item, name: str, folder: PurePath) -> Path:
        """Where a claimed source is kept; the folders above it say which event's folder it came from."""
        place = self.work_folder(item.id) / "in" / files.safe_folder(folder)
        files.make_folder(place)
        return place / f"{item.id}-{files.safe_name(name)}"

    def take(self, item: Item, path: Path, folder: PurePath = _NO_FOLDER, name: str | None = None) -> Path:
        """Claim a file by renaming it; it lies in `folder` of the inbox. Raises OSError if it has gone or is in use."""
        target = self._claimed(item, name or path.name, folder)
        files.move(path, target)
        return target

    def share(self, item: Item, source: Path, name: str, folder: PurePath = _NO_FOLDER) -> Path:
        """Give `item` a source of its own, called `name`, with the bytes of `source`, which stays where it is.

        Raises OSError if it cannot be read.
        """
        target = self._claimed(item, name, folder)
        files.link_or_copy(source, target, self.work_folder(item.id) / "unfinished")
        return target

    # --- carrying out ----------------------------------------------------------------------------------------

    def finish(self, item: Item, original: Path | None = None) -> Item:
        """Do what the row of a `delivering` item says, then mark it done.

        `original` is the source of an item that stays in its own folder, if the caller knows it.
        """
        source = self.source_of(item)
        if item.verdict is ReviewVerdict.REFERRED or item.outcome is OutcomeKind.SEALED:
            self._seal(item, source, original)
        elif item.verdict is ReviewVerdict.REJECTED:
            self.remove_review_files(item, even_changed=True)
        elif item.outcome is OutcomeKind.RELEASED or item.verdict is ReviewVerdict.APPROVED:
            item = self._place(item)
            self.remove_review_files(item)
            self._archive(item, source)
        elif item.outcome is OutcomeKind.REVIEW and str(item.output).startswith("outbox/"):
            item = self._bring_back(item)
        elif item.outcome is OutcomeKind.REVIEW:
            _write_note(self.review_copy(item.id), item, self._workspace)
            item = self._place(item)
            self._archive(item, source)
        elif item.outcome is OutcomeKind.DUPLICATE:
            self._archive(item, source)
        else:
            self._quarantine(item, source)
        item = self._ledger.finish(item)
        self.clear(item.id)
        return item

    def clear(self, item_id: str) -> None:
        """Remove an item's work folder and what workers left in it; a source that is still there stays.

        A file that another program has open stays too, out of sight, until the next start.
        """
        folder = self.work_folder(item_id)
        with contextlib.suppress(OSError), files.waiting(()):
            self.drop_staged(item_id)
        files.remove_empty_tree(folder / "in")
        files.remove_if_empty(folder)

    def _place(self, item: Item) -> Item:
        """Make the staged copy visible. A copy that is no longer staged was placed before a crash."""
        if item.staged is None or item.output is None:
            raise RuntimeError(f"item {item.id} has nothing to deliver")
        staged = self.staged_copy(item)
        while staged.exists():
            final = self._workspace.root / item.output
            files.make_folder(final.parent)
            try:
                files.move_new(staged, final)
            except FileExistsError:
                if files.is_confirmed(final, item.output_sha256):
                    files.unlink(staged)
                    break
                if not item.output.startswith("outbox/"):
                    # Only this item's copies have this name, so somebody changed an earlier one.
                    self._set_aside(item, final)
                    continue
                item = self._ledger.deliver(item, item.output.rpartition("-")[0], self._workspace.root)
        return item

    def _bring_back(self, item: Item) -> Item:
        """Undo an approval: the copy waits again; if it has left the outbox meanwhile, or was changed, it stays."""
        waits, released = self.review_copy(item.id), self._workspace.root / str(item.output)
        if files.is_confirmed(released, item.output_sha256):
            _write_note(waits, item, self._workspace)
            if waits.exists() and not waits.samefile(released):
                self._set_aside(item, waits)
            files.move_new(released, waits)
        elif not files.is_confirmed(waits, item.output_sha256):
            return replace(item, verdict=ReviewVerdict.APPROVED)
        return replace(item, output=f"review/{item.id}.jpg")

    def was_placed(self, item: Item) -> bool:
        """Whether the copy of a delivery that was cut short is, or was, where people see it.

        Raises OSError if that cannot be determined.
        """
        final = self._workspace.root / str(item.output)
        return not self.staged_copy(item).exists() or files.is_confirmed(final, item.output_sha256)

    def _set_aside(self, item: Item, copy: Path) -> None:
        """A copy that somebody changed is never released, but not lost either."""
        files.replace(copy, self._workspace.quarantine / f"{item.id}-changed.jpg")

    def _archive(self, item: Item, source: Path | None) -> None:
        folder = self._archive_folder(item.id)
        if source is not None and source.parent != folder:
            files.make_folder(folder)
            files.move_new(source, folder / source.name)

    def _quarantine(self, item: Item, source: Path | None) -> None:
        folder = self._workspace.quarantine
        if source is None and any(folder.rglob(f"{item.id}.txt")):
            return  # an earlier attempt was stopped after it had moved the file beside its note
        if source is not None and source.is_relative_to(claimed := self.work_folder(item.id) / "in"):
            folder /= source.parent.relative_to(claimed)
            files.make_folder(folder)
        files.write_text(folder / f"{item.id}.txt", notes.quarantine_note(item, source))
        if source is not None:
            files.move_new(source, folder / source.name)

    def _seal(self, item: Item, source: Path | None, original: Path | None) -> None:
        """Take out of sight what people can see, even if the original or another copy cannot be moved now."""
        copies = (self.review_copy(item.id), self._workspace.approve / f"{item.id}.jpg")
        files.every(
            partial(self._seal_source, item, source, original),
            *(partial(self._seal_copy, item, copy) for copy in copies),
            partial(self.remove_review_files, item),
        )

    def _seal_source(self, item: Item, source: Path | None, original: Path | None) -> None:
        note = self._workspace.sealed / f"{item.id}.txt"
        if not note.exists():
            # First, because the file's name is not kept anywhere else.
            name = source.name.removeprefix(f"{item.id}-") if source else str(original) if original else None
            same = self._ledger.same_bytes(item.sha256) if item.sha256 else []
            elsewhere = _elsewhere(item, same, self.source_of, self._workspace.root)
            files.write_text(note, notes.sealed_note(item, name, elsewhere))
        if source is not None:
            files.move_new(source, self._workspace.sealed / item.id)

    def _seal_copy(self, item: Item, copy: Path) -> None:
        target = self._workspace.sealed / f"{item.id}-copy"
        if target.exists() and files.is_confirmed(copy, item.output_sha256):
            files.unlink(copy)
        elif copy.exists():
            files.move_new(copy, target.with_name(f"{target.name}-2") if target.exists() else target)

    def retract(self, item: Item) -> None:
        """Take a released copy out of the outbox; one that somebody has changed is kept in quarantine."""
        copy = self._workspace.root / str(item.output)
        if files.is_confirmed(copy, item.output_sha256):
            files.unlink(copy)
        elif copy.is_file():
            self._set_aside(item, copy)

    def remove_review_files(self, item: Item, *, even_changed: bool = False) -> None:
        """Take an item's own copy and note out of the review folders; a copy that somebody changed stays."""

        def remove_copy(copy: Path) -> None:
            if files.is_confirmed(copy, item.output_sha256) or (even_changed and copy.is_file()):
                files.unlink(copy)

        folders = (self._workspace.review, self._workspace.approve, self._workspace.reject)
        files.every(
            *(partial(remove_copy, folder / f"{item.id}.jpg") for folder in folders),
            *(partial(files.unlink, folder / f"{item.id}.txt") for folder in folders),
        )

    def return_to_review(self, item: Item, copy: Path, why: str) -> None:
        """Put a copy back to where it waits, with the reason on top of its note."""
        if copy != self.review_copy(item.id):
            files.replace(copy, self.review_copy(item.id))
        _write_note(self.review_copy(item.id), item, self._workspace, why)

    def stage_review_copy(self, item: Item, copy: Path, name: str) -> Path:
        """Put a copy out of reach, so that nobody can change it between check and release."""
        files.make_folder(self.work_folder(item.id))
        staged = self.work_folder(item.id) / name
        files.move(copy, staged)
        return staged

    def staged_copy(self, item: Item) -> Path:
        """Where the finished copy is while it is being delivered; a folder if there is none."""
        return self.work_folder(item.id) / (item.staged or "")

    def drop_staged(self, item_id: str) -> None:
        """Remove finished copies that must not be delivered; the source stays."""
        files.every(*(partial(files.unlink, path) for path in self.stranded(item_id)))

    def discard(self, item_id: str) -> None:
        """Remove an item's work folder with its source, which is a share of a file that stays where it is."""
        shares = self.work_folder(item_id) / "in"
        files.every(*(partial(files.unlink, path) for path in shares.rglob("*") if not path.is_dir()))
        self.clear(item_id)

    def stranded(self, item_id: str) -> list[Path]:
        """Copies in the item's work folder, beside its source: finished, staged, or forgotten by a crash."""
        folder = self.work_folder(item_id)
        return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []

    def promise(self, item: Item, stem: str | None, *, by: str | None = None) -> Item:
        """Write the intent into the ledger; `stem` names a released copy (see events.output_stem), `by` who decided."""
        if stem is None and item.outcome is OutcomeKind.REVIEW and item.verdict is None:
            item = replace(item, output=f"review/{item.id}.jpg")
        return self._ledger.deliver(item, stem, self._workspace.root, by=by)


def _write_note(copy: Path, item: Item, workspace: Workspace, why: str = "") -> None:
    """The note beside a copy that waits; `why` it was not released, if somebody tried."""
    two = workspace.settings.publishing.release is Release.TWO_PEOPLE
    text = notes.returned_note(item, why, two_people=two) if why else notes.review_note(item, two_people=two)
    files.write_text(copy.with_suffix(".txt"), text)


def _elsewhere(item: Item, same: list[Item], source_of: Callable[[Item], Path | None], root: Path) -> list[str]:
    """Where else in the workspace the same picture is, for the safeguarding lead."""
    places = []
    for other in same:
        source = None if other.id == item.id else source_of(other)
        if source is not None:
            places.append(source.relative_to(root).as_posix())
        if other.id != item.id and other.output and (root / other.output).exists():
            places.append(other.output)
    return places
