from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from intake_kit import Invoke
from service_kit import FakeSystem

from anonymiser import service
from anonymiser.cli import service as command
from anonymiser.errors import ExitCode
from anonymiser.intake.heartbeat import Heartbeat, heartbeat_file, say_ended
from anonymiser.locks import run_lock
from anonymiser.service import Job, Manager, Ran
from anonymiser.workspace import Workspace


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeSystem]:
    """Linux, with a home of its own, in which no command is run."""
    found = FakeSystem()

    def manager_for(job: Job) -> Manager:
        return service.manager_for(job, system="linux", home=tmp_path / "home", environment={}, runner=found)

    monkeypatch.setattr(command, "manager_for", manager_for)
    return found


def facts_of(invoke: Invoke, workspace: Workspace) -> dict[str, object]:
    code, (facts,), _ = invoke("service", "status", "--workspace", workspace.root, "--json")
    assert code == ExitCode.DONE
    return facts


def test_a_dry_run_prints_all_and_changes_nothing(
    workspace: Workspace, system: FakeSystem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file and the commands, of setting up and of taking down, on standard output."""
    from anonymiser.cli import cli  # noqa: PLC0415
    from anonymiser.cli.console import run  # noqa: PLC0415

    place = ["--workspace", str(workspace.root)]
    assert run(cli, ["service", "install", "--dry-run", *place]) == ExitCode.DONE
    said = capsys.readouterr().out
    assert f'watch" "--workspace" "{workspace.root}' in said
    assert "Command: systemctl --user enable --now anonymiser-school-" in said
    assert run(cli, ["service", "remove", "--dry-run", *place]) == ExitCode.DONE
    assert "Command: systemctl --user disable --now anonymiser-school-" in capsys.readouterr().out
    assert system.ran == []
    assert not (tmp_path / "home").exists()


def test_install_status_and_remove(invoke: Invoke, workspace: Workspace, system: FakeSystem) -> None:
    """Set up, seen, and taken down; a second time there is nothing to take down."""
    place = ("--workspace", workspace.root)
    assert facts_of(invoke, workspace)["set_up"] is False
    code, _, said = invoke("service", "install", *place)
    assert code == ExitCode.DONE
    assert "It starts when this account logs on" in said
    assert facts_of(invoke, workspace)["set_up"] is True
    assert "set up" in invoke("service", "status", *place)[2]
    assert "is removed" in invoke("service", "remove", *place)[2]
    assert "There is no service" in invoke("service", "remove", *place)[2]
    assert facts_of(invoke, workspace)["set_up"] is False


def test_a_refusal_of_the_system_is_one_sentence_and_one_remedy(
    invoke: Invoke, workspace: Workspace, system: FakeSystem
) -> None:
    """With the exit code that says that nothing was changed in the workspace."""
    system.answers["enable"] = Ran(1, "Access denied")
    code, _, said = invoke("service", "install", "--workspace", workspace.root)
    assert code == ExitCode.WORKSPACE
    assert "error: systemd refused: Access denied" in said
    assert said.count("what to do:") == 1


def test_install_says_that_a_watch_runs_already(invoke: Invoke, workspace: Workspace, system: FakeSystem) -> None:
    """The service's own is refused until that one has ended."""
    with run_lock(workspace.data):
        assert "works in this workspace now" in invoke("service", "install", "--workspace", workspace.root)[2]


def test_status_says_since_when_a_watch_runs(invoke: Invoke, workspace: Workspace, system: FakeSystem) -> None:
    """It runs if there is a fresh sign of life and somebody holds the lock; either alone is not enough."""
    place = ("--workspace", workspace.root)
    assert "nothing has ever watched" in invoke("service", "status", *place)[2]
    heart = Heartbeat(workspace)
    heart.beat(now=True)
    assert facts_of(invoke, workspace)["watching"] is False
    with run_lock(workspace.data):
        facts = facts_of(invoke, workspace)
        assert facts["watching"] is True
        since = dt.datetime.fromisoformat(str(facts["since"]))
        assert abs(dt.datetime.now().astimezone() - since) < dt.timedelta(minutes=1)
        assert "runs since" in invoke("service", "status", *place)[2]
        heart.end()
        assert facts_of(invoke, workspace)["watching"] is False


def test_status_says_why_a_watch_ended(invoke: Invoke, workspace: Workspace, system: FakeSystem) -> None:
    """Nobody sees what a service prints, so the last message is kept."""
    Heartbeat(workspace).beat(now=True)
    say_ended(workspace, "consents are too old", "Import them again.")
    assert facts_of(invoke, workspace)["why"] == "consents are too old. Import them again."
    said = invoke("service", "status", "--workspace", workspace.root)[2]
    assert "does not run" in said
    assert "consents are too old. Import them again." in said


@pytest.mark.parametrize("minutes", [-60, 60])
def test_a_sign_of_life_from_another_time_is_none(
    invoke: Invoke, workspace: Workspace, system: FakeSystem, minutes: int
) -> None:
    """From an hour ago, or from an hour ahead because the clock was set back since."""
    then = dt.datetime.now().astimezone() + dt.timedelta(minutes=minutes)
    heartbeat_file(workspace).write_text(json.dumps({"looked_at": then.isoformat()}))
    with run_lock(workspace.data):
        assert facts_of(invoke, workspace)["watching"] is False


def test_python_m_anonymiser_is_the_command(workspace: Workspace) -> None:
    """What the service starts is there, and also answers without any output to write to, as under pythonw.exe."""
    import subprocess  # noqa: PLC0415

    arguments = [sys.executable, "-m", "anonymiser", "watch", "--once", "--jobs", "1", "--workspace", workspace.root]
    done = subprocess.run([*arguments, "--help"], capture_output=True, check=False, timeout=120)
    assert b"anonymise watch" in done.stdout
    without = "import os, sys; sys.stdout = sys.stderr = sys.stdin = None; import anonymiser.__main__ as m; m.main()"
    quiet = subprocess.run([sys.executable, "-c", without, *map(str, arguments[3:])], check=False, timeout=300)
    assert quiet.returncode == ExitCode.DONE
    assert json.loads(heartbeat_file(workspace).read_text(encoding="utf-8"))["ended"]
