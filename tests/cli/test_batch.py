from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fake_worker
import pytest
from intake_kit import TWO_PUPILS, Invoke, drop, import_consents, tree

import anonymiser
from anonymiser.cli.progress import exit_code
from anonymiser.errors import ExitCode
from anonymiser.intake.results import Summary
from anonymiser.locks import run_lock
from anonymiser.values.report import OutcomeKind
from anonymiser.workers.pool import WorkerSetup
from anonymiser.workspace import Workspace

KEYS = [
    "input", "item", "sha256", "purpose", "outcome", "output", "reasons", "reason_codes", "faces", "labels",
    "device_evidence", "width", "height", "output_width", "output_height", "seconds",
]  # fmt: skip


def test_one_json_line_a_photo_and_a_summary(invoke: Invoke, workspace: Workspace) -> None:
    """The keys are the contract's; nothing else is on standard output."""
    drop(workspace.inbox / "Fair", a="1", b="1", c="review", d="bad")
    (workspace.inbox / ".DS_Store").touch()
    code, lines, said = invoke("batch", "--workspace", workspace.root, "--jobs", "2", "--json")
    assert code == ExitCode.INCOMPLETE
    assert all(list(line) == KEYS for line in lines[:-1])
    assert [line["input"] for line in sorted(lines[:-1], key=lambda line: str(line["input"]))] == [
        f"Fair/{name}.jpg" for name in "abcd"
    ]
    summary = lines[-1]["summary"]
    counts = {str(outcome): summary[outcome] for outcome in OutcomeKind}
    assert counts == {"released": 1, "review": 1, "sealed": 0, "quarantined": 1, "duplicate": 1, "failed": 0}
    assert (summary["photos"], summary["ignored"]) == (4, 1)
    assert summary["photos_per_second"] > 0
    assert "4 photos" in said


def test_a_released_photo_that_may_be_the_wrong_way_up_is_named(invoke: Invoke, workspace: Workspace) -> None:
    """No note lies beside it, so the run itself says so; other remarks stay in the report."""
    drop(workspace.inbox / "Fair", tumbling="askew", b="1")
    _, _, said = invoke("batch", "--workspace", workspace.root)
    assert "released 'Fair/tumbling.jpg': the photo may be the wrong way up" in said
    assert "names in the picture" not in said
    assert "b.jpg" not in said


def test_work_without_a_workspace(invoke: Invoke, tmp_path: Path) -> None:
    """--output makes a minimal workspace, in which `review` works too; the photos stay untouched."""
    drop(tmp_path / "photos", a="1", b="review")
    code, lines, _ = invoke("batch", tmp_path / "photos", "--output", tmp_path / "out", "--json", "--strict")
    assert code == ExitCode.REVIEW_WAITING
    assert tree(tmp_path / "photos") == ["a.jpg", "b.jpg"]
    assert all((tmp_path / "out" / line["output"]).is_file() for line in lines[:-1])
    item = next(line["item"] for line in lines[:-1] if line["outcome"] == "review")
    code, _, _ = invoke("review", "approve", item, "--workspace", tmp_path / "out")
    assert code == ExitCode.DONE
    assert len(tree(tmp_path / "out/outbox")) == 2


def test_a_dry_run_reports_and_changes_nothing(invoke: Invoke, workspace: Workspace) -> None:
    """The same outcomes, no output, no file moved, no row written."""
    drop(workspace.inbox, a="1", b="review", c="bad", d="seal", e="1")
    before = tree(workspace.inbox)
    code, lines, _ = invoke("batch", "--workspace", workspace.root, "--dry-run", "--json")
    assert code == ExitCode.INCOMPLETE
    assert {line["outcome"] for line in lines[:-1]} == {"released", "review", "quarantined", "sealed", "duplicate"}
    assert all(line["output"] is None for line in lines[:-1])
    assert tree(workspace.inbox) == before
    assert tree(workspace.outbox) == tree(workspace.review) == tree(workspace.sealed) == tree(workspace.work) == []
    code, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    assert lines[-1]["summary"]["released"] == 1


def test_one_event_of_the_inbox_can_be_given(invoke: Invoke, workspace: Workspace) -> None:
    """A folder inside the inbox is taken like the inbox itself; the others wait."""
    drop(workspace.inbox / "Fair", a="1")
    drop(workspace.inbox / "Play", b="2")
    _, lines, _ = invoke("batch", workspace.inbox / "Fair", "--workspace", workspace.root, "--json")
    assert [line.get("input") for line in lines] == ["Fair/a.jpg", None]
    assert lines[0]["output"].startswith("outbox/website/fair-")
    assert tree(workspace.inbox) == ["Play/b.jpg"]


def test_flags_name_event_and_purpose(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """They become part of the output's place."""
    drop(tmp_path / "photos/IMG", a="dated 2024-05-01")
    arguments = ["--event", "Sports day", "--purpose", "press", "--medium", "image", "--group", "3A", "--json"]
    _, lines, _ = invoke("batch", tmp_path / "photos", "--workspace", workspace.root, *arguments)
    assert lines[0]["output"] == "outbox/press/sports-day-2024-05-01-001.jpg"


def test_refusals_come_before_anything_is_done(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """Folders inside each other, missing folders and impossible flags: exit code, remedy, and no trace."""
    drop(tmp_path / "photos", a="1")
    photos, root = tmp_path / "photos", workspace.root
    (root / "quarantine/in").mkdir()
    import_consents(workspace, "person_id,forename,surname,class,website\r\nP1,Ben,Okafor,3A,granted\r\n")
    before = tree(tmp_path)
    refused = [
        ("batch", photos, "--output", photos / "out"),
        ("batch", photos, "--output", photos),
        ("batch", root / "quarantine/in", "--output", root),
        ("batch", root / "quarantine", "--workspace", root),
        ("batch", tmp_path, "--workspace", root),
        ("batch", tmp_path / "missing", "--workspace", root),
        ("batch", photos),
        ("batch", "--output", tmp_path / "out"),
        ("batch", photos, "--output", tmp_path / "out", "--workspace", root),
        ("batch", "--purpose", "billboard", "--workspace", root),
        ("batch", "--event", "Ben Okafor", "--workspace", root),
        ("batch", "--medium", "video", "--workspace", root),
        ("batch", "--jobs", "0", "--workspace", root),
    ]
    for arguments in refused:
        code, _, said = invoke(*arguments)
        assert code == ExitCode.USAGE, arguments
        assert "what to do" in said
        assert "Okafor" not in said.replace(str(arguments), "")
    ledger = {"school/data/ledger.sqlite3", "school/data/ledger.sqlite3-shm", "school/data/ledger.sqlite3-wal"}
    assert set(tree(tmp_path)) - ledger == set(before) - ledger


def test_a_workspace_that_cannot_be_written_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    """A file where the output folder should be is a plain message and exit code 3."""
    drop(tmp_path / "photos", a="1")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/outbox").write_text("in the way")
    code, _, said = invoke("batch", tmp_path / "photos", "--output", tmp_path / "out")
    assert code == ExitCode.WORKSPACE
    assert "what to do" in said


def test_a_second_run_at_the_same_time_is_refused(invoke: Invoke, workspace: Workspace) -> None:
    """The photos stay for the run that holds the workspace."""
    drop(workspace.inbox, a="1")
    with run_lock(workspace.data):
        for command in (["batch"], ["batch", "--dry-run"], ["watch", "--once"]):
            code, _, said = invoke(*command, "--workspace", workspace.root)
            assert code == ExitCode.WORKSPACE
            assert "another batch or watch" in said
    assert tree(workspace.inbox) == ["a.jpg"]


def test_a_missing_model_or_a_full_disk_end_with_their_code(invoke: Invoke, workspace: Workspace) -> None:
    """Exit code 3 with the remedy; the photos are finished by the next run."""
    drop(workspace.inbox, a="1")
    broken = WorkerSetup(fake_worker.initialise_without_models, fake_worker.process)
    code, _, said = invoke("batch", "--workspace", workspace.root, workers=lambda _: broken)
    assert code == ExitCode.WORKSPACE
    assert "Install again" in said
    code, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    assert (code, lines[0]["outcome"], lines[0]["input"]) == (ExitCode.DONE, "released", "a.jpg")
    drop(workspace.inbox, b="disk-full")
    code, _, said = invoke("batch", "--workspace", workspace.root)
    assert code == ExitCode.WORKSPACE
    assert "Free some space" in said


def test_people_are_told_which_files_were_set_aside(invoke: Invoke, workspace: Workspace) -> None:
    """Without --json the reasons are on the terminal, and standard output is empty."""
    drop(workspace.inbox, **{"[red]": "bad"})
    code, _, said = invoke("batch", "--workspace", workspace.root)
    assert code == ExitCode.INCOMPLETE
    assert "[red].jpg" in said
    assert "not a picture" in said


def test_verdicts_made_by_moving_are_carried_out_at_the_start(invoke: Invoke, workspace: Workspace) -> None:
    """A batch begins with what people have decided."""
    drop(workspace.inbox, a="review")
    _, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    copy = workspace.root / lines[0]["output"]
    copy.rename(workspace.approve / copy.name)
    _, _, said = invoke("batch", "--workspace", workspace.root)
    assert "approved" in said
    assert len(tree(workspace.outbox)) == 1


@pytest.mark.parametrize(
    ("outcomes", "interrupted", "strict", "code"),
    [
        ([], False, True, ExitCode.DONE),
        (
            [OutcomeKind.RELEASED, OutcomeKind.DUPLICATE, OutcomeKind.REVIEW, OutcomeKind.SEALED],
            False,
            False,
            ExitCode.DONE,
        ),
        ([OutcomeKind.REVIEW], False, True, ExitCode.REVIEW_WAITING),
        ([OutcomeKind.SEALED], False, True, ExitCode.REVIEW_WAITING),
        ([OutcomeKind.FAILED, OutcomeKind.REVIEW], False, True, ExitCode.INCOMPLETE),
        ([OutcomeKind.QUARANTINED], False, False, ExitCode.INCOMPLETE),
        ([OutcomeKind.QUARANTINED], True, True, ExitCode.INTERRUPTED),
    ],
)
def test_exit_codes(outcomes: list[OutcomeKind], interrupted: bool, strict: bool, code: ExitCode) -> None:
    """What a caller learns from the exit code alone."""
    summary = Summary()
    summary.counts.update(outcomes)
    assert exit_code(summary, interrupted=interrupted, strict=strict) is code


def test_the_parent_loads_no_model_library() -> None:
    """OpenCV and onnxruntime are for the workers; the parent stays small and starts fast."""
    program = "import sys, anonymiser.cli.batch; sys.exit(bool({'cv2', 'onnxruntime', 'PIL'} & set(sys.modules)))"
    package = str(Path(anonymiser.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": package}, check=False)
    assert done.returncode == 0


def test_a_copy_for_each_purpose(workspace: Workspace, invoke: Invoke) -> None:
    """--purpose given twice makes two copies and two lines that say what they are for."""
    drop(workspace.inbox, a="1")
    purposes = ("--purpose", "website", "--purpose", "newsletter")
    code, lines, _ = invoke("batch", "--json", *purposes, "--workspace", workspace.root)
    assert code == 0
    assert {line["purpose"] for line in lines[:-1]} == {"website", "newsletter"}
    assert lines[-1]["summary"]["released"] == 2


def test_a_duplicate_says_where_its_copy_is_and_how_to_get_another(invoke: Invoke, workspace: Workspace) -> None:
    """On the terminal and in JSON; the remedy, carried out, makes the copy for the other purpose."""
    drop(workspace.inbox, a="1", w="review")
    _, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    copies = {line["input"]: line["output"] for line in lines[:-1]}
    drop(workspace.inbox, b="1", v="review")
    _, lines, _ = invoke("batch", "--workspace", workspace.root, "--json")
    sentences = {line["input"]: line["reasons"][0] for line in lines[:-1]}
    assert f"its copy went to {copies['a.jpg']};" in sentences["b.jpg"]
    assert f"its copy waits as {copies['w.jpg']};" in sentences["v.jpg"]
    assert sentences["b.jpg"].endswith(
        "for another purpose, put it into the inbox again and run anonymise batch --purpose PURPOSE"
    )
    drop(workspace.inbox, c="1")
    _, _, said = invoke("batch", "--workspace", workspace.root)
    assert f"'c.jpg': {sentences['b.jpg']}" in said
    drop(workspace.inbox, d="1")
    _, lines, _ = invoke("batch", "--workspace", workspace.root, "--purpose", "press", "--json")
    assert (lines[0]["outcome"], lines[0]["purpose"]) == ("released", "press")


def test_a_folder_given_again_says_where_its_copies_are(invoke: Invoke, workspace: Workspace, tmp_path: Path) -> None:
    """Ten files by name and the number of the others; the remedy is the folder once more with another purpose."""
    drop(tmp_path / "photos", **{f"p{number:02}": f"{number}" for number in range(12)})
    run = ("batch", tmp_path / "photos", "--workspace", workspace.root)
    invoke(*run)
    _, _, said = invoke(*run)
    assert said.count("run anonymise batch FOLDER --purpose PURPOSE") == 10
    assert said.count("; its copy went to outbox/website/school-photo-") == 10
    assert "2 more files of this folder were processed before" in said
    _, lines, _ = invoke(*run, "--purpose", "press", "--json")
    assert {line["outcome"] for line in lines[:-1]} == {"released"}


def test_a_held_folder_is_no_photo(invoke: Invoke, workspace: Workspace) -> None:
    """The summary counts it by itself, and it keeps the exit code of something left undone."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox / "Amelia Khan", a="1", b="2")
    drop(workspace.inbox / "Fair", c="3")
    code, (*lines, last), said = invoke("batch", "--workspace", workspace.root, "--json")
    assert code == ExitCode.INCOMPLETE
    summary = last["summary"]
    assert [summary[key] for key in ("photos", "released", "failed", "held_folders")] == [1, 1, 0, 1]
    assert {line["input"] for line in lines} == {"Amelia Khan", "Fair/c.jpg"}
    assert "1 photos in" in said
    code, _, said = invoke("batch", "--workspace", workspace.root)
    assert (code, "folders whose photos stay" in said) == (ExitCode.INCOMPLETE, True)


@pytest.mark.parametrize("command", ["batch", "watch"])
def test_a_name_that_became_no_label_is_told_once(invoke: Invoke, workspace: Workspace, command: str) -> None:
    """A folder that may be called after a family gives no name to a copy, which the person who named it is told."""
    import_consents(workspace, TWO_PUPILS.replace("Amelia,Khan", "Amelia,Brown"))
    drop(workspace.inbox / "The Browns", a="1", b="2")
    place = ("--once",) if command == "watch" else ()
    code, _, said = invoke(command, *place, "--workspace", workspace.root)
    assert code == ExitCode.DONE
    assert said.count("'The Browns' may tell of somebody") == 1
    assert all(name.startswith("website/school-photo-") for name in tree(workspace.outbox))


def test_a_typed_label_that_may_name_somebody_becomes_general(invoke: Invoke, workspace: Workspace) -> None:
    """One that does name somebody is refused; --json only counts."""
    import_consents(workspace, TWO_PUPILS.replace("Amelia,Khan", "Amelia,Brown"))
    drop(workspace.inbox, a="1")
    run = ("batch", "--workspace", workspace.root, "--json")
    code, lines, said = invoke(*run, "--event", "Amelia Brown")
    assert (code, lines) == (ExitCode.USAGE, [])
    code, (line, last), said = invoke(*run, "--event", "The Browns")
    assert line["output"].startswith("outbox/website/school-photo-")
    assert last["summary"]["general_labels"] == 1
    assert "'--event' may tell of somebody" in said
    assert "Brown" not in str(last)
