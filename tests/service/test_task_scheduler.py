from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_kit import NASTY, FakeSystem, job_of

from anonymiser.errors import ServiceError
from anonymiser.locks import run_lock
from anonymiser.service import Ran
from anonymiser.service.task_scheduler import TaskScheduler

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
ORDER = {
    "LogonTrigger": ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "UserId", "Delay"],
    "TimeTrigger": ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay"],
}
"""Where MS-TSCH 2.5.3 has a sequence; everything else may come in any order (xs:all)."""
KNOWN = {
    "Task": {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
    "RegistrationInfo": {"Date", "Author", "Version", "Description", "URI", "Source", "Documentation"},
    "Triggers": {"LogonTrigger", "TimeTrigger"},
    "Repetition": {"Interval", "Duration", "StopAtDurationEnd"},
    "Principals": {"Principal"},
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"},
    "Settings": {
        "AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy", "DisallowStartIfOnBatteries",
        "StopIfGoingOnBatteries", "AllowHardTerminate", "StartWhenAvailable", "RunOnlyIfNetworkAvailable", "WakeToRun",
        "Enabled", "Hidden", "DeleteExpiredTaskAfter", "IdleSettings", "ExecutionTimeLimit", "Priority",
        "RunOnlyIfIdle",
    },
    "IdleSettings": {"Duration", "WaitTimeout", "StopOnIdleEnd", "RestartOnIdle"},
    "RestartOnFailure": {"Interval", "Count"},
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}  # fmt: skip
"""What each element may hold in version 1.2."""
PYTHON = r"C:\anonymiser\Scripts\pythonw.exe"


def scheduler(
    tmp_path: Path, system: FakeSystem | None = None, *, program: str = PYTHON, place: str = r"C:\School photos"
) -> TaskScheduler:
    job = job_of(tmp_path, program, place)
    return TaskScheduler(job, account=r"SCHOOL\office & more", runner=system or FakeSystem())


def parsed(content: bytes) -> ET.Element:
    assert content.startswith(b"\xff\xfe"), "schtasks wants UTF-16 with a byte order mark"
    return ET.fromstring(content)  # noqa: S314 - our own


def text(task: ET.Element, path: str) -> str:
    found = task.find("/".join(NAMESPACE + name for name in path.split("/")))
    assert found is not None, path
    return found.text or ""


def split_as_windows(line: str) -> list[str]:
    """What a C program gets as its arguments (CommandLineToArgvW, after the name of the program)."""
    arguments, current, quoting, started, i = [], "", False, False, 0
    while i < len(line):
        slashes = len(line[i:]) - len(line[i:].lstrip("\\"))
        after = line[i + slashes : i + slashes + 1]
        if slashes:
            started = True
            current += "\\" * (slashes // 2 if after == '"' else slashes)
            i += slashes
            if after == '"' and slashes % 2:
                current, i = current + '"', i + 1
        elif after == '"':
            quoting, started, i = not quoting, True, i + 1
        elif after in " \t" and not quoting:
            arguments += [current] if started else []
            current, started, i = "", False, i + 1
        else:
            current, started, i = current + after, True, i + 1
    return arguments + ([current] if started else [])


def test_the_task_is_what_the_task_scheduler_takes(tmp_path: Path) -> None:
    """Elements of version 1.2 alone, each once, in order where there is an order."""
    task = parsed(scheduler(tmp_path).content())
    assert (task.tag, task.get("version")) == (f"{NAMESPACE}Task", "1.2")
    for element in task.iter():
        name, children = element.tag.removeprefix(NAMESPACE), [child.tag.removeprefix(NAMESPACE) for child in element]
        if name in ORDER:
            assert children == [known for known in ORDER[name] if known in children]
        elif children:
            assert set(children) <= KNOWN[name], name
            assert len(set(children)) == len(children), name
    (principal,) = task.iter(f"{NAMESPACE}Principal")
    (actions,) = task.iter(f"{NAMESPACE}Actions")
    assert principal.get("id") == actions.get("Context")


def test_the_task_needs_no_administrator(tmp_path: Path) -> None:
    """It runs as the account itself, while that is logged on, and is started for that account alone."""
    task = parsed(scheduler(tmp_path).content())
    assert text(task, "Triggers/LogonTrigger/UserId") == r"SCHOOL\office & more"
    assert text(task, "Principals/Principal/UserId") == r"SCHOOL\office & more"
    assert text(task, "Principals/Principal/LogonType") == "InteractiveToken"
    assert text(task, "Principals/Principal/RunLevel") == "LeastPrivilege"


def test_the_task_runs_for_years(tmp_path: Path) -> None:
    """Once at a time, on battery too, without a limit of time, and again after it has ended however it ended."""
    task = parsed(scheduler(tmp_path).content())
    settings = {child.tag.removeprefix(NAMESPACE): child.text for child in task.iter() if not len(child)}
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    assert settings["DisallowStartIfOnBatteries"] == settings["StopIfGoingOnBatteries"] == "false"
    assert settings["StopOnIdleEnd"] == settings["RunOnlyIfIdle"] == "false"
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert text(task, "Settings/RestartOnFailure/Interval") == "PT1M"
    assert text(task, "Triggers/TimeTrigger/Repetition/Interval") == "PT5M"
    assert task.find(f".//{NAMESPACE}Duration") is None, "the repetition has no end"


@given(NASTY, NASTY)
def test_paths_come_out_as_they_went_in(folder: str, place: str) -> None:
    """Blanks, quotes, &, <, single % and $, and any script; or Windows would change them, and they are refused."""
    manager = scheduler(Path("data"), program=f"C:\\{folder}\\python.exe", place=f"C:\\{place}")
    line = " ".join((manager.job.program, *manager.job.arguments))
    try:
        task = parsed(manager.content())
    except ServiceError:
        assert re.search(r"%.+%|\$\(", line)
        return
    assert text(task, "Actions/Exec/Command") == manager.job.program
    assert split_as_windows(text(task, "Actions/Exec/Arguments")) == list(manager.job.arguments)
    for said in (text(task, "Actions/Exec/Command"), text(task, "Actions/Exec/Arguments")):
        assert not re.search(r"%[^%]+%", said), "Windows would put a variable's value there"
        assert "$(" not in said


@given(st.lists(NASTY, min_size=1))
def test_the_reader_above_is_right(arguments: list[str]) -> None:
    """It undoes what the standard library writes for C programs on Windows."""
    import subprocess  # noqa: PLC0415

    assert split_as_windows(subprocess.list2cmdline(arguments)) == arguments


@pytest.mark.parametrize("place", [r"C:\%TEMP%\school", r"C:\a%b\c%d", r"C:\$(Arg0)", "C:\\a\nb"])
def test_what_windows_would_change_is_refused(tmp_path: Path, place: str) -> None:
    """There is no way to write it so that the Task Scheduler leaves it alone."""
    with pytest.raises(ServiceError, match="as a variable") as caught:
        scheduler(tmp_path, place=place).content()
    assert caught.value.remedy.startswith("Rename the folder")


def test_install_registers_and_starts_it(tmp_path: Path) -> None:
    """From a file that is there while it is read, and gone afterwards."""
    system = FakeSystem({"/Query": Ran(1)})
    manager = scheduler(tmp_path, system)
    system.watched = manager.job.data
    manager.install()
    name = manager.job.name
    assert [command for command in system.ran if "/Query" not in command] == [
        ("schtasks", "/Create", "/TN", name, "/XML", str(manager.file), "/F"),
        ("schtasks", "/Run", "/TN", name),
    ]
    assert f"{name}.xml" in system.files[1]
    assert not manager.file.exists()


@pytest.mark.parametrize("refused", ["/Create", "/Run"])
def test_a_refusal_leaves_nothing_behind(tmp_path: Path, refused: str) -> None:
    """Neither a file nor a task, and the remedy is a way that needs no right at all."""
    system = FakeSystem({"/Query": Ran(1), refused: Ran(1, "ERROR: Access is denied.")})
    manager = scheduler(tmp_path, system)
    with pytest.raises(ServiceError, match=r"Task Scheduler refused: ERROR: Access is denied\.") as caught:
        manager.install()
    assert "shell:startup" in caught.value.remedy
    assert not manager.file.exists()
    assert "/Delete" in system.ran[-1]


def test_remove_asks_the_watch_to_end_and_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task goes first, so that it starts no other; then the stop file is read by the one that runs."""
    monkeypatch.setattr("anonymiser.service.task_scheduler._LOOK_SECONDS", 0.05)
    system = FakeSystem()
    manager = scheduler(tmp_path, system)
    begun, ended = threading.Event(), threading.Event()

    def watch() -> None:
        with run_lock(manager.job.data):
            begun.set()
            while not manager.job.stop_file.exists():
                time.sleep(0.01)
            manager.job.stop_file.unlink()
            time.sleep(0.2)
            ended.set()

    thread = threading.Thread(target=watch)
    thread.start()
    begun.wait()
    assert manager.remove()
    assert ended.is_set()
    thread.join()
    assert ("schtasks", "/Delete", "/TN", manager.job.name, "/F") in system.ran
    assert not manager.job.stop_file.exists()


def test_a_watch_that_does_not_end_in_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no stop file stays behind."""
    monkeypatch.setattr("anonymiser.service.task_scheduler._LOOK_SECONDS", 0.05)
    manager = scheduler(tmp_path)
    manager.job = replace(manager.job, stop_seconds=0)
    with run_lock(manager.job.data), pytest.raises(ServiceError, match="still works"):
        manager.remove()
    assert not manager.job.stop_file.exists()


def test_without_a_task_there_is_nothing_to_remove(tmp_path: Path) -> None:
    """The Task Scheduler is asked, because there is no file."""
    manager = scheduler(tmp_path, FakeSystem({"/Query": Ran(1, "ERROR: The system cannot find the file specified.")}))
    assert not manager.is_installed()
    assert not manager.remove()
