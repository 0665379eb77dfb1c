"""The last line of defence of every command."""

from __future__ import annotations

import errno
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.text import Text

from anonymiser.cli.console import console, emit, run, typed
from anonymiser.errors import ExitCode, Stopped


def told(command: click.Command, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    console.cache_clear()
    code = run(command, [])
    console.cache_clear()
    return code, capsys.readouterr().err


def test_a_defect_is_named_by_type_and_place_and_promises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No value of it is printed, which may be a name; nobody knows what was published before it."""

    @click.command()
    def broken() -> None:
        raise KeyError("Amelia Khan")

    code, said = told(broken, capsys)
    assert code == ExitCode.INTERNAL
    assert "KeyError at test_console.py:" in said
    assert "anonymise status" in said
    assert "Amelia" not in said
    assert "othing was published" not in said


def test_what_the_system_refuses_is_no_defect(capsys: pytest.CaptureFixture[str]) -> None:
    """The reason and the place are told, never the name of the file."""

    @click.command()
    def refused() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/inbox/Amelia Khan.jpg")

    code, said = told(refused, capsys)
    assert code == ExitCode.WORKSPACE
    assert "Permission denied" in said
    assert "test_console.py:" in said
    assert "Amelia" not in said
    assert "defect" not in said


def test_a_stopped_operation_has_the_exit_code_of_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever stopped it, and wherever."""

    @click.command()
    def stopped() -> None:
        raise Stopped("stopped before the end", remedy="Start again.")

    assert told(stopped, capsys) == (ExitCode.INTERRUPTED, "error: stopped before the end\nwhat to do: Start again.\n")


class Unwritable(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def flush(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("output", "code", "says"),
    [
        (None, ExitCode.WORKSPACE, "cannot be written"),
        (Unwritable(OSError(errno.ENOSPC, "No space left on device")), ExitCode.WORKSPACE, "No space left"),
        (Unwritable(BrokenPipeError(errno.EPIPE, "Broken pipe")), ExitCode.INTERRUPTED, "has ended"),
    ],
    ids=["closed", "full", "nobody reads"],
)
def test_an_output_that_takes_nothing_is_no_defect(
    output: io.StringIO | None,
    code: int,
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is told, as for every other error."""

    @click.command()
    def command() -> None:
        emit({"photos": 1})

    monkeypatch.setattr(sys, "stdout", output)
    found, said = told(command, capsys)
    assert found == code
    assert says in said
    assert "defect" not in said


@pytest.mark.skipif(os.name != "posix", reason="other shells quote otherwise")
@pytest.mark.parametrize("name", ["school", "my school", 'the "old" $HOME', "it's `here`", "100% é"])
def test_a_command_to_type_works_as_it_stands(name: str) -> None:
    """Whatever the workspace's folder is called."""
    written = Text.from_markup(typed("anonymise status", Path("/schools") / name)).plain
    assert shlex.split(written) == ["anonymise", "status", "--workspace", f"/schools/{name}"]
    assert "$HOME" not in written or "'" in written


def test_ctrl_c_at_any_moment_prints_no_traceback(tmp_path: Path) -> None:
    """Neither while the program is being loaded, nor a second time while the first is being told."""
    for where in ("anonymiser.cli.console.run", "anonymiser.cli.console.say"):
        program = (
            "import signal, sys\n"
            "from unittest import mock\n"
            "import anonymiser.cli.console\n"
            "sys.argv = ['anonymise', 'status', '--workspace', 'nowhere']\n"
            f"with mock.patch({where!r}, side_effect=KeyboardInterrupt):\n"
            "    anonymiser.cli.main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "")
