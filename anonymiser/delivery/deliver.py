"""Carries out what the ledger has promised, so that doing it twice is the same as doing it once.

A copy becomes visible in one step, under a name that nothing else has, and never over another file. All folders
of a workspace are on one volume (preflight.py), so every move is a rename.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from anonymiser.delivery import notes
from anonymiser.intake.claim import safe_name, safe_suffix, sha256_of
from anonymiser.ledger.item import Item, Origin, ReviewVerdict
from anonymiser.ledger.ledger import Ledger
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace


class Deliverer:
    """Puts copies and sources where they belong. Every method may be repeated after a crash."""

    def __init__(self, workspace: Workspace, ledger: Ledger) -> None:
        """Work on the files of `workspace`, whose rows are in `ledger`."""
        self._workspace = workspace
        self._ledger = ledger

    # --- where things are ------------------------------------------------------------------------------------

    def work_folder(self, item_id: str) -> Path:
        """The item's private folder while it is in work."""
        return self._workspace.work / item_id

    def review_copy(self, item_id: str) -> Path:
        """Where the item's copy waits for a person."""
        return self._workspace.review / f"{item_id}.jpg"

    def source_of(self, item: Item) -> Path | None:
        """The claimed source, in work or archived; None where it is not ours to keep, or has gone."""
        if item.origin is Origin.ELSEWHERE:
            return None
        prefix = f"{item.id}-"
        for folder in (self.work_folder(item.id) / "in", self._archive_folder(item.id)):
            if folder.is_dir():
                with os.scandir(folder) as entries:
                    found = next((Path(entry.path) for entry in entries if entry.name.startswith(prefix)), None)
                if found is not None:
                    return found
        return None

    def _archive_folder(self, item_id: str) -> Path:
        return self._workspace.originals / item_id.partition("-")[0]

    def take(self, item: Item, path: Path) -> Path:
        """Claim an inbox file by renaming it. Raises OSError where it has gone or is in use."""
        folder = self.work_folder(item.id) / "in"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{item.id}-{safe_name(path.name)}"
        path.rename(target)
        return target

    def share(self, item: Item, source: Path, name: str) -> Path:
        """Give `item` a source of its own, called `name`, with the bytes of `source`, which stays.

        Raises OSError where it cannot be read.
        """
        folder = self.work_folder(item.id) / "in"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{item.id}-{safe_name(name)}"
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            # No hard links here (exFAT, some shares).
            unfinished = self.work_folder(item.id) / "unfinished"
            shutil.copyfile(source, unfinished)
            unfinished.rename(target)
        return target

    # --- carrying out ----------------------------------------------------------------------------------------

    def finish(self, item: Item, original: Path | None = None) -> Item:
        """Do what the row of a `delivering` item says, then mark it done.

        `original` is the source of an item that stays in its own folder, where the caller knows it.
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
        elif item.outcome is OutcomeKind.REVIEW:
            write_text(self.review_copy(item.id).with_suffix(".txt"), notes.review_note(item))
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
        """Remove an item's work folder and what workers left in it; a source that is still there stays."""
        folder = self.work_folder(item_id)
        with contextlib.suppress(OSError):
            self.drop_staged(item_id)
            (folder / "in").rmdir()
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _place(self, item: Item) -> Item:
        """Make the staged copy visible. A copy that is no longer staged was placed before a crash."""
        if item.staged is None or item.output is None:
            raise RuntimeError(f"item {item.id} has nothing to deliver")
        staged = self.work_folder(item.id) / item.staged
        while staged.exists():
            final = self._workspace.root / item.output
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                move_new(staged, final)
            except FileExistsError:
                if is_confirmed(final, item.output_sha256):
                    staged.unlink()
                    break
                if not item.output.startswith("outbox/"):
                    # Only this item's copies have this name, so somebody changed an earlier one.
                    final.replace(self._workspace.quarantine / f"{item.id}-changed.jpg")
                    continue
                item = self._ledger.deliver(item, item.output.rpartition("-")[0], self._workspace.root)
        return item

    def _archive(self, item: Item, source: Path | None) -> None:
        folder = self._archive_folder(item.id)
        if source is not None and source.parent != folder:
            folder.mkdir(parents=True, exist_ok=True)
            move_new(source, folder / source.name)

    def _quarantine(self, item: Item, source: Path | None) -> None:
        folder = self._workspace.quarantine
        write_text(folder / f"{item.id}.txt", notes.quarantine_note(item, source))
        if source is not None:
            # A plain .txt would lie on the note's own name.
            suffix = safe_suffix(source.name)
            name = f"{item.id}-file{suffix}" if suffix.lower() == ".txt" else f"{item.id}{suffix}"
            move_new(source, folder / name)

    def _seal(self, item: Item, source: Path | None, original: Path | None) -> None:
        folder = self._workspace.sealed
        name = str(original) if original else None
        if source is not None:
            name = source.name.removeprefix(f"{item.id}-")
        note = folder / f"{item.id}.txt"
        if name is not None or not note.exists():
            write_text(note, notes.sealed_note(item, name, self._elsewhere(item)))
        if source is not None:
            move_new(source, folder / item.id)
        for copy in (self.review_copy(item.id), self._workspace.approve / f"{item.id}.jpg"):
            if copy.exists():
                move_new(copy, folder / f"{item.id}-copy")
        self.remove_review_files(item)

    def _elsewhere(self, item: Item) -> list[str]:
        """Where else in the workspace the same picture is, for the safeguarding lead."""
        places = []
        for other in self._ledger.same_bytes(item.sha256) if item.sha256 else []:
            source = None if other.id == item.id else self.source_of(other)
            if source is not None:
                places.append(source.relative_to(self._workspace.root).as_posix())
            if other.id != item.id and other.output and (self._workspace.root / other.output).exists():
                places.append(other.output)
        return places

    def retract(self, item: Item) -> None:
        """Take a released copy out of the outbox; one that somebody has changed is kept in quarantine."""
        copy = self._workspace.root / str(item.output)
        if is_confirmed(copy, item.output_sha256):
            copy.unlink()
        elif copy.is_file():
            copy.replace(self._workspace.quarantine / f"{item.id}-changed.jpg")

    def remove_review_files(self, item: Item, *, even_changed: bool = False) -> None:
        """Take an item's own copy and note out of the review folders; a copy that somebody changed stays."""
        for folder in (self._workspace.review, self._workspace.approve, self._workspace.reject):
            copy = folder / f"{item.id}.jpg"
            if is_confirmed(copy, item.output_sha256) or (even_changed and copy.is_file()):
                copy.unlink()
            (folder / f"{item.id}.txt").unlink(missing_ok=True)

    def return_to_review(self, item: Item, copy: Path, why: str) -> None:
        """Put a copy back to where it waits, with the reason on top of its note."""
        write_text(self.review_copy(item.id).with_suffix(".txt"), notes.returned_note(item, why))
        if copy != self.review_copy(item.id):
            copy.replace(self.review_copy(item.id))

    def stage_review_copy(self, item: Item, copy: Path, name: str) -> Path:
        """Take a copy out of everybody's reach, so that nobody can change it between check and release."""
        folder = self.work_folder(item.id)
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / name
        copy.rename(staged)
        return staged

    def drop_staged(self, item_id: str) -> None:
        """Remove finished copies that must not be delivered; the source stays."""
        folder = self.work_folder(item_id)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_file():
                path.unlink()

    def promise(self, item: Item, stem: str | None) -> Item:
        """Write the intent into the ledger; `stem` names a released copy (see events.output_stem)."""
        if stem is None and item.outcome is OutcomeKind.REVIEW and item.verdict is None:
            item = replace(item, output=f"review/{item.id}.jpg")
        return self._ledger.deliver(item, stem, self._workspace.root)


def is_confirmed(copy: Path, sha256: str | None) -> bool:
    """Whether `copy` is a regular file with exactly these bytes."""
    try:
        return sha256 is not None and sha256_of(copy) == sha256
    except OSError:
        return False


def move_new(source: Path, target: Path) -> None:
    """Rename within one volume, in one step, never over an existing file.

    Raises FileExistsError where `target` exists, OSError where the volume refuses.
    """
    if os.name == "nt":  # pragma: no cover - Windows renames only to names that are free
        source.rename(target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if source.is_file() and target.is_file() and source.samefile(target):
            source.unlink()  # a crash came between the two steps below
            return
        raise
    except OSError:
        # No hard links here (exFAT, some shares; FIFOs nowhere): names are unique by the ledger, so check and rename.
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        source.rename(target)
    else:
        source.unlink()
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename outlive a power cut, where folders can be opened."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some shares cannot; the ledger's row finishes the work then
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a note in one step; a note of an earlier attempt is replaced."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
