"""`anonymise batch --scheduler`: the command on a cluster."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster_kit import cluster_of
from intake_kit import Invoke, copies, drop, new_workspace, tree

from anonymiser.errors import ExitCode
from anonymiser.locks import is_working
from anonymiser.workspace import Workspace

PHOTOS = {"a": "1", "b": "2", "c": "review", "d": "bad", "e": "1", "f": "seal", "g": "lie"}


def test_a_run_on_a_cluster_ends_as_one_on_one_computer(invoke: Invoke, tmp_path: Path) -> None:
    """The same outcomes, the same copies, the same folders; the ledger stays with the one process."""
    here, there = new_workspace(tmp_path / "here"), new_workspace(tmp_path / "there")
    for workspace in (here, there):
        drop(workspace.inbox / "Fair", **PHOTOS)
    code, lines, _ = invoke("batch", "--workspace", here.root, "--json")
    with cluster_of(2, tmp_path / "dask") as cluster:
        place = ("--workspace", there.root, "--scheduler", cluster.scheduler_address)
        again_code, again, _ = invoke("batch", *place, "--json")
    assert again_code == code == ExitCode.INCOMPLETE
    assert {line["input"] for line in again[:-1]} == {line["input"] for line in lines[:-1]}
    assert sorted(line["outcome"] for line in again[:-1]) == sorted(line["outcome"] for line in lines[:-1])
    assert copies(there) == copies(here)
    assert tree(there.outbox) == tree(here.outbox)
    assert tree(there.work) == []


def test_a_cluster_that_cannot_be_trusted_is_given_nothing(invoke: Invoke, workspace: Workspace) -> None:
    """Refused before a photo is taken, with what to do."""
    drop(workspace.inbox / "Fair", a="1")
    run = ("batch", "--workspace", workspace.root, "--scheduler")
    code, _, said = invoke(*run, "tcp://192.0.2.7:8786")
    assert code == ExitCode.REFUSED
    assert "tls://HOST:PORT" in said
    code, _, said = invoke(*run, "tls://192.0.2.7:8786")
    assert (code, "[cluster]" in said) == (ExitCode.WORKSPACE, True)
    code, _, said = invoke(*run, "somewhere")
    assert (code, "is no address" in said) == (ExitCode.USAGE, True)
    assert tree(workspace.inbox) == ["Fair/a.jpg"]


def test_a_scheduler_that_does_not_answer_is_told(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The photos stay where they are."""
    pytest.importorskip("distributed", reason='no Dask here: pip install ".[test]"')
    monkeypatch.setattr("anonymiser.workers.scheduler._CONNECT_SECONDS", 1.0)
    drop(workspace.inbox / "Fair", a="1")
    code, _, said = invoke("batch", "--workspace", workspace.root, "--scheduler", "tcp://127.0.0.1:9")
    assert code == ExitCode.WORKSPACE
    assert "answers at tcp://127.0.0.1:9" in said
    assert tree(workspace.inbox) == ["Fair/a.jpg"]


HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n" + b"x" * 500


@contextmanager
def run_against(answer: bytes, workspace: Workspace, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A run whose scheduler is something else, which says `answer` and keeps the connection open."""
    pytest.importorskip("distributed", reason='no Dask here: pip install ".[test]"')
    code = (
        f"import anonymiser.workers.scheduler as one; one._CONNECT_SECONDS = {seconds}\n"
        "from anonymiser.cli import main; main()"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-c", code, "batch", "--workspace", str(workspace.root), "--scheduler", place]
        run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            server.settimeout(120)
            connection, _ = server.accept()
            with connection:
                connection.sendall(answer)
                yield run
        finally:
            run.kill()
            run.communicate()


@pytest.mark.parametrize("answer", [b"", HTTP])
def test_something_else_that_keeps_the_connection_open_is_no_scheduler(workspace: Workspace, answer: bytes) -> None:
    """The run ends by itself, with one error and nothing else, and lets go of the workspace."""
    with run_against(answer, workspace, seconds=1) as run:
        _, said = run.communicate(timeout=60)
    assert run.returncode == ExitCode.WORKSPACE
    assert said.startswith("error: no scheduler that this computer trusts answers")
    assert len(said.splitlines()) == 2
    assert not is_working(workspace.data)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_waits_for_a_scheduler_can_be_stopped(workspace: Workspace, number: signal.Signals) -> None:
    """At once, although nobody answers."""
    with run_against(b"", workspace, seconds=600) as run:
        time.sleep(0.5)
        run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert (run.returncode, said.strip()) == (ExitCode.INTERRUPTED, "stopped; start again to continue")


def test_without_dask_the_remedy_installs_it(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of what a school gets."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, said = invoke("batch", "--workspace", workspace.root, "--scheduler", "tcp://127.0.0.1:9")
    assert code == ExitCode.WORKSPACE
    assert "anonymiser[cluster]" in said
