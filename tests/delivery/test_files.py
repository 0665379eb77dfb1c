"""Steps on files: what they wait for, what they refuse, and that nobody else takes any."""

from __future__ import annotations

import ast
import errno
import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from disk_faults import Disk, Step, faulty_disk, windows_error
from hypothesis import given
from hypothesis import strategies as st

import anonymiser
from anonymiser.delivery import files
from anonymiser.errors import DiskFullError

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


class BusyFor:
    """Another program holds every file for so many tries."""

    def __init__(self, tries: int, error: OSError) -> None:
        self.left = tries
        self.error = error

    def __call__(self, step: Step) -> None:
        if self.left:
            self.left -= 1
            raise self.error


def busy_disk(tries: int, monkeypatch: pytest.MonkeyPatch, number: int = 32) -> AbstractContextManager[Disk]:
    return faulty_disk(BusyFor(tries, windows_error(number)), monkeypatch, windows=True)


# --- waiting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [5, 32, 33])
@pytest.mark.parametrize(
    "step",
    [
        lambda folder: files.move(folder / "a", folder / "b"),
        lambda folder: files.move_new(folder / "a", folder / "b"),
        lambda folder: files.replace(folder / "a", folder / "b"),
        lambda folder: files.unlink(folder / "a"),
        lambda folder: files.write_text(folder / "note.txt", "text"),
        lambda folder: files.sha256_of(folder / "a"),
        lambda folder: files.is_confirmed(folder / "a", "00"),
        lambda folder: files.make_folder(folder / "new"),
        files.names_in,
        lambda folder: files.check_free(folder / "a"),
    ],
)
def test_every_step_waits_for_a_busy_file(tmp_path, monkeypatch, number, step):
    """Held for five tries it succeeds at the sixth; held for longer it raises BusyFile, and nothing has changed."""
    (tmp_path / "a").write_bytes(b"1")
    slept = []
    with busy_disk(99, monkeypatch, number), pytest.raises(files.BusyFile), files.waiting((1, 2), slept.append):
        step(tmp_path)
    assert slept == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with busy_disk(5, monkeypatch, number), files.waiting(files.PAUSES, slept.append):
        step(tmp_path)
    assert slept[2:] == list(files.PAUSES)


def test_waiting_is_bounded(tmp_path, monkeypatch):
    """A file that stays open costs a run about a second and a half, and not longer."""
    assert 1 < sum(files.PAUSES) < 2


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "denied"), OSError(errno.EIO, "broken")])
def test_other_errors_are_not_waited_for(tmp_path, monkeypatch, error):
    """What no waiting can mend is raised at once, as it is."""
    slept = []
    with (
        faulty_disk(BusyFor(1, error), monkeypatch),
        files.waiting((1, 2), slept.append),
        pytest.raises(type(error)) as caught,
    ):
        files.unlink(tmp_path / "a")
    assert caught.value is error
    assert slept == []


def test_a_busy_file_is_told_without_its_name(tmp_path, monkeypatch):
    """A file name may be a child's: neither the error nor what is said of it holds one."""
    with busy_disk(99, monkeypatch), pytest.raises(files.BusyFile) as caught, files.waiting(()):
        files.move(tmp_path / "Amelia Khan.jpg", tmp_path / "b")
    assert "Amelia" not in f"{caught.value!r} {caught.value} {files.why(caught.value)}"
    assert caught.value.__cause__ is None
    assert "Amelia" not in files.why(OSError(errno.EIO, "Input/output error", "Amelia Khan.jpg"))


@pytest.mark.parametrize("number", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)])
def test_a_full_disk_has_its_own_error(number):
    """It carries a remedy, because no later photo could be finished either."""
    with pytest.raises(DiskFullError) as caught, files.full_disk_is_said():
        raise OSError(number, "No space left on device")
    assert "Free some space" in caught.value.remedy
    with pytest.raises(OSError, match="broken"), files.full_disk_is_said():
        raise OSError(errno.EIO, "broken")


def test_each_step_of_several_is_done(tmp_path):
    """One that fails holds up none of the others, and the first error is raised."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_bytes(b"1")
    with pytest.raises(OSError, match="first"):
        files.every(
            lambda: (_ for _ in ()).throw(OSError("first")),
            lambda: (_ for _ in ()).throw(OSError("second")),
            lambda: files.unlink(tmp_path / "b"),
        )
    assert not (tmp_path / "b").exists()


# --- moving and writing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("windows", [False, True])
def test_moving_never_goes_over_another_file(tmp_path, monkeypatch, windows):
    """Whatever the volume can do, a name that is taken stays as it is."""
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"1")
    target.write_bytes(b"theirs")
    with faulty_disk(lambda _: None, monkeypatch, windows=windows), pytest.raises(FileExistsError):
        files.move_new(source, target)
    assert (source.read_bytes(), target.read_bytes()) == (b"1", b"theirs")


def test_a_note_is_whole_or_not_there(tmp_path, monkeypatch):
    """While it is written nobody sees it, and a failed attempt leaves the older note and no leftovers."""
    note = tmp_path / "a.txt"
    files.write_text(note, "old\n")
    for failing in ("open", "replace"):

        def fault(step: Step, failing: str = failing) -> None:
            if step.name == failing:
                raise windows_error(5)

        with faulty_disk(fault, monkeypatch), pytest.raises(files.BusyFile):
            files.write_text(note, "new\n")
        assert note.read_text(encoding="utf-8") == "old\n"
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    files.write_text(note, "new\n")
    assert note.read_text(encoding="utf-8") == "new\n"


def test_removing_what_has_gone_is_no_error(tmp_path):
    """Twice is the same as once."""
    (tmp_path / "a").write_bytes(b"1")
    files.unlink(tmp_path / "a")
    files.unlink(tmp_path / "a")
    files.remove_if_empty(tmp_path / "nothing")


# --- looking --------------------------------------------------------------------------------------------------


def test_a_copy_that_cannot_be_read_is_neither_confirmed_nor_not(tmp_path, monkeypatch):
    """Taken for somebody else's file, it would come out twice; taken for ours, unseen."""
    copy = tmp_path / "a"
    copy.write_bytes(b"1")
    digest = files.sha256_of(copy)
    assert files.is_confirmed(copy, digest)
    assert not files.is_confirmed(copy, "00")
    assert not files.is_confirmed(copy, None)
    assert not files.is_confirmed(tmp_path / "gone", digest)
    with busy_disk(99, monkeypatch), pytest.raises(files.BusyFile):
        files.is_confirmed(copy, digest)


@posix_only
def test_a_link_to_a_copy_is_no_copy(tmp_path):
    """It could lead anywhere by the time it is published."""
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert not files.is_confirmed(tmp_path / "link", files.sha256_of(tmp_path / "a"))


@posix_only
def test_hashing_a_pipe_fails_at_once(tmp_path: Path) -> None:
    """A file that became a FIFO after it was listed cannot hold the program up."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="regular"):
        files.sha256_of(tmp_path / "pipe")


@posix_only
def test_hashing_never_follows_a_link(tmp_path: Path) -> None:
    """A file that became a link after it was listed is not read."""
    (tmp_path / "real").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError):  # noqa: PT011 - the text is the operating system's
        files.sha256_of(tmp_path / "link")


@given(st.text(min_size=1, max_size=300))
def test_safe_names_fit_every_file_system(name: str) -> None:
    """Whatever a file is called, its safe name is short, one line, without reserved characters or trailing dots."""
    safe = files.safe_name(name)
    assert 0 < len(safe.encode()) <= 120
    assert not set(safe) & set('<>:"/\\|?*\n\r\0')
    assert safe[-1] not in " ."


def test_safe_names_keep_their_suffix() -> None:
    """A name of 250 characters is shortened in front of .jpg."""
    assert files.safe_name("x" * 246 + ".jpg") == "x" * 116 + ".jpg"
    assert files.safe_name("two\nlines 🏃.jpeg") == "two_lines 🏃.jpeg"


def test_a_suffix_that_could_carry_a_name_is_dropped() -> None:
    """Only short plain suffixes survive into the quarantine."""
    assert files.safe_suffix("clip.MOV") == ".MOV"
    assert not files.safe_suffix("photo.Amelia")


# --- nobody else ----------------------------------------------------------------------------------------------

CHANGING_METHODS = {"rename", "unlink", "rmdir", "touch", "hardlink_to", "symlink_to", "write_text", "write_bytes"}
CHANGING_FUNCTIONS = {
    "os": {"rename", "renames", "replace", "link", "symlink", "unlink", "remove", "rmdir", "removedirs", "truncate"},
    "shutil": {"move", "copy", "copy2", "copyfile", "copytree", "copyfileobj", "rmtree"},
}
ELSEWHERE = {
    "staging.py": "a worker writes and removes its own staged copy, which nobody else sees",
    "workspace.py": "the settings file of a new workspace",
    "consent/vault.py": "the key file, on a lower floor",
    "service/manager.py": "the file for the operating system, outside every workspace or there for a moment",
    "desk/serve.py": "its own one-time link, on a higher floor",
    "school/audit.py": "an export of the audit record, at the place that the user names",
    "school/consents.py": "the proposal of a mapping, at the place that the user names",
    "school/demo.py": "builds a workspace from the samples, and removes the last one",
    "school/measure.py": "a folder of its own",
    "school/new.py": "the note for staff in a new workspace",
    "school/picture.py": "one copy outside every workspace, at the place that the caller names",
    "cli/evaluate.py": "a report, at the place that the user names",
    "cli/evaluate_suitability.py": "a report, at the place that the user names",
    "cli/evaluate_identity.py": "a report, at the place that the user names",
}
"""Modules that change files all the same, and why they may."""


def changes_files(tree: ast.AST) -> list[str]:
    """Every call that renames, replaces, links, copies, removes or writes a file, as it stands in the source."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in CHANGING_FUNCTIONS:
            found += [name.name for name in node.names if name.name in CHANGING_FUNCTIONS[node.module]]
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        # str.replace takes two texts, datetime.replace names its values; Path.replace takes one place.
        replaces = node.func.attr == "replace" and len(node.args) == 1 and not node.keywords
        if owner == "files":
            continue
        if owner in CHANGING_FUNCTIONS:
            if node.func.attr in CHANGING_FUNCTIONS[owner]:
                found.append(ast.unparse(node))
        elif node.func.attr in CHANGING_METHODS or replaces:
            found.append(ast.unparse(node))
    return found


def test_no_other_module_changes_files():
    """Else a busy file would end a run where nobody expects it; the exceptions are listed with their reasons."""
    package = Path(str(anonymiser.__file__)).parent
    changing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if changes_files(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert changing == {"delivery/files.py", *ELSEWHERE}


@pytest.mark.parametrize(
    "call",
    [
        "path.rename(other)", "path.replace(other)", "(folder / 'a').unlink(missing_ok=True)", "os.link(a, b)",
        "os.replace(a, b)", "shutil.move(a, b)", "shutil.rmtree(a)", "path.write_text('x')", "from os import rename",
    ],
)  # fmt: skip
def test_a_change_would_be_noticed(call):
    """The check above is no rubber stamp."""
    assert changes_files(ast.parse(call))


@pytest.mark.parametrize(
    "call", ["text.replace('a', 'b')", "day.replace(day=1)", "replace(item, a=1)", "files.unlink(a)", "rows.remove(a)"]
)
def test_what_only_looks_like_a_change_is_none(call):
    """Texts, dates and lists are replaced and removed from as before."""
    assert not changes_files(ast.parse(call))
