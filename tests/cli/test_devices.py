"""`anonymise devices`: the list made from photos, shown, and shortened again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bad_inputs import device_exif, encoded, gradient
from intake_kit import Invoke

from anonymiser.audit.entry import Kind
from anonymiser.errors import ExitCode
from anonymiser.school import School
from anonymiser.workspace import Workspace


def photo(folder: Path, make: str | None, model: str | None, serial: str | None = None, kind: str = "JPEG") -> Path:
    path = folder / f"IMG_0001.{kind.lower()}"
    path.write_bytes(encoded(gradient(), kind, exif=device_exif(make, model, serial).tobytes()))
    return path


@pytest.mark.parametrize("kind", ["JPEG", "HEIF", "TIFF", "PNG", "WEBP"])
def test_a_photo_puts_its_device_on_the_list(invoke: Invoke, workspace: Workspace, tmp_path: Path, kind: str) -> None:
    """What was read is said, the list is made, and the photo stays where it is."""
    path = photo(tmp_path, "Canon", "Canon EOS 80D", "032051001234", kind)
    code, lines, said = invoke(
        "devices", "add", "--from", path, "--note", " Office ", "--json", "--workspace", workspace.root
    )
    assert code == ExitCode.DONE
    assert "The photo names: make Canon, model Canon EOS 80D, serial number 032051001234" in said
    assert lines == [
        {"make": "Canon", "model": "Canon EOS 80D", "serial": "032051001234", "note": "Office", "new": True}
    ]
    assert path.exists()
    text = workspace.devices_file.read_text(encoding="utf-8")
    assert text.startswith("# The devices and folders")
    assert 'serial = "032051001234"' in text


def test_a_device_without_a_serial_number_approves_its_kind_which_is_said(
    invoke: Invoke, workspace: Workspace, tmp_path: Path
) -> None:
    """Whoever approves a tablet approves the same tablet in every home, and should know."""
    path = photo(tmp_path, "Apple", "iPad (9th generation)")
    _, _, said = invoke("devices", "add", "--from", path, "--workspace", workspace.root)
    assert "every device of its make and model is approved, whoever owns it" in said
    path = photo(tmp_path, "Canon", "EOS 80D", "1")
    _, _, said = invoke("devices", "add", "--from", path, "--any-serial", "--workspace", workspace.root)
    assert "whoever owns it" in said
    assert "serial" not in workspace.devices_file.read_text(encoding="utf-8")


def test_a_photo_without_evidence_is_refused_with_a_remedy(
    invoke: Invoke, workspace: Workspace, tmp_path: Path
) -> None:
    """Nothing is added, and no list is begun by it."""
    code, _, said = invoke("devices", "add", "--from", photo(tmp_path, None, None), "--workspace", workspace.root)
    assert code == ExitCode.USAGE
    assert "no evidence in this photo" in said
    assert "anonymise devices add --folder NAME" in said
    assert not workspace.devices_file.exists()


def test_what_is_no_photo_is_refused(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """With the program's usual sentence."""
    (tmp_path / "a.jpg").write_bytes(b"not a picture")
    code, _, said = invoke("devices", "add", "--from", tmp_path / "a.jpg", "--workspace", workspace.root)
    assert code == ExitCode.INCOMPLETE
    assert "Use another photo of the device." in said


def test_adding_twice_changes_nothing(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """A device, a folder in other letters, and one of a kind that is approved already."""
    invoke("devices", "add", "--from", photo(tmp_path, "Apple", "iPad"), "--workspace", workspace.root)
    invoke("devices", "add", "--folder", "Office scanner", "--workspace", workspace.root)
    before = workspace.devices_file.read_bytes()
    for arguments in (("--from", photo(tmp_path, "APPLE", "iPad", "S1")), ("--folder", "office  SCANNER")):
        _, _, said = invoke("devices", "add", *arguments, "--workspace", workspace.root)
        assert "It was on the list already." in said
    assert workspace.devices_file.read_bytes() == before


@pytest.mark.parametrize("arguments", [(), ("--folder", "a/b"), ("--folder", " "), ("--folder", "..")])
def test_what_names_nothing_is_refused(invoke: Invoke, workspace: Workspace, arguments: tuple[str, ...]) -> None:
    """No option, a path, or no name."""
    code, _, said = invoke("devices", "add", *arguments, "--workspace", workspace.root)
    assert code == ExitCode.USAGE
    assert "what to do:" in said


def test_the_list_is_shown_and_shortened_by_its_numbers(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """What somebody wrote into the file by hand stays as it is, comments included."""
    _, _, said = invoke("devices", "--workspace", workspace.root)
    assert "There is no list" in said
    workspace.devices_file.write_text('# ours\n[[folder]]\nname = "Office" # room 4\n', encoding="utf-8")
    invoke("devices", "add", "--from", photo(tmp_path, "Apple", "iPad"), "--workspace", workspace.root)
    _, lines, _ = invoke("devices", "list", "--json", "--workspace", workspace.root)
    assert [(line["number"], line.get("model"), line.get("folder")) for line in lines] == [
        (1, "iPad", None), (2, None, "Office"),
    ]  # fmt: skip
    _, _, said = invoke("devices", "list", "--workspace", workspace.root)
    assert "make Apple, model iPad, serial number not said" in said
    _, _, said = invoke("devices", "remove", "1", "--workspace", workspace.root)
    assert "No longer approved: make Apple, model iPad" in said
    assert workspace.devices_file.read_text(encoding="utf-8").startswith(
        '# ours\n[[folder]]\nname = "Office" # room 4\n'
    )
    _, _, said = invoke("devices", "remove", "1", "--workspace", workspace.root)
    assert "The list is empty now" in said
    assert "To check no devices any more, delete" in said
    code, _, _ = invoke("devices", "remove", "1", "--workspace", workspace.root)
    assert code == ExitCode.USAGE


def test_a_broken_list_is_not_written_over(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """Whoever made the slip mends it."""
    workspace.devices_file.write_text("[[device]\n", encoding="utf-8")
    code, _, said = invoke("devices", "add", "--from", photo(tmp_path, "Apple", "iPad"), "--workspace", workspace.root)
    assert code == ExitCode.WORKSPACE
    assert "line 1, cannot be understood" in said
    assert workspace.devices_file.read_text(encoding="utf-8") == "[[device]\n"


def test_changes_of_the_list_are_in_the_audit_record(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """That it was changed, and how many entries it has; not which devices."""
    invoke("devices", "add", "--from", photo(tmp_path, "Canon", "EOS", "032051001234"), "--workspace", workspace.root)
    invoke("devices", "remove", "1", "--workspace", workspace.root)
    with School.open(workspace.root) as school:
        story = [row.text for row in school._site.ledger.audit_rows() if f'"{Kind.DEVICES}"'.encode() in row.text]
    assert len(story) == 2
    assert b'"entries":1,"what":"added"' in story[0]
    assert b'"entries":0,"what":"removed"' in story[1]
    assert b"0320" not in b"".join(story)


def test_a_list_on_one_line_is_kept_and_added_to(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """TOML has two forms of a list; a list of devices in either is one that can be added to."""
    workspace.devices_file.write_text('folder = [{name = "Office", note = "the scanner"}]\n', encoding="utf-8")
    there = ("--workspace", workspace.root)
    assert invoke("devices", "add", "--folder", "Year 3", *there)[0] == ExitCode.DONE
    assert invoke("devices", "add", "--from", photo(tmp_path, "Canon", "EOS"), *there)[0] == ExitCode.DONE
    with School.open(workspace.root) as school:
        entries = school.devices.entries() or ()
    assert [(entry.note, getattr(entry, "name", "")) for entry in entries] == [
        ("", ""),
        ("the scanner", "Office"),
        ("", "Year 3"),
    ]


def test_a_list_that_would_not_be_read_again_is_never_written(invoke: Invoke, workspace: Workspace) -> None:
    """What nobody can write down is refused, and there is still no list."""
    for arguments in (("--folder", "Year 3", "--note", "\udcff"), ("--folder", "\udcff"), ("--folder", "two\nlines")):
        code, _, said = invoke("devices", "add", *arguments, "--workspace", workspace.root)
        assert code == ExitCode.USAGE
        assert "what to do:" in said
    assert not workspace.devices_file.exists()


def test_additions_at_once_lose_none(workspace: Workspace) -> None:
    """Two commands write one file, each with everything that the other has added."""

    def add(names: list[str]) -> None:
        with School.open(workspace.root) as school:
            for name in names:
                assert school.devices.add_folder(name).new

    with ThreadPoolExecutor(2) as both:
        list(both.map(add, ([f"a{number}" for number in range(8)], [f"b{number}" for number in range(8)])))
    with School.open(workspace.root) as school:
        assert len(school.devices.entries() or ()) == 16


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_photo_is_not_waited_for(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """Opening it would never end."""
    os.mkfifo(tmp_path / "photo.jpg")
    code, _, said = invoke("devices", "add", "--from", tmp_path / "photo.jpg", "--workspace", workspace.root)
    assert code == ExitCode.INCOMPLETE
    assert "this is not a file" in said
