"""The last line of defence of every command."""

from __future__ import annotations

import click
import pytest

from anonymiser.cli.console import console, run
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


def test_a_stopped_operation_has_the_exit_code_of_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever stopped it, and wherever."""

    @click.command()
    def stopped() -> None:
        raise Stopped("stopped before the end", remedy="Start again.")

    assert told(stopped, capsys) == (ExitCode.INTERRUPTED, "error: stopped before the end\nwhat to do: Start again.\n")
