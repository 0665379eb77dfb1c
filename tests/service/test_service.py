from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from intake_kit import new_workspace
from service_kit import NASTY, FakeSystem, job_of, refused_to_nobody

from anonymiser.errors import ServiceError
from anonymiser.locks import is_working
from anonymiser.service import Job, Ran, manager_for, run_command
from anonymiser.service.launchd import Launchd
from anonymiser.service.systemd import Systemd
from anonymiser.service.task_scheduler import TaskScheduler


def test_two_workspaces_have_two_names(tmp_path: Path) -> None:
    """Also where their folders are called the same; one workspace keeps its name, however its path is written."""
    one, other = (new_workspace(tmp_path / place / "School photos") for place in ("a", "b"))
    names = {Job.of(one).name, Job.of(other).name}
    assert len(names) == 2
    assert all(name.startswith("anonymiser-school-photos-") for name in names)
    again = new_workspace(tmp_path / "a" / ".." / "a" / "School photos")
    assert Job.of(again).name == Job.of(one).name


def test_the_job_is_watch_of_this_workspace_by_this_python(tmp_path: Path) -> None:
    """With the whole path, and with time for the slowest photo to be finished."""
    workspace = new_workspace(tmp_path / "school", "[intake]\nphoto_seconds = 100\n")
    job = Job.of(workspace)
    assert job.command == (sys.executable, "-P", "-m", "anonymiser", "watch", "--workspace", str(workspace.root))
    assert job.stop_seconds == 130


def test_on_windows_no_window_opens(tmp_path: Path) -> None:
    """pythonw.exe stands beside python.exe; without it, python.exe it is."""
    workspace = new_workspace(tmp_path / "school")
    python = tmp_path / "python.exe"
    assert Job.of(workspace, str(python)).program == str(python)
    (tmp_path / "pythonw.exe").touch()
    assert Job.of(workspace, str(python)).program == str(tmp_path / "pythonw.exe")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such names")
def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A name in an old encoding fits into no file of any system."""
    workspace = new_workspace(tmp_path / os.fsdecode(b"caf\xe9"))
    with pytest.raises(ServiceError, match="no text file can hold") as caught:
        Job.of(workspace)
    caught.value.message.encode("utf-8")


def test_each_system_has_its_own(tmp_path: Path) -> None:
    """And one that is not known is told so."""
    job, system = job_of(tmp_path), FakeSystem()
    windows = {"USERNAME": "office", "USERDOMAIN": "SCHOOL"}
    task = manager_for(job, system="win32", home=tmp_path, environment=windows, runner=system)
    assert isinstance(task, TaskScheduler)
    assert r"<UserId>SCHOOL\office</UserId>" in task.shown()
    assert isinstance(manager_for(job, system="darwin", home=tmp_path, environment={}, runner=system), Launchd)
    assert isinstance(manager_for(job, system="linux", home=tmp_path, environment={}, runner=system), Systemd)
    with pytest.raises(ServiceError, match="no service for this system"):
        manager_for(job, system="freebsd14", home=tmp_path, environment={}, runner=system)
    with pytest.raises(ServiceError, match="USERNAME"):
        manager_for(job, system="win32", home=tmp_path, environment={}, runner=system)


def test_linux_keeps_units_where_the_account_wants_them(tmp_path: Path) -> None:
    """XDG_CONFIG_HOME counts if it is an absolute path, as its specification says."""
    job, system = job_of(tmp_path), FakeSystem()
    for value, expected in ((str(tmp_path / "c"), tmp_path / "c"), ("relative", tmp_path / ".config"), ("", None)):
        environment = {"XDG_CONFIG_HOME": value}
        manager = manager_for(job, system="linux", home=tmp_path, environment=environment, runner=system)
        assert manager.file.parent == (expected or tmp_path / ".config") / "systemd" / "user"


@given(NASTY)
def test_the_agent_of_macos_takes_paths_as_they_are(place: str) -> None:
    """A property list has a list of arguments, and nothing in it is expanded."""
    job = job_of(Path("data"), place=f"/Users/{place}")
    agent = plistlib.loads(Launchd(job, Path("home"), FakeSystem()).content())
    assert agent["ProgramArguments"] == list(job.command)
    assert (agent["RunAtLoad"], agent["KeepAlive"], agent["ThrottleInterval"]) == (True, True, 60)


def test_the_agent_of_macos_is_loaded_replaced_and_unloaded(tmp_path: Path) -> None:
    """Launchd loads no second of one name, so the earlier one goes first."""
    system = FakeSystem({"print": Ran(1)})
    manager = Launchd(job_of(tmp_path / "data"), tmp_path, system)
    manager.install()
    assert [command[1] for command in system.ran] == ["bootstrap"]
    system.answers.clear()
    system.ran.clear()
    manager.install()
    assert [command[1] for command in system.ran if command[1] != "print"] == ["bootout", "bootstrap"]
    assert manager.is_installed()
    assert manager.remove()
    assert not manager.file.exists()


def test_a_program_that_is_missing_or_hangs_is_told_in_one_sentence(tmp_path: Path) -> None:
    """And with one remedy; what it says on both outputs is passed on."""
    with pytest.raises(ServiceError, match="this computer has no no-such-program") as caught:
        run_command(["no-such-program"], 5)
    assert caught.value.remedy
    if os.name == "posix":
        assert run_command(["sh", "-c", "echo out; echo err >&2; exit 3"], 5) == Ran(3, "err\n\nout")
        with pytest.raises(ServiceError, match="did not end within"):
            run_command(["sleep", "5"], 0.1)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where a folder of the configuration is a file, for example."""
    (tmp_path / ".config").write_text("")
    system = FakeSystem()
    with pytest.raises(ServiceError, match="cannot write"):
        Systemd(job_of(tmp_path / "data"), tmp_path / ".config", system).install()
    assert [command[2] for command in system.ran] in ([], ["disable"])


posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights in another way")


@posix
def test_a_folder_of_the_configuration_that_may_not_be_searched_is_told(tmp_path: Path) -> None:
    """In one sentence, with one remedy, whatever is asked; nothing is told to the system."""
    closed, system = tmp_path / "closed", FakeSystem()
    closed.mkdir()
    closed.chmod(0)
    manager = Systemd(job_of(tmp_path / "data"), closed / "config", system)
    said = refused_to_nobody(manager.is_known, manager.is_installed, manager.install, manager.remove)
    closed.chmod(0o700)
    assert len(set(said)) == 1
    assert said[0].startswith("ServiceError: cannot read ")
    assert "Give this account the right" in said[0]
    assert system.ran == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only the administrator can be nobody")
def test_an_account_without_a_home_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it says itself where its configuration is."""
    monkeypatch.delenv("HOME", raising=False)
    job = job_of(tmp_path / "data")
    said = refused_to_nobody(
        lambda: manager_for(job, system="linux", environment={}),
        lambda: manager_for(job, system="darwin", environment={}),
        lambda: manager_for(job, system="linux", environment={"XDG_CONFIG_HOME": "/etc/xdg"}),
    )
    assert said[0] == said[1]
    assert said[0].startswith("ServiceError: this system does not say where the account's home folder is")
    assert said[2] == "nothing"


@posix
def test_a_data_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    """Whether somebody works in the workspace cannot be known then."""
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0)
    said = refused_to_nobody(lambda: is_working(data))
    data.chmod(0o700)
    assert said[0].startswith("WorkspaceError: this account may not use ")
    assert "Give it the right" in said[0]
