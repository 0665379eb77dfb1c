from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_kit import NASTY, FakeSystem, job_of

from anonymiser.errors import ServiceError
from anonymiser.service import Job, Ran
from anonymiser.service.systemd import Systemd, quoted

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "s": " "}


def unquoted(line: str) -> list[str]:
    """The arguments that systemd makes of a command line: quotes, C's escapes, and %% (systemd.service(5))."""
    parts, i = [], 0
    while i < len(line):
        if line[i] == " ":
            i += 1
            continue
        part, quote = "", ""
        while i < len(line) and (quote or line[i] != " "):
            if line[i] == "\\":
                if line[i + 1] == "x":
                    part, i = part + chr(int(line[i + 2 : i + 4], 16)), i + 4
                else:
                    part, i = part + ESCAPES[line[i + 1]], i + 2
            elif line[i] == quote:
                quote, i = "", i + 1
            elif not quote and line[i] in "\"'":
                quote, i = line[i], i + 1
            else:
                part, i = part + line[i], i + 1
        parts.append(part)
    assert not any(re.search(r"(?<!%)(%%)*%(?!%)", part) for part in parts), "systemd would see a specifier"
    return [part.replace("%%", "%") for part in parts]


def exec_start(unit: str) -> str:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert line[0] == ":", "without it, systemd would put the values of variables for $NAME"
    return str(line[1:])


def systemd(tmp_path: Path, system: FakeSystem | None = None, job: Job | None = None) -> Systemd:
    return Systemd(job or job_of(tmp_path / "data"), tmp_path / ".config", system or FakeSystem())


@given(st.lists(NASTY | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)))
def test_arguments_come_out_as_they_went_in(arguments: list[str]) -> None:
    """Blanks, quotes, backslashes, %, $, line breaks and any script survive."""
    assert unquoted(" ".join(quoted(part) for part in arguments)) == arguments


@given(NASTY)
def test_the_unit_starts_watch_for_this_workspace(place: str) -> None:
    """On one line, whatever the path."""
    job = replace(job_of(Path("data")), arguments=("watch", "--workspace", f"/srv/{place}"))
    unit = Systemd(job, Path("config"), FakeSystem()).shown()
    assert unquoted(exec_start(unit)) == [job.program, "watch", "--workspace", f"/srv/{place}"]


def test_the_unit_restarts_after_failure_and_not_after_a_stop(tmp_path: Path) -> None:
    """Exit code 130 is a stop that somebody asked for; photos in work get the time to be finished."""
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(systemd(tmp_path).shown())
    service = unit["Service"]
    assert (service["Restart"], service["SuccessExitStatus"]) == ("on-failure", "130")
    assert service["TimeoutStopSec"] == "330"
    assert service["NoNewPrivileges"] == "yes"
    assert service["StandardError"] == service["StandardOutput"] == "null"
    assert unit["Install"]["WantedBy"] == "default.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("name", ["plain", "two words", "50% $HOME", "Sch\u00f6n & gut; #1", "~{x}[y]`z`"])
def test_systemd_accepts_the_unit(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As systemd's own check says, which also looks whether the program is there; it notices a wrong path."""
    program = tmp_path / name / "python"
    program.parent.mkdir()
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108 - nothing is written there; a long one has no sockets
    job = job_of(tmp_path / "data", str(program), f"/srv/{name}'\"\\\n\té")
    unit = tmp_path / f"{job.name}.service"

    def verify() -> tuple[int, list[str]]:
        """Exit code, and what is said of this unit: those of other programs are checked too."""
        command = ["systemd-analyze", "verify", "--user", "--man=no", str(unit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, [line for line in done.stderr.splitlines() if job.name in line]

    unit.write_bytes(systemd(tmp_path, job=job).content())
    assert verify() == (0, [])
    program.unlink()
    code, said = verify()
    assert code != 0
    assert said


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a'b", "a\nb"])
def test_a_program_that_systemd_would_not_start_is_refused(tmp_path: Path, name: str) -> None:
    """Systemd takes no quotes in the path of a program, however they are written."""
    with pytest.raises(ServiceError, match="no program whose path") as caught:
        systemd(tmp_path, job=job_of(tmp_path, f"/opt/{name}/python")).content()
    assert caught.value.remedy


def test_install_writes_the_unit_and_enables_it(tmp_path: Path) -> None:
    """In this order, and again with a restart, so that a running one becomes the new one."""
    system = FakeSystem()
    manager = systemd(tmp_path, system)
    manager.install()
    unit = f"{manager.job.name}.service"
    assert manager.file == tmp_path / ".config/systemd/user" / unit
    assert manager.file.read_bytes() == manager.content()
    first = [("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", unit)]
    assert system.ran == first
    system.ran.clear()
    manager.install()
    assert system.ran == [*first, ("systemctl", "--user", "restart", unit)]


def test_a_refusal_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a unit nor a link to it; the message has systemd's own words and one remedy."""
    system = FakeSystem({"enable": Ran(1, "Failed to connect to bus:\n No medium found")})
    manager = systemd(tmp_path, system)
    with pytest.raises(ServiceError) as caught:
        manager.install()
    assert caught.value.message == "systemd refused: Failed to connect to bus: No medium found"
    assert "Log on as the account itself" in caught.value.remedy
    assert not manager.file.exists()
    assert system.ran[-1][2] == "disable"


def test_a_refused_replacement_leaves_the_earlier_one(tmp_path: Path) -> None:
    """The file is the earlier one again, byte for byte."""
    system = FakeSystem()
    systemd(tmp_path, system).install()
    other = systemd(tmp_path, system, replace(job_of(tmp_path / "data"), stop_seconds=90))
    before = other.file.read_bytes()
    system.answers["restart"] = Ran(1, "no")
    with pytest.raises(ServiceError):
        other.install()
    assert other.file.read_bytes() == before != other.content()


def test_remove_stops_it_before_its_unit_goes(tmp_path: Path) -> None:
    """And a second time there is nothing to remove."""
    system = FakeSystem()
    manager = systemd(tmp_path, system)
    manager.install()
    system.ran.clear()
    system.watched = manager.file.parent
    assert manager.remove()
    assert [command[2] for command in system.ran] == ["disable", "daemon-reload"]
    assert [bool(files) for files in system.files] == [True, False]
    assert not manager.remove()


def test_it_is_installed_while_it_is_enabled(tmp_path: Path) -> None:
    """A unit that somebody disabled is not; without a unit nobody is asked."""
    system = FakeSystem()
    manager = systemd(tmp_path, system)
    assert not manager.is_installed()
    assert system.ran == []
    manager.install()
    assert manager.is_installed()
    system.answers["is-enabled"] = Ran(1, "disabled")
    assert not manager.is_installed()


def test_a_computer_without_systemd_is_told_so(tmp_path: Path) -> None:
    """And no unit stays behind."""
    manager = systemd(tmp_path, FakeSystem(missing=True))
    with pytest.raises(ServiceError, match="no systemctl"):
        manager.install()
    assert not manager.file.exists()
