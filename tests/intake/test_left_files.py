"""Files that are no photos to be taken: counted apart, named one by one, and no error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bad_inputs import encoded, gradient
from intake_kit import tree

from anonymiser.intake.claim import Candidate, Ignored, Left, listing

KINDS = {
    Left.SYSTEM: ["Thumbs.db", ".DS_Store", "~$letter.docx", ".849C9593-D756-4E56-8D6E-42412F2A707B"],
    Left.TRASH: [".trashed-1690-a.jpg", ".Trash-1000/files/a.jpg", "#recycle/Fair/a.jpg", "$RECYCLE.BIN/a.jpg",
                 "$RA1B2C3.jpg", "$I9Z8Y7X.png"],
    Left.BACKUP: ["a.jpg~", "a.jpg.bak", "a.jpg_original", ".stversions/a.jpg", ".sync/Archive/a.jpg",
                  "a.sync-conflict-20260101-A.jpg"],
    Left.UNFINISHED: ["a.jpg.part", "a.crdownload", ".a.jpg.Xa3bQz", ".A.JPG.Xa3bQz", "b.download/b.jpg", "a.jpg.tmp",
                      "IMG_1.jpg.sb-1a2b3c4d-AbCdEf", "a.jpg.sync", "a.jpg.!sync", "a.jpg.!qB", "a.jpg.!bt",
                      "a.jpg.bc!", ".getxfer.1234.mega", "a.jpg.incomplete", "a.jpg.uploading",
                      "a.jpg.rclone", "a.jpg.fdmdownload"],
    Left.PLACEHOLDER: [".a.jpg.icloud", "a.jpg.cloudf"],
    Left.COMPANION: ["IMG_1.AAE", "IMG_1.xmp", "IMG_1.jpg.json", "MVI_1.THM", "IMG_1.jpg.supplemental-metadata.json"],
}  # fmt: skip
CASES = [(kind, name) for kind, names in KINDS.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_each_is_left_and_named_with_the_reason(tmp_path: Path, kind: Left, name: str) -> None:
    """A file of that kind is never taken, and each file in a folder of that kind is named by itself."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"1")
    (found,) = listing(tmp_path)
    assert isinstance(found, Ignored)
    assert (found.relative.as_posix(), found.kind) == (name, kind)


@pytest.mark.parametrize(
    "name",
    [
        "trash.jpg",
        "backup.jpg",
        "Trash art/a.jpg",
        "Recycled/a.jpg",
        "my part.jpg",
        ".hidden.jpg",
        "json.jpg",
        "$IMG_001.jpg",
        "$IMG0001.JPG",
        "$R 1.jpg",
        "$Rachel.jpg",
        "$Rebecca.jpg",
        "sync.jpg",
        "a.sb-1.jpg",
        "849C9593-1.jpg",
    ],
)
def test_photos_with_such_words_in_their_names_are_photos(tmp_path: Path, name: str) -> None:
    """Only what is known to be no photo is left."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"1")
    (found,) = listing(tmp_path)
    assert isinstance(found, Candidate)
    assert tree(tmp_path) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "._IMG_1.jpg",
        "~$class photo.jpg",
        ".nfs0001",
        "desktop.ini",
        "Thumbs.db",
        ".849C9593-1.heic",
        "AlbumArtSmall.jpg",
    ],
)
def test_a_picture_with_the_name_of_a_systems_file_is_named(tmp_path: Path, name: str) -> None:
    """It may be a photo, so it is never passed over in silence; what a system writes under that name is."""
    (tmp_path / name).write_bytes(encoded(gradient(), "PNG") + bytes(8192))
    (found,) = listing(tmp_path)
    assert isinstance(found, Ignored)
    assert found.kind is Left.MISNAMED
    (tmp_path / name).write_bytes(b"\0\5\x16\7" + bytes(20_000))
    (found,) = listing(tmp_path)
    assert isinstance(found, Ignored)
    assert found.kind is Left.SYSTEM


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_nothing_but_a_file_is_looked_into(tmp_path: Path) -> None:
    """A pipe or a link with the name of a system's file is neither opened nor followed."""
    os.mkfifo(tmp_path / "._a.jpg")
    (tmp_path / "photo.png").write_bytes(encoded(gradient(), "PNG") + bytes(8192))
    (tmp_path / "._b.jpg").symlink_to("photo.png")
    kinds = [entry.kind for entry in listing(tmp_path) if isinstance(entry, Ignored)]
    assert kinds == [Left.SYSTEM, Left.SYSTEM]
