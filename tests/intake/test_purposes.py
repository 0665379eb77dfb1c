"""One photo, several purposes: a copy for each, with different faces kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from disk_faults import Crash, crash_at
from intake_kit import drop, import_consents, new_workspace, opened, run, tree

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.intake.events import EventOverrides
from anonymiser.reconcile import reconcile
from anonymiser.values.decision import Keep
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace

BOTH = EventOverrides(purposes=("website", "newsletter"))
CONSENTS = "person_id,forename,surname,website,newsletter\r\np1,Ben,Okafor,granted,\r\np2,Ada,Khan,granted,granted\r\n"


def shown(workspace: Workspace) -> dict[str, list[str | None]]:
    """Who is visible in the copy for each purpose."""
    with opened(workspace) as site:
        return {
            item.event.purpose: [face.decision.person for face in item.report.faces if isinstance(face.decision, Keep)]
            for item in site.ledger.every()
        }


@pytest.mark.parametrize("elsewhere", [False, True])
def test_each_purpose_has_its_own_copy(workspace: Workspace, tmp_path: Path, elsewhere: bool) -> None:
    """Who agreed to the website only is visible there only; both copies and originals are accounted for."""
    import_consents(workspace, CONSENTS)
    folder = tmp_path / "photos" if elsewhere else workspace.inbox
    drop(folder, a="show p1 p2")
    with WorkspaceContexts(workspace) as contexts:
        results = run(workspace, folder if elsewhere else None, contexts=contexts, overrides=BOTH)
        assert [(result.purpose, result.report.kind) for result in results] == [
            ("website", OutcomeKind.RELEASED), ("newsletter", OutcomeKind.RELEASED),
        ]  # fmt: skip
        again = run(workspace, folder if elsewhere else None, contexts=contexts, overrides=BOTH)
    assert [result.report.kind for result in again] == ([OutcomeKind.DUPLICATE] * 2 if elsewhere else [])
    assert shown(workspace) == {"website": ["p1", "p2"], "newsletter": ["p2"]}
    assert len(tree(workspace.outbox / "website")) == len(tree(workspace.outbox / "newsletter")) == 1
    assert tree(workspace.inbox) == []
    with opened(workspace) as site:
        assert reconcile(site).differences == []


def test_a_withdrawal_for_one_purpose_leaves_the_other(workspace: Workspace, tmp_path: Path) -> None:
    """Offered again, only the copy whose consents have changed is made anew."""
    import_consents(workspace, CONSENTS)
    drop(tmp_path / "photos", a="show p1 p2")
    with WorkspaceContexts(workspace) as contexts:
        run(workspace, tmp_path / "photos", contexts=contexts, overrides=BOTH)
        with Register.open(workspace) as register:
            register.withdraw(register.find("p2"), "letter", BOTH.purposes[1])
        again = run(workspace, tmp_path / "photos", contexts=contexts, overrides=BOTH)
    assert {result.purpose: result.report.kind for result in again} == {
        "website": OutcomeKind.DUPLICATE, "newsletter": OutcomeKind.RELEASED,
    }  # fmt: skip


def test_what_is_no_photo_is_refused_once(workspace: Workspace) -> None:
    """A link is quarantined as one thing, whatever the copies would have been for."""
    (workspace.inbox / "a.jpg").symlink_to(workspace.root)
    assert [result.report.kind for result in run(workspace, overrides=BOTH)] == [OutcomeKind.QUARANTINED]


def test_a_sealed_photo_is_sealed_for_every_purpose(workspace: Workspace) -> None:
    """No copy for any purpose comes out, and no source stays where staff would find it."""
    drop(workspace.inbox, a="seal")
    assert {result.report.kind for result in run(workspace, overrides=BOTH)} == {OutcomeKind.SEALED}
    assert tree(workspace.outbox) == tree(workspace.inbox) == tree(workspace.work) == tree(workspace.originals) == []


def test_volumes_without_hard_links_get_a_copy(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """On exFAT and some shares each purpose has the bytes for itself."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("anonymiser.delivery.files.os.link", refuse)
    drop(workspace.inbox, a="1")
    assert [result.report.kind for result in run(workspace, overrides=BOTH)] == [OutcomeKind.RELEASED] * 2
    assert len(tree(workspace.originals)) == 2


def test_a_crash_at_any_step_loses_no_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the process dies, the next run ends with exactly one copy for each purpose."""
    step, done = 0, False
    while not done:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        drop(workspace.inbox, a="1")
        try:
            with crash_at(step, monkeypatch):
                run(workspace, overrides=BOTH)
            done = True
        except Crash:
            run(workspace, overrides=BOTH)
        assert len(tree(workspace.outbox / "website")) == len(tree(workspace.outbox / "newsletter")) == 1
        assert tree(workspace.inbox) == tree(workspace.work) == []
        with opened(workspace) as site:
            account = reconcile(site)
        assert (account.in_work, account.differences) == (0, [])
    assert step > 12
