"""The same picture again: processed once, and never with another answer than its twin."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import fake_worker
from intake_kit import TWO_PUPILS, InlinePool, drop, import_consents, outcomes, run, tree

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.intake.events import EventOverrides
from anonymiser.values.consent import Hold
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace


def test_the_same_picture_is_processed_once(workspace: Workspace) -> None:
    """While it runs, after it is done, and after a restart; another event or purpose is another matter."""
    drop(workspace.inbox, a="1", b="1", c="1")
    pool = InlinePool()
    first = run(workspace, pool=pool)
    assert [str(result.report.kind) for result in first] == ["released", "duplicate", "duplicate"]
    assert {result.output for result in first} == {first[0].output}
    assert len(pool.seen) == 1
    drop(workspace.inbox, d="1")
    (again,) = run(workspace)
    assert (again.report.kind, again.output) == (OutcomeKind.DUPLICATE, first[0].output)
    drop(workspace.inbox / "Fair", e="1")
    assert run(workspace)[0].report.kind is OutcomeKind.RELEASED
    drop(workspace.inbox, f="1")
    assert run(workspace, overrides=EventOverrides(purposes=("press",)))[0].report.kind is OutcomeKind.RELEASED
    assert len(tree(workspace.originals)) == 6


def test_a_copy_of_a_failure_is_tried_again(workspace: Workspace) -> None:
    """Only a photo that became a copy can be repeated."""
    drop(workspace.inbox, a="bad", b="bad")
    pool = InlinePool()
    assert set(outcomes(run(workspace, pool=pool)).values()) == {"quarantined"}
    assert len(pool.seen) == 2


def test_a_sealed_picture_is_sealed_again_without_being_opened(workspace: Workspace) -> None:
    """Whatever the event, no worker sees the same bytes a second time."""
    drop(workspace.inbox, a="seal")
    run(workspace)
    drop(workspace.inbox / "Fair", b="seal")
    pool = InlinePool()
    (again,) = run(workspace, pool=pool)
    assert again.report.kind is OutcomeKind.SEALED
    assert pool.seen == []
    assert len(tree(workspace.sealed)) == 4


def test_a_second_run_over_a_folder_elsewhere_makes_nothing_new(workspace: Workspace, tmp_path: Path) -> None:
    """Finished photos are told as duplicates under their first id; failures get another chance under the same id."""
    folder = tmp_path / "elsewhere"
    drop(folder, good="1", copy="1", wait="review", bad="bad", evil="seal")
    first = {result.relative: result for result in run(workspace, folder)}
    before = tree(workspace.root)
    second = {result.relative: result for result in run(workspace, folder)}
    assert {name: result.item for name, result in second.items()} == {
        name: result.item for name, result in first.items()
    }
    assert outcomes(list(second.values())) == {
        "good.jpg": "duplicate", "copy.jpg": "duplicate", "wait.jpg": "duplicate", "bad.jpg": "quarantined",
        "evil.jpg": "sealed",
    }  # fmt: skip
    assert tree(workspace.root) == before


def test_a_changed_file_elsewhere_is_a_new_photo(workspace: Workspace, tmp_path: Path) -> None:
    """The same place with other bytes is processed, and the first copy stays."""
    folder = tmp_path / "elsewhere"
    drop(folder, a="1")
    (first,) = run(workspace, folder)
    drop(folder, a="2")
    (second,) = run(workspace, folder)
    assert second.report.kind is OutcomeKind.RELEASED
    assert second.output != first.output
    assert len(tree(workspace.outbox)) == 2


def test_a_picture_sealed_while_its_twin_was_processed_seals_the_twin(workspace: Workspace) -> None:
    """Two events, the same bytes, both in work: when one is sealed, the other's finished copy is dropped."""
    drop(workspace.inbox / "A", one="1")
    drop(workspace.inbox / "B", two="1")
    fates = iter([fake_worker._seal, fake_worker._release])
    results = run(workspace, pool=InlinePool(lambda job: next(fates)(job, "")))
    assert [result.report.kind for result in results] == [OutcomeKind.SEALED] * 2
    assert tree(workspace.outbox) == []
    assert len(tree(workspace.sealed)) == 4


def test_many_copies_of_a_running_photo_do_not_pile_up(workspace: Workspace) -> None:
    """Copies of what is running wait, but only so many before the run waits for the first."""
    drop(workspace.inbox, **{f"p{number:03}": "1" for number in range(120)})
    results = run(workspace, pool=InlinePool(room=200))
    assert Counter(str(result.report.kind) for result in results) == {"released": 1, "duplicate": 119}


def test_a_copy_made_under_other_consents_is_no_duplicate(workspace: Workspace) -> None:
    """After a change of the register the same picture is processed again rather than pointing to the old copy."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox, a="1")
    with WorkspaceContexts(workspace) as contexts:
        run(workspace, contexts=contexts)
        with Register.open(workspace) as register:
            register.set_hold(register.find("Ben Okafor"), Hold.NEVER_PUBLISH)
        drop(workspace.inbox, b="1")
        (again,) = run(workspace, contexts=contexts)
    assert again.report.kind is OutcomeKind.RELEASED
