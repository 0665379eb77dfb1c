from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from disk_faults import Step, faulty_disk, windows_error
from intake_kit import drop

from anonymiser.intake.claim import Candidate, Ignored, Unreachable, listing
from anonymiser.values.reasons import Code, Reason

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


def by_name(root: Path, start: Path | None = None) -> dict[str, Candidate | Ignored]:
    return {entry.relative.as_posix(): entry for entry in listing(root, start)}


def test_lists_files_of_all_folders_in_order_of_names(tmp_path: Path) -> None:
    """Sub-folders are searched, a folder called x.jpg is a folder, and the order is that of names."""
    for name in ("b.jpg", "x.jpg/inside.jpg", "a b/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    assert [entry.relative.as_posix() for entry in listing(tmp_path)] == ["a b/c.jpg", "b.jpg", "x.jpg/inside.jpg"]


def test_a_start_below_the_root_keeps_names_relative_to_the_root(tmp_path: Path) -> None:
    """Listing one event's folder still says which event the files belong to."""
    (tmp_path / "Fair").mkdir()
    (tmp_path / "Fair/a.jpg").write_bytes(b"1")
    (tmp_path / "b.jpg").write_bytes(b"1")
    assert list(by_name(tmp_path, tmp_path / "Fair")) == ["Fair/a.jpg"]


@pytest.mark.parametrize(
    "name", [".DS_Store", "._a.jpg", "Thumbs.db", "desktop.ini", "~$a.docx", "a.jpg.tmp", "a.crdownload", "event.toml"]
)
def test_system_and_unfinished_files_are_ignored_and_told(tmp_path: Path, name: str) -> None:
    """What operating systems and sync clients leave behind is reported as ignored, never dropped in silence."""
    (tmp_path / name).write_bytes(b"1")
    assert isinstance(by_name(tmp_path)[name], Ignored)


def test_system_folders_are_ignored_whole(tmp_path: Path) -> None:
    """Nothing inside @eaDir is taken for a photo."""
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir/thumb.jpg").write_bytes(b"1")
    assert list(by_name(tmp_path)) == ["@eaDir"]


@posix_only
def test_links_pipes_and_sockets_are_refused_unopened(tmp_path: Path) -> None:
    """Links are refused wherever they lead, folders behind links are not entered, and a FIFO is never opened."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "photo.jpg").write_bytes(b"1")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.jpg").write_bytes(b"1")
    (inbox / "inside-link.jpg").symlink_to(inbox / "photo.jpg")
    (inbox / "folder-link").symlink_to(tmp_path / "outside")
    (inbox / "broken.jpg").symlink_to("nowhere")
    os.mkfifo(inbox / "pipe.jpg")
    found = by_name(inbox)
    assert {name: bool(entry.refusal) for name, entry in found.items() if isinstance(entry, Candidate)} == {
        "photo.jpg": False,
        "inside-link.jpg": True,
        "folder-link": True,
        "broken.jpg": True,
        "pipe.jpg": True,
    }


@posix_only
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket in the inbox is no photo."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("s.jpg")
        entry = by_name(tmp_path)["s.jpg"]
    assert isinstance(entry, Candidate)
    assert entry.refusal == Code.NOT_A_FILE()


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may open everything")
def test_a_folder_that_may_not_be_opened_is_accounted_for(tmp_path: Path) -> None:
    """A locked folder is one refused entry, not silence."""
    (tmp_path / "locked").mkdir(mode=0)
    entry = by_name(tmp_path)["locked"]
    assert isinstance(entry, Candidate)
    assert "open the folder" in entry.refusal


def test_a_vanished_folder_is_an_empty_one(tmp_path: Path) -> None:
    """A folder that goes away between two looks holds no files."""
    assert not list(listing(tmp_path / "gone"))


@pytest.mark.parametrize("number", [5, 32])
def test_what_another_program_holds_is_left_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A folder that cannot be listed now is told, and not moved away with everything that is in it."""
    drop(tmp_path / "Fair", a="1")
    drop(tmp_path / "Play", b="1")

    def hold(step: Step) -> None:
        if step.paths == (tmp_path / "Fair",):
            raise windows_error(number)

    with faulty_disk(hold, monkeypatch):
        found = by_name(tmp_path)
    assert {name: type(entry) for name, entry in found.items()} == {"Fair": Unreachable, "Play/b.jpg": Candidate}


def test_the_folder_with_the_photos_is_never_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is the matter with the inbox itself, nobody takes it for a photo."""

    def refuse(_: Step) -> None:
        raise PermissionError(13, "denied")

    with faulty_disk(refuse, monkeypatch):
        (entry,) = listing(tmp_path)
    assert isinstance(entry, Unreachable)


@posix_only
@pytest.mark.parametrize(("top", "told"), [("Fair", [Code.TOO_DEEP()]), ("#recycle", [])])
def test_folders_without_end_end_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, top: str, told: list[Reason]
) -> None:
    """What a backup makes that copies itself stays where it is, is told once, and the photos beside it are found."""
    drop(tmp_path / "Fete", a="1")
    monkeypatch.chdir(tmp_path)
    names = [top, *["d"] * 1200]
    for name in names:
        os.mkdir(name)  # noqa: PTH102 - step by step, because no tool goes so deep in one
        os.chdir(name)
    try:
        found = [entry for entry in listing(tmp_path) if isinstance(entry, Candidate)]
    finally:
        for name in reversed(names):
            os.chdir("..")
            os.rmdir(name)  # noqa: PTH106
    deep = [entry for entry in found if isinstance(entry, Unreachable)]
    assert [entry.refusal for entry in deep] == told
    assert [entry.relative.as_posix() for entry in found if entry not in deep] == ["Fete/a.jpg"]
