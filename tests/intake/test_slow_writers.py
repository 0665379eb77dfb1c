"""Files that are written while the program runs: whoever writes them, the copy is of the whole file, and there is one.

Each test starts a real writer in a process or thread of its own, which writes in pieces and pauses between them for
longer or shorter than `quiet_seconds`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath
from types import SimpleNamespace

import pytest
from intake_kit import InlinePool, copies, copy_of, drop, new_workspace, opened, run, tree

from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, Ignored, Left, listing
from anonymiser.intake.events import Events
from anonymiser.intake.results import Result
from anonymiser.intake.stability import settled
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin
from anonymiser.review.queue import ReviewQueue
from anonymiser.values.report import Job, PhotoReport
from anonymiser.workspace import Workspace

QUIET = 0.3
SHORT, LONG = 0.1, 0.9
"""Pauses of a writer: shorter than the wait, and much longer."""
PIECES = [b"a" * 500, b"b" * 500, b"c" * 500, b"d" * 500]
WHOLE = b"".join(PIECES)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not move a file that is being written")

Writer = Callable[[Path, float], None]


def in_place(path: Path, pause: float) -> None:
    """Samba, scp, rsync --inplace: under its own name from the first byte."""
    with path.open("wb") as file:
        for piece in PIECES:
            file.write(piece)
            file.flush()
            time.sleep(pause)


def from_nothing(path: Path, pause: float) -> None:
    """A name first, with no bytes at all, and the bytes after a while."""
    with path.open("wb") as file:
        time.sleep(pause)
        file.write(WHOLE[:700])
        file.flush()
        time.sleep(pause)
        file.write(WHOLE[700:])


def full_size_first(path: Path, pause: float) -> None:
    """Explorer: the whole size at once, then the bytes, then the dates of the original."""
    with path.open("wb") as file:
        file.truncate(len(WHOLE))
        time.sleep(pause)
        for piece in PIECES:
            file.write(piece)
            file.flush()
            time.sleep(pause)
        os.utime(file.fileno() if os.utime in os.supports_fd else path, (1_000_000_000, 1_000_000_000))


def by_name_each_time(path: Path, pause: float) -> None:
    """A sync client that opens the file again for each piece."""
    path.write_bytes(b"")
    for piece in PIECES:
        with path.open("ab") as file:
            file.write(piece)
        time.sleep(pause)


def under_another_name(temporary: str, *, empty_first: bool = False) -> Writer:
    """Rsync, browsers, sync clients: a temporary name beside it until the last byte is there."""

    def write(path: Path, pause: float) -> None:
        if empty_first:
            path.touch()
        unfinished = path.with_name(temporary.format(path.name, stem=path.stem))
        in_place(unfinished, pause)
        unfinished.replace(path)

    return write


TEMPORARY = {
    "rsync": under_another_name(".{}.Xa3bQz"),
    "rsync --partial-dir": lambda path, pause: _via_folder(path.parent / ".~tmp~", path, pause),
    "Chrome": under_another_name("Unconfirmed 481516.crdownload"),
    "Chrome with the name": under_another_name("{}.crdownload"),
    "Firefox": under_another_name("{}.part", empty_first=True),
    "Firefox 98": under_another_name("{stem}.kD3-xY_9.jpg.part", empty_first=True),
    "Safari": lambda path, pause: _via_folder(path.parent / f"{path.name}.download", path, pause),
    "Syncthing": under_another_name(".syncthing.{}.tmp"),
    "Nextcloud": under_another_name(".{}.~a1b2c3"),
    "WinSCP": under_another_name("{}.filepart"),
    "iCloud": under_another_name(".{}.icloud"),
    "OneDrive": under_another_name("{}.tmp"),
}


def _via_folder(folder: Path, path: Path, pause: float) -> None:
    folder.mkdir()
    in_place(folder / path.name, pause)
    (folder / path.name).replace(path)
    folder.rmdir()


def watched(workspace: Workspace, write: Callable[[], None], enough: Callable[[], bool]) -> list[Result]:
    """What `watch` reports while `write` goes on in a thread, and afterwards until it is `enough` (or ten seconds)."""
    stop, results = Stop(), []
    writer = threading.Thread(target=write)

    def end() -> None:
        try:
            writer.join()
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with suppress(FileNotFoundError):  # a copy that was taken back while it was listed
                    if enough():
                        break
                time.sleep(0.05)
            time.sleep(2 * QUIET)  # what should not come would come now
        finally:
            stop.requests = 1

    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, site.contexts.names_someone)
        intake = Intake(site, InlinePool(), stop, events, workspace.inbox, Origin.INBOX, quiet_seconds=QUIET)
        threads = [writer, threading.Thread(target=end)]
        for thread in threads:
            thread.start()
        results += list(Watcher(site, intake, stop, ReviewQueue(site).collect).run(once=False))
        for thread in threads:
            thread.join()
    return results


@pytest.fixture
def school(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school", f"[intake]\nquiet_seconds = {QUIET}\nrescan_seconds = 0.3\n")


@pytest.mark.parametrize("pause", [SHORT, pytest.param(LONG, marks=POSIX)], ids=["short", "long"])
@pytest.mark.parametrize("writer", [in_place, from_nothing, full_size_first], ids=lambda writer: writer.__name__)
def test_the_one_copy_is_of_the_whole_file(school: Workspace, writer: Writer, pause: float) -> None:
    """However the file grows and however long the writer pauses: no other copy is left, and nothing in quarantine."""
    wanted = [copy_of(WHOLE)]
    watched(school, lambda: writer(school.inbox / "IMG_1.jpg", pause), lambda: copies(school) == wanted)
    assert copies(school) == wanted
    assert tree(school.inbox) == tree(school.quarantine) == tree(school.review) == []


def test_a_writer_that_opens_the_file_for_each_piece_is_awaited(school: Workspace) -> None:
    """As long as its pauses are shorter than the wait."""
    wanted = [copy_of(WHOLE)]
    watched(school, lambda: by_name_each_time(school.inbox / "IMG_1.jpg", SHORT), lambda: copies(school) == wanted)
    assert copies(school) == wanted
    assert tree(school.inbox) == tree(school.quarantine) == []


@pytest.mark.parametrize("pause", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("program", TEMPORARY)
def test_a_temporary_name_is_never_taken(school: Workspace, program: str, pause: float) -> None:
    """The file is taken once, under its own name, whole; an empty file that only keeps the name free is left alone."""
    results = watched(
        school, lambda: TEMPORARY[program](school.inbox / "IMG_1.jpg", pause), lambda: bool(copies(school))
    )
    assert [result.relative for result in results] == ["IMG_1.jpg"]
    assert copies(school) == [copy_of(WHOLE)]
    assert tree(school.inbox) == tree(school.quarantine) == []


def test_another_file_of_the_same_name_is_another_photo(school: Workspace) -> None:
    """It comes while the first is in work or afterwards; both come out, and neither replaces the other."""

    def camera() -> None:
        for content in ("first", "second", "third"):
            drop(school.inbox, IMG_1=content)
            time.sleep(LONG)

    wanted = sorted(copy_of(content) for content in (b"first", b"second", b"third"))
    watched(school, camera, lambda: copies(school) == wanted)
    assert copies(school) == wanted


WRITER_IN_PIECES = """
import sys, time
with open(sys.argv[1], "wb") as file:
    for letter in sys.argv[2]:
        file.write(letter.encode() * 500)
        file.flush()
        print("wrote", flush=True)
        time.sleep(float(sys.argv[3]))
"""


@POSIX
def test_a_batch_looks_again_at_what_it_took_too_early(workspace: Workspace) -> None:
    """Another process goes on writing: the next batch takes the first copy back and makes it of the whole file."""
    path = workspace.inbox / "IMG_1.jpg"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER_IN_PIECES, str(path), "abcd", "0.5"], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        (early,) = run(workspace)
        assert copies(workspace) == [copy_of(PIECES[0])]
        writer.wait()
    again = run(workspace)
    assert [(str(result.report.kind), result.item != early.item) for result in again] == [("released", True)]
    assert copies(workspace) == [copy_of(WHOLE)]
    with opened(workspace) as site:
        assert site.ledger.replacements() == {early.item: again[0].item}
    assert run(workspace) == []


@POSIX
def test_a_file_that_changes_while_it_is_in_work_is_taken_again_by_the_same_batch(workspace: Workspace) -> None:
    """The worker refuses bytes that it was not given; at the end of the run the file is looked at again."""
    drop(workspace.inbox, a="half")
    held = (workspace.inbox / "a.jpg").open("ab")
    pool = InlinePool()
    process = pool.process

    def meanwhile(job: Job) -> PhotoReport:
        if not pool.seen[1:]:
            held.write(b" whole")
            held.flush()
        return process(job)

    pool.process = meanwhile
    results = run(workspace, pool=pool)
    held.close()
    assert [str(result.report.kind) for result in results] == ["failed", "released"]
    assert copies(workspace) == [copy_of(b"half whole")]
    assert tree(workspace.quarantine) == []


def test_batch_waits_for_what_was_written_a_moment_ago(tmp_path: Path) -> None:
    """Old files come first; a new one as soon as it is quiet; one that does not become quiet is left where it is."""
    old, new = tmp_path / "old.jpg", tmp_path / "new.jpg"
    old.write_bytes(b"1")
    time.sleep(QUIET + 0.1)
    writer = threading.Thread(target=in_place, args=(new, SHORT))
    writer.start()
    while not new.exists():
        time.sleep(0.01)
    candidates = [Candidate(path, PurePath(path.name)) for path in (new, old)]
    taken = [(entry.path, entry.path.read_bytes()) for entry in settled(candidates, QUIET, lambda: False)]
    assert taken == [(old, b"1"), (new, WHOLE)]
    writer.join()
    assert [entry.path for entry in settled(candidates, 3600, lambda: True)] == []
    assert [entry.path for entry in settled(candidates, 0, lambda: False)] == [new, old]


def test_batch_says_what_it_left_because_it_was_still_being_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute it goes on without the file, which stays and is tried again."""
    monkeypatch.setattr("anonymiser.intake.stability._LONGEST_WAIT_SECONDS", 0.2)
    drop(workspace.inbox, a="1")
    candidates = [Candidate(workspace.inbox / "a.jpg", PurePath("a.jpg"))]
    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, site.contexts.names_someone)
        intake = Intake(site, InlinePool(), Stop(), events, workspace.inbox, Origin.INBOX)
        (result,) = intake.run(settled(candidates, 3600, lambda: False))
    assert result.sentences == (
        "the file was still being written; it is tried again by the next batch, or by watch within a minute",
    )
    assert tree(workspace.inbox) == ["a.jpg"]


@pytest.mark.parametrize("status", [{"st_file_attributes": 0x400020}, {"st_flags": 0x40000000}])
def test_a_file_whose_bytes_are_in_a_cloud_is_left_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: dict[str, int]
) -> None:
    """OneDrive and iCloud keep the name and the size; reading it would wait for a network, or fail."""
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(WHOLE)
    plain = path.lstat()
    seen = SimpleNamespace(**{name: getattr(plain, name) for name in dir(plain) if name.startswith("st_")} | status)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", lambda _: seen)
        assert list(listing(tmp_path)) == [Ignored(PurePath("IMG_1.jpg"), Left.PLACEHOLDER)]
    assert isinstance(next(iter(listing(tmp_path))), Candidate)
