from __future__ import annotations

import datetime as dt
import json
import sys
import tomllib
from pathlib import Path

import pytest
from disk_faults import Step, faulty_disk, windows_error
from intake_kit import Invoke, drop, import_consents

from anonymiser import health
from anonymiser.cli import cli
from anonymiser.cli.console import console, run
from anonymiser.errors import ExitCode
from anonymiser.intake.heartbeat import heartbeat_file
from anonymiser.ledger.item import Origin
from anonymiser.ledger.ledger import Ledger
from anonymiser.school.new import settings_text
from anonymiser.settings import Settings
from anonymiser.values.consent import Event, Purpose
from anonymiser.workspace import Workspace


def test_every_setting_is_in_the_new_file_with_its_default() -> None:
    """A key that settings.py has and the file lacks, or another value, is a defect."""
    text = settings_text()
    assert Settings.model_validate(tomllib.loads(text)) == Settings()
    for name, section in Settings.model_fields.items():
        assert f"[{name}]" in text
        for key, field in type(section.get_default()).model_fields.items():
            assert f"\n{key} = " in text or f"\n# {key} =" in text
            if field.description:
                assert field.description.split()[0] in text


def test_init_makes_everything_and_may_be_repeated(invoke: Invoke, tmp_path: Path) -> None:
    """Folders, settings and a README; a second call changes nothing."""
    code, _, _ = invoke("init", tmp_path / "school")
    assert code == ExitCode.DONE
    assert {path.name for path in (tmp_path / "school").iterdir()} == {
        "README.txt", "anonymiser.toml", "data", "inbox", "originals", "outbox", "quarantine", "review", "sealed",
    }  # fmt: skip
    (tmp_path / "school/anonymiser.toml").write_text("[publishing]\nstyle = 'fill'\n")
    assert invoke("init", tmp_path / "school")[0] == ExitCode.DONE
    assert "fill" in (tmp_path / "school/anonymiser.toml").read_text()


def test_init_refuses_a_folder_with_other_things_in_it(invoke: Invoke, tmp_path: Path) -> None:
    """Nobody's pictures folder becomes a workspace by mistake."""
    drop(tmp_path / "pictures", a="1")
    code, _, said = invoke("init", tmp_path / "pictures")
    assert code == ExitCode.USAGE
    assert "not empty" in said


def test_status_counts_and_reconciles(invoke: Invoke, workspace: Workspace) -> None:
    """Numbers of everything, and that records and files agree."""
    place = ("--workspace", workspace.root)
    assert "Records and files agree" in invoke("status", *place)[2]
    drop(workspace.inbox, a="1", b="review", c="bad", d="seal")
    invoke("batch", *place)
    drop(workspace.inbox, e="2")
    heartbeat_file(workspace).write_text(json.dumps({"looked_at": dt.datetime.now().astimezone().isoformat()}))
    import_consents(workspace, "person_id,forename,surname,class,website\r\nP1,Ben,Okafor,3A,granted\r\n")
    _, (facts,), _ = invoke("status", *place, "--json")
    counts = {key: facts[key] for key in ("inbox", "in_work", "review", "quarantine", "sealed", "released")}
    assert counts == {"inbox": 1, "in_work": 0, "review": 1, "quarantine": 1, "sealed": 1, "released": 1}
    assert facts["last_run"]["photos"] == 4
    assert facts["watcher"]["alive"] is True
    assert facts["register"]["newest_import"]
    assert facts["differences"] == []


def test_status_says_how_many_agree(invoke: Invoke, workspace: Workspace) -> None:
    """By purpose and medium, as an import does; why it is a no where somebody is on hold, or took consent back."""
    place = ("--workspace", workspace.root)
    _, (facts,), said = invoke("status", *place, "--json")
    assert facts["consents"] == []
    import_consents(
        workspace,
        "person_id,forename,surname,class,website,website.video,valid_to\r\nP1,Ben,Okafor,3A,granted,refused,\r\n"
        "P2,Amelia,Khan,3A,granted,,\r\nP3,Tom,Brown,3A,granted,,01/09/2020\r\nP4,Mia,Jones,3A,,granted,\r\n"
        "P5,Ali,Day,3A,granted,,\r\n",
    )
    invoke("consent", "hold", "P5", "never-publish", *place)
    invoke("consent", "withdraw", "P2", "--purpose", "website", "--evidence", "letter", *place)
    _, (facts,), _ = invoke("status", *place, "--json")
    counts = {(entry.pop("purpose"), entry.pop("medium")): list(entry.values()) for entry in facts["consents"]}
    assert list(facts["consents"][0]) == ["yes", "no", "blank", "held", "ended", "withdrawn"]
    assert counts["website", "image"] == [1, 3, 1, 1, 1, 1]
    assert counts["website", "video"] == [1, 3, 1, 1, 0, 1]
    assert counts["press", "image"] == [0, 1, 4, 1, 0, 0]
    _, _, said = invoke("status", *place)
    (row,) = [line for line in said.splitlines() if "website " in line and "(video)" not in line]
    assert [int(cell) for cell in row.replace("│", " ").split() if cell.isdigit()] == counts["website", "image"]
    assert "of the no: on hold" in said
    assert "Amelia" not in said + json.dumps(facts)


def test_status_lists_what_does_not_fit(invoke: Invoke, workspace: Workspace) -> None:
    """Lost copies, lost originals, lost sealed items and strange files are told by id or folder, not by name."""
    place = ("--workspace", workspace.root)
    drop(workspace.inbox, a="1", b="review", c="seal")
    _, lines, _ = invoke("batch", *place, "--json")
    item = {line["outcome"]: line["item"] for line in lines[:-1]}
    (workspace.review / f"{item['review']}.jpg").unlink()
    (workspace.sealed / item["sealed"]).unlink()
    next(workspace.originals.rglob(f"{item['released']}-*")).unlink()
    next(workspace.outbox.rglob("*.jpg")).unlink()
    drop(workspace.outbox, Amelia="x")
    heartbeat_file(workspace).write_text("nonsense")
    with Ledger(workspace.ledger_file) as ledger:
        ledger.receive(Origin.INBOX, "k", Event("Fair", Purpose("website")))
    _, (facts,), _ = invoke("status", *place, "--json")
    assert (facts["in_work"], facts["taken_from_outbox"]) == (1, 1)
    assert (facts["watcher"]["looked_at"], facts["watcher"]["alive"]) == ("unreadable", False)
    assert len(facts["differences"]) == 4
    assert "Amelia" not in str(facts)
    assert invoke("status", *place)[2].count("difference:") == 4


def test_doctor_ticks_what_works(invoke: Invoke, workspace: Workspace) -> None:
    """Python, packages, models, memory, keyring, clock, and the workspace where there is one."""
    _, lines, _ = invoke("doctor", "--workspace", workspace.root, "--json")
    checks = {line["check"]: line["ok"] for line in lines}
    assert {"Python", "numpy", "memory", "keyring", "clock", "workspace", "free disk"} <= set(checks)
    assert checks["Python"]
    assert "none given" in invoke("doctor")[2]


def test_doctor_says_what_it_looked_at_and_no_more(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key store is merely found; what could not be looked at is a problem of its own, and ends no other check."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(health, "_networks", lambda *_: health.Finding("networks", True, "not now"))
    for package in ("psutil", "keyring"):
        monkeypatch.setitem(sys.modules, package, None)
    _, lines, _ = invoke("doctor", "--json")
    found = {line["check"]: line for line in lines}
    assert not found["psutil"]["ok"]
    assert found["memory"] == {"check": "memory", "ok": False, "detail": "cannot be measured without psutil"}
    assert found["keyring"]["detail"].startswith("cannot be imported") or not found["keyring"]["ok"]
    assert found["clock"]["ok"]
    assert found["numpy"]["detail"].startswith("can be imported")


def test_doctor_fails_where_something_is_wrong(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing package, too little memory or a full drive are problems, and the exit code says so."""
    monkeypatch.setattr(health, "_PACKAGES", ("no_such_package",))
    monkeypatch.setattr(health, "_LEAST_MEMORY_GIB", 2**20)
    monkeypatch.setattr("anonymiser.intake.preflight._LEAST_FREE_BYTES", 2**80)
    code, _, said = invoke("doctor", "--workspace", workspace.root)
    assert code == ExitCode.WORKSPACE
    assert said.count("problem") == 3


def test_files_that_are_left_are_named_and_set_no_exit_code(invoke: Invoke, workspace: Workspace) -> None:
    """Companion, trash and unfinished files are counted apart by a run, and named one by one by status."""
    drop(workspace.inbox / "Fair", a="1")
    names = ["IMG_1.AAE", "IMG_1.xmp", "a.jpg.json", "b.jpg.part", ".b.jpg.icloud", ".trashed-1-b.jpg", "b.jpg~"]
    for name in names:
        (workspace.inbox / "Fair" / name).write_bytes(b"1")
    code, lines, said = invoke("batch", "--json", "--workspace", workspace.root)
    assert code == 0, said
    summary = lines[-1]["summary"]
    counted = {kind: summary[kind] for kind in ("ignored", "trash", "backup", "unfinished", "placeholder", "companion")}
    assert counted == {"ignored": 0, "trash": 1, "backup": 1, "unfinished": 1, "placeholder": 1, "companion": 3}
    assert (summary["photos"], summary["quarantined"], summary["failed"]) == (1, 0, 0)
    code, ((facts),), _ = invoke("status", "--json", "--workspace", workspace.root)
    assert sorted(entry["file"] for entry in facts["left"]) == sorted(f"Fair/{name}" for name in names)
    assert (code, facts["inbox"]) == (0, 0)
    _, _, said = invoke("status", "--workspace", workspace.root)
    assert all(f"Fair/{name}" in said for name in names)


def test_status_names_what_another_program_holds_up(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo whose copy could not be delivered is told by its id, until the next run delivers it."""
    place = ("--workspace", workspace.root)
    drop(workspace.inbox, a="1")

    def hold(step: Step) -> None:
        if step.name == "link" and "outbox" in step.paths[1].parts:
            raise windows_error(5)

    with faulty_disk(hold, monkeypatch):
        code, (line, _), _ = invoke("batch", *place, "--json")
    assert (code, line["outcome"], line["output"]) == (ExitCode.INCOMPLETE, "failed", None)
    _, (facts,), _ = invoke("status", *place, "--json")
    assert (facts["undelivered"], facts["in_work"], facts["differences"]) == ([line["item"]], 1, [])
    assert f"not finished: photo {line['item']}" in invoke("status", *place)[2]
    assert invoke("batch", *place)[0] == ExitCode.DONE
    _, (facts,), _ = invoke("status", *place, "--json")
    assert (facts["undelivered"], facts["released"]) == ([], 1)


def test_what_to_type_next_names_the_workspace_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `init` to `batch` each message ends with a command that works when it is copied, spaces and all."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    Path("consents.csv").write_text("person_id,forename,surname,website\n1,Ella,Smith,granted\n", encoding="utf-8")

    def said(*arguments: str) -> str:
        console.cache_clear()
        run(cli, arguments)
        return " ".join(capsys.readouterr().err.split())

    assert 'anonymise desk --workspace "our school"' in said("init", "our school")
    imported = said("consent", "import", "consents.csv", "--workspace", "our school")
    assert imported.endswith('run: anonymise batch --workspace "our school"')
    assert said("consent", "withdraw", "1", "--evidence", "x", "--workspace", "our school").endswith(
        'anonymise find 1 --reissue --workspace "our school"'
    )
    monkeypatch.setenv("ANONYMISER_WORKSPACE", "our school")
    assert said("consent", "hold", "1", "never-publish").endswith("anonymise find 1 --reissue")
