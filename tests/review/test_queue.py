from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from disk_faults import Crash, Step, crash_at, faulty_disk, windows_error
from intake_kit import InlinePool, drop, import_consents, new_workspace, run, tree
from review_kit import differences, queue, waiting

from anonymiser import wording
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.errors import PhotoBusy, SafetyRefusal, UsageError
from anonymiser.ledger.item import ReviewVerdict, State
from anonymiser.values.consent import Hold, Purpose
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace

PUPILS = "person_id,forename,surname,class,website\r\nP1,Ben,Okafor,3A,granted\r\nP2,Amelia,Khan,3A,refused\r\n"


def move(workspace: Workspace, item: str, folder: Path) -> None:
    (workspace.review / f"{item}.jpg").rename(folder / f"{item}.jpg")


def test_approval_moves_the_copy_to_the_outbox(workspace: Workspace) -> None:
    """The very bytes that were looked at are released; copy and note leave the review folder."""
    item = waiting(workspace)
    copy = (workspace.review / f"{item}.jpg").read_bytes()
    with queue(workspace) as reviews:
        assert [entry.id for entry in reviews.waiting()] == [item]
        done = reviews.approve(item)
        assert reviews.waiting() == []
    assert (done.outcome, done.verdict) == (OutcomeKind.REVIEW, ReviewVerdict.APPROVED)
    assert (workspace.root / str(done.output)).read_bytes() == copy
    assert tree(workspace.review) == differences(workspace) == []


def test_rejection_deletes_the_copy_and_keeps_the_original(workspace: Workspace) -> None:
    """Nothing is published; the verdict is on record."""
    item = waiting(workspace)
    with queue(workspace) as reviews:
        done = reviews.reject(item)
    assert (done.verdict, done.output) == (ReviewVerdict.REJECTED, None)
    assert tree(workspace.review) == tree(workspace.outbox) == differences(workspace) == []
    assert len(tree(workspace.originals)) == 1


def test_referral_seals_copy_and_original(workspace: Workspace) -> None:
    """Both leave every other folder, with their bytes unchanged, and the same picture is sealed from then on."""
    item = waiting(workspace)
    with queue(workspace) as reviews:
        reviews.refer(item)
    assert tree(workspace.sealed) == [item, f"{item}-copy", f"{item}.txt"]
    assert (workspace.sealed / item).read_bytes() == b"review please look"
    assert tree(workspace.review) == tree(workspace.originals) == differences(workspace) == []
    note = (workspace.sealed / f"{item}.txt").read_text(encoding="utf-8")
    assert "a member of staff referred it" in note
    drop(workspace.inbox, again="review please look")
    assert run(workspace)[0].report.kind is OutcomeKind.SEALED


def test_the_note_tells_the_safeguarding_lead_where_else_the_picture_is(workspace: Workspace) -> None:
    """A copy that was made for another purpose is named by its place."""
    drop(workspace.inbox, first="review please look")
    (earlier,) = run(workspace)
    with queue(workspace) as reviews:
        published = reviews.approve(earlier.item).output
    item = waiting(workspace)
    with queue(workspace) as reviews:
        reviews.refer(item)
    assert str(published) in (workspace.sealed / f"{item}.txt").read_text(encoding="utf-8")


def test_a_picture_that_was_sealed_is_released_for_no_other_event(workspace: Workspace) -> None:
    """A copy of it that waits elsewhere is not approved; the next run seals that photo too."""
    item = waiting(workspace)
    drop(workspace.inbox / "Fete", a="review please look")
    (other,) = run(workspace)
    with queue(workspace) as reviews:
        reviews.refer(item)
        with pytest.raises(SafetyRefusal, match="the same picture was sealed"):
            reviews.approve(other.item)
    (again,) = run(workspace)
    assert (again.item, again.report.kind) == (other.item, OutcomeKind.SEALED)
    assert tree(workspace.outbox) == differences(workspace) == []


def test_moving_files_decides(workspace: Workspace) -> None:
    """Into approve, into reject, with or without the note; a copy in both folders is rejected."""
    items = [waiting(workspace, content) for content in ("review 1", "review 2", "review 3")]
    move(workspace, items[0], workspace.approve)
    (workspace.review / f"{items[0]}.txt").rename(workspace.approve / f"{items[0]}.txt")
    move(workspace, items[1], workspace.reject)
    (workspace.approve / f"{items[2]}.jpg").write_bytes((workspace.review / f"{items[2]}.jpg").read_bytes())
    move(workspace, items[2], workspace.reject)
    with queue(workspace) as reviews:
        verdicts = {decided.item: decided.verdict for decided in reviews.collect()}
    assert verdicts == {
        items[0]: ReviewVerdict.APPROVED,
        items[1]: ReviewVerdict.REJECTED,
        items[2]: ReviewVerdict.REJECTED,
    }
    assert tree(workspace.review) == differences(workspace) == []
    assert len(tree(workspace.outbox)) == 1


def test_an_edited_or_swapped_copy_is_refused(workspace: Workspace) -> None:
    """It goes back to review with the reason on top of its note, and nothing is released."""
    item = waiting(workspace)
    (workspace.review / f"{item}.jpg").write_bytes(b"another picture")
    move(workspace, item, workspace.approve)
    with queue(workspace) as reviews:
        (decided,) = reviews.collect()
        assert decided.verdict is None
        assert "not the one" in decided.why_refused
        with pytest.raises(SafetyRefusal, match="not the one"):
            reviews.approve(item)
        note = (workspace.review / f"{item}.txt").read_text(encoding="utf-8")
        assert note.startswith("NOT RELEASED")
        assert tree(workspace.outbox) == tree(workspace.approve) == []
        reviews.reject(item)
    assert tree(workspace.review) == []


def test_changed_consents_mean_processing_again(workspace: Workspace) -> None:
    """A copy made before a withdrawal is never released; the next run makes a new one that waits again."""
    import_consents(workspace, PUPILS)
    item = waiting(workspace)
    with queue(workspace) as reviews:
        with Register.open(workspace) as register:
            register.withdraw(register.find("Ben Okafor"), "letter")
        move(workspace, item, workspace.approve)
        (decided,) = reviews.collect()
        assert decided.verdict is None
    assert tree(workspace.outbox) == tree(workspace.review) == []
    with WorkspaceContexts(workspace) as contexts:
        (again,) = run(workspace, contexts=contexts)
    assert (again.item, again.report.kind) == (item, OutcomeKind.REVIEW)
    assert (workspace.review / f"{item}.jpg").read_text().endswith("shown: ")
    with queue(workspace) as reviews:
        assert reviews.approve(item).verdict is ReviewVerdict.APPROVED


def test_an_unrelated_change_of_the_register_does_not_disturb(workspace: Workspace) -> None:
    """A consent for another purpose leaves a waiting copy as good as it was."""
    import_consents(workspace, PUPILS)
    item = waiting(workspace)
    with Register.open(workspace) as register:
        register.grant(register.find("Amelia Khan"), Purpose("press"), "form")
    with queue(workspace) as reviews:
        assert reviews.approve(item).verdict is ReviewVerdict.APPROVED


@pytest.mark.parametrize("reworded", [False, True])
def test_nobody_can_approve_a_photo_under_a_hold(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, reworded: bool
) -> None:
    """Neither by command nor by folder, however the reason is worded; once it is lifted the photo is decided anew."""
    if reworded:
        monkeypatch.setitem(wording._TEXTS, Code.HOLD, "it must not be shown who is in here")
    import_consents(workspace, PUPILS)
    with Register.open(workspace) as register:
        register.set_hold(register.find("Amelia Khan"), Hold.NEVER_PUBLISH)
    item = waiting(workspace, "hold")
    monkeypatch.undo()
    note = (workspace.review / f"{item}.txt").read_text(encoding="utf-8")
    assert "cannot be published while the hold stands" in note
    assert "approve" not in note
    with queue(workspace) as reviews:
        with pytest.raises(SafetyRefusal, match="must not be shown"):
            reviews.approve(item)
        move(workspace, item, workspace.approve)
        assert reviews.collect()[0].verdict is None
        assert tree(workspace.approve) == tree(workspace.outbox) == []
        with Register.open(workspace) as register:
            register.lift_hold(register.find("Amelia Khan"), Hold.NEVER_PUBLISH)
        with pytest.raises(SafetyRefusal, match="consents have changed"):
            reviews.approve(item)
    with WorkspaceContexts(workspace) as contexts:
        assert run(workspace, contexts=contexts)[0].report.kind is OutcomeKind.RELEASED


def test_a_folder_elsewhere_must_be_run_again_after_a_change(workspace: Workspace, tmp_path: Path) -> None:
    """Without the source the copy cannot be made again, so it stays refused until its folder is given again."""
    import_consents(workspace, PUPILS)
    folder = tmp_path / "elsewhere"
    drop(folder, a="review")
    with WorkspaceContexts(workspace) as contexts:
        (first,) = run(workspace, folder, contexts=contexts)
        with Register.open(workspace) as register:
            register.withdraw(register.find("Ben Okafor"), "letter")
        with queue(workspace) as reviews, pytest.raises(SafetyRefusal) as caught:
            reviews.approve(first.item)
        assert "batch" in caught.value.remedy
        (again,) = run(workspace, folder, contexts=contexts)
    assert (again.item, again.report.kind) == (first.item, OutcomeKind.REVIEW)
    with queue(workspace) as reviews:
        reviews.approve(first.item)
    assert len(tree(workspace.outbox)) == 1


def test_only_waiting_photos_can_be_decided(workspace: Workspace) -> None:
    """Unknown ids, decided photos and lost copies are told apart in plain English."""
    item = waiting(workspace)
    with queue(workspace) as reviews:
        with pytest.raises(UsageError, match="no photo"):
            reviews.approve("20200101-000001")
        (workspace.review / f"{item}.jpg").rename(workspace.root / "taken.jpg")
        with pytest.raises(UsageError, match="no longer in the review folder"):
            reviews.approve(item)
        (workspace.root / "taken.jpg").rename(workspace.review / f"{item}.jpg")
        reviews.approve(item)
        with pytest.raises(UsageError, match="approved"):
            reviews.reject(item)


def test_foreign_files_are_left_alone_and_told(workspace: Workspace) -> None:
    """A photo that this program did not make is never released, whatever folder it is moved to."""
    drop(workspace.approve, **{"holiday": "1", "20200101-000001": "2"})
    with queue(workspace) as reviews:
        assert reviews.collect() == []
        assert {path.name for path in reviews.strangers()} == {"holiday.jpg", "20200101-000001.jpg"}
    assert tree(workspace.outbox) == []
    assert len(differences(workspace)) == 2


def test_a_leftover_copy_of_a_decided_photo_is_removed(workspace: Workspace) -> None:
    """A second copy of what was rejected does not become a request to release it."""
    item = waiting(workspace)
    leftover = (workspace.review / f"{item}.jpg").read_bytes()
    with queue(workspace) as reviews:
        reviews.reject(item)
        drop(workspace.approve, **{item: leftover})
        assert reviews.collect() == []
    assert tree(workspace.review) == tree(workspace.outbox) == []


@pytest.mark.parametrize("verdict", ReviewVerdict)
def test_a_crash_at_every_step_of_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: ReviewVerdict
) -> None:
    """After a restart the photo either still waits, whole, or the verdict was carried out, whole."""
    step, done = 0, False
    while not done:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        item = waiting(workspace)
        with queue(workspace) as reviews, suppress(Crash), crash_at(step, monkeypatch):
            getattr(reviews, {"approved": "approve", "rejected": "reject", "referred": "refer"}[verdict])(item)
            done = True
        with queue(workspace) as reviews:
            found = reviews.get(item)
            if found.waits_for_a_person:
                assert tree(workspace.review) == [f"{item}.jpg", f"{item}.txt"]
            else:
                assert found.verdict is verdict
        assert differences(workspace) == tree(workspace.work) == []
        assert len(tree(workspace.outbox)) == (found.verdict is ReviewVerdict.APPROVED)
    assert step > 4


def test_a_verdict_cut_short_is_not_finished_under_other_consents(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved, killed before the copy was out, and a family withdrew: the photo is processed again."""
    import_consents(workspace, PUPILS)
    item = waiting(workspace)
    with queue(workspace) as reviews, monkeypatch.context() as patch:
        patch.setattr("anonymiser.delivery.files.move_new", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            reviews.approve(item)
    with Register.open(workspace) as register:
        register.withdraw(register.find("Ben Okafor"), "letter")
    with WorkspaceContexts(workspace) as contexts:
        (again,) = run(workspace, contexts=contexts, pool=InlinePool())
    assert again.report.kind is OutcomeKind.REVIEW
    assert tree(workspace.outbox) == []


def test_an_outside_photo_approved_and_cut_short_waits_again(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the source is not ours, the copy goes back to review."""
    import_consents(workspace, PUPILS)
    drop(tmp_path / "elsewhere", a="review")
    with WorkspaceContexts(workspace) as contexts:
        (first,) = run(workspace, tmp_path / "elsewhere", contexts=contexts)
    with queue(workspace) as reviews, monkeypatch.context() as patch:
        patch.setattr("anonymiser.delivery.files.move_new", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            reviews.approve(first.item)
    with Register.open(workspace) as register:
        register.withdraw(register.find("Ben Okafor"), "letter")
    with queue(workspace) as reviews:
        assert [item.id for item in reviews.waiting()] == [first.item]
    assert tree(workspace.review) == [f"{first.item}.jpg", f"{first.item}.txt"]


@contextmanager
def outbox_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be put into the outbox."""

    def hold(step: Step) -> None:
        if step.name == "link" and "outbox" in step.paths[1].parts:
            raise windows_error(5)

    with faulty_disk(hold, monkeypatch):
        yield


def test_a_verdict_that_cannot_be_carried_out_stands(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reviewer is told that it is approved but not finished; asked again, it is carried out."""
    item = waiting(workspace)
    with queue(workspace) as reviews:
        for _ in range(2):
            with outbox_held(monkeypatch), pytest.raises(PhotoBusy, match="is approved, but") as caught:
                reviews.approve(item)
            assert "Close it" in caught.value.remedy
        assert reviews.get(item).state is State.DELIVERING
        assert reviews.strangers() == []
        with pytest.raises(UsageError, match="approved"):
            reviews.reject(item)
        done = reviews.approve(item)
    assert (workspace.root / str(done.output)).is_file()
    assert tree(workspace.review) == differences(workspace) == []


def test_a_verdict_made_by_moving_is_carried_out_later(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the outbox is held that is told once; then the copy is released, though nobody asks again."""
    item = waiting(workspace)
    move(workspace, item, workspace.approve)
    with queue(workspace) as reviews:
        with outbox_held(monkeypatch):
            (told,) = reviews.collect()
            assert (told.verdict, reviews.collect()) == (None, [])
        assert "is approved, but that is not finished" in told.why_refused
        (done,) = reviews.collect()
        assert (done.verdict, reviews.collect()) == (ReviewVerdict.APPROVED, [])
    assert len(tree(workspace.outbox)) == 1


def test_consents_that_change_before_a_verdict_is_carried_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approved, held up, and a family withdraws: the reviewer is told, and the photo is processed again."""
    import_consents(workspace, PUPILS)
    item = waiting(workspace)
    with queue(workspace) as reviews:
        with outbox_held(monkeypatch), pytest.raises(PhotoBusy):
            reviews.approve(item)
        with Register.open(workspace) as register:
            register.withdraw(register.find("Ben Okafor"), "letter")
        (told,) = reviews.collect()
        assert "consents have changed" in told.why_refused
    with WorkspaceContexts(workspace) as contexts:
        (again,) = run(workspace, contexts=contexts)
    assert (again.item, again.report.kind) == (item, OutcomeKind.REVIEW)
    assert tree(workspace.outbox) == []


def test_a_folder_that_somebody_tidied_away_is_made_again(workspace: Workspace) -> None:
    """Without it nobody could decide by moving."""
    workspace.approve.rmdir()
    with queue(workspace) as reviews:
        assert reviews.collect() == []
    assert workspace.approve.is_dir()


def test_referral_seals_every_copy(workspace: Workspace) -> None:
    """A copy beside the one that waits, and one that somebody edited, are out of sight as well."""
    item = waiting(workspace)
    copy = (workspace.review / f"{item}.jpg").read_bytes()
    drop(workspace.approve, **{item: copy})
    (workspace.review / f"{item}.jpg").write_bytes(b"edited")
    with queue(workspace) as reviews:
        reviews.refer(item)
    assert tree(workspace.review) == differences(workspace) == []
    kept = sorted((workspace.sealed / name).read_bytes() for name in tree(workspace.sealed) if "copy" in name)
    assert b"edited" in kept
