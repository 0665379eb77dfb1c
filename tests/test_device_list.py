"""devices.toml: a list that is read as it stands, or one sentence that says what is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_kit import new_workspace

from anonymiser.device_list import LARGEST_FILE, DeviceList
from anonymiser.errors import SettingsError
from anonymiser.values.devices import Camera, DeviceCheck
from anonymiser.workspace import Workspace

TWO_DEVICES = """\
# The school's
[[device]]
make = "Apple"
model = "iPad (9th generation)"
note = "Year 3"

[[device]]
make = " canon "
model = "EOS 80D"
serial = "0320"

[[folder]]
name = "Office scanner"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school")


def nowhere(_: str) -> bool:
    return False


def test_without_a_file_there_is_nothing_to_check(workspace: Workspace) -> None:
    """A school that has no list is asked nothing."""
    assert DeviceList(workspace).entries() is None
    assert DeviceList(workspace).check(nowhere) is None


def test_devices_and_folders_are_read_as_they_stand(workspace: Workspace) -> None:
    """Blanks around a name are a slip of the hand, and not part of it."""
    workspace.devices_file.write_text(TWO_DEVICES, encoding="utf-8")
    devices = DeviceList(workspace)
    cameras = (Camera("Apple", "iPad (9th generation)"), Camera("canon", "EOS 80D", "0320"))
    assert devices.check(nowhere) == DeviceCheck(cameras, from_approved_folder=False)
    assert devices.check(lambda folder: folder == "office scanner") == DeviceCheck(cameras, from_approved_folder=True)
    assert [entry.note for entry in devices.entries() or ()] == ["Year 3", "", ""]


def test_an_empty_file_is_an_empty_list(workspace: Workspace) -> None:
    """Nothing is approved then, which is not the same as no list."""
    workspace.devices_file.touch()
    assert DeviceList(workspace).check(nowhere) == DeviceCheck()


def test_a_change_counts_at_once(workspace: Workspace) -> None:
    """A run that takes hours does not go by the list of this morning."""
    devices = DeviceList(workspace)
    assert devices.check(nowhere) is None
    workspace.devices_file.write_text(TWO_DEVICES, encoding="utf-8")
    assert len(devices.entries() or ()) == 3
    workspace.devices_file.write_text("", encoding="utf-8")
    assert devices.entries() == ()
    workspace.devices_file.unlink()
    assert devices.entries() is None


def test_a_file_comes_by_the_first_folder_of_the_inbox_alone(workspace: Workspace) -> None:
    """What lies directly in the inbox, or anywhere else, came by no folder that could be approved."""
    devices = DeviceList(workspace)
    assert devices.folder_of(workspace.inbox, PurePath("Office  Scanner/June/a.jpg")) == "office scanner"
    assert devices.folder_of(workspace.inbox, PurePath("a.jpg")) is None
    assert devices.folder_of(workspace.root / "stick", PurePath("Office scanner/a.jpg")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[device]\n", "line 1, cannot be understood"),
        ("[[device]]\nmodell = 'EOS'\n", "device 1 has the unknown key modell"),
        ("[[device]]\nserial = '1'\n", "device 1 needs a make or a model"),
        ("[[device]]\nmodel = 'a'\n[[device]]\nmodel = ' '\n", "device 2 needs a make or a model"),
        ("[[device]]\nmodel = 'a'\nserial = ' '\n", "device 1 has a serial number without a visible character"),
        ("[[device]]\nmodel = 7\n", "device 1 must have words in quotation marks for model"),
        (f"[[device]]\nmodel = '{'x' * 81}'\n", "device 1 has a longer model than any file that is read"),
        ("[[folder]]\nnote = 'x'\n", "folder 1 has no name"),
        ("[[folder]]\nname = 'inbox/Office'\n", "folder 1 must name one folder of the inbox, without its path"),
        ("[[folder]]\nname = '..'\n", "folder 1 must name one folder of the inbox, without its path"),
        ("[device]\nmodel = 'a'\n", "the file is not written as an entry: it begins with [[device]] or [[folder]]"),
        ("[[devices]]\nmodel = 'a'\n", "the file has the unknown key devices"),
        ("[[folder]]\nname = 'a'\nnote = \"two\\nlines\"\n", "folder 1 has a note of more than one line"),
        (b"\xff\xfe", "is not plain text"),
        ("#" * (LARGEST_FILE + 1), "is too large to be a list of devices"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(workspace: Workspace, text: str | bytes, said: str) -> None:
    """The file is named, and what is wrong in it, without a validator's English."""
    workspace.devices_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as refusal:
        DeviceList(workspace).check(nowhere)
    assert refusal.value.message.removeprefix(str(workspace.devices_file)).lstrip(",: ") == said
    assert refusal.value.remedy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet='[]device="folnam \n.0{}', max_size=80).map(str.encode)))
def test_any_bytes_are_a_list_or_a_refusal(workspace: Workspace, data: bytes) -> None:
    """Nothing else comes out, and nothing is approved by noise."""
    workspace.devices_file.write_bytes(data)
    try:
        found = DeviceList(workspace).entries()
    except SettingsError:
        return
    assert found is not None


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a file that this account cannot read"
)
def test_a_list_without_access_is_no_missing_list(workspace: Workspace) -> None:
    """It stops the run, as a broken one does."""
    workspace.devices_file.touch(mode=0)
    with pytest.raises(SettingsError):
        DeviceList(workspace).entries()


def test_a_folder_in_place_of_the_list_is_no_missing_list(workspace: Workspace) -> None:
    """Whatever lies there, the school meant to have a list."""
    workspace.devices_file.mkdir()
    with pytest.raises(SettingsError):
        DeviceList(workspace).entries()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_the_list_is_not_waited_for(workspace: Workspace) -> None:
    """Opening it would never end."""
    os.mkfifo(workspace.devices_file)
    with pytest.raises(SettingsError, match="is not a file") as refusal:
        DeviceList(workspace).check(nowhere)
    assert "Take it away" in refusal.value.remedy
