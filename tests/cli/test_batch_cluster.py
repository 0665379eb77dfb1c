"""`anonymise batch --scheduler`: the command on a cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cluster_kit import cluster_of
from intake_kit import Invoke, copies, drop, new_workspace, tree

from anonymiser.errors import ExitCode
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
    monkeypatch.setattr("anonymiser.workers.scheduler._CONNECT_SECONDS", "1s")
    drop(workspace.inbox / "Fair", a="1")
    code, _, said = invoke("batch", "--workspace", workspace.root, "--scheduler", "tcp://127.0.0.1:9")
    assert code == ExitCode.WORKSPACE
    assert "answers at tcp://127.0.0.1:9" in said
    assert tree(workspace.inbox) == ["Fair/a.jpg"]


def test_without_dask_the_remedy_installs_it(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of what a school gets."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, said = invoke("batch", "--workspace", workspace.root, "--scheduler", "tcp://127.0.0.1:9")
    assert code == ExitCode.WORKSPACE
    assert "anonymiser[cluster]" in said
