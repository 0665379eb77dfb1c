"""The application as any caller works with it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents, tree

from anonymiser.consent import answers, register, schema
from anonymiser.errors import ExitCode, SafetyRefusal, Stopped, UsageError, WorkspaceError
from anonymiser.school import Decided, Imported, MappingNeeded, Result, School, Stop, faces
from anonymiser.settings import Publishing, RedactionStyle, Settings
from anonymiser.values.identity import Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.report import OutcomeKind

LATER = 200
"""Days after which consents are too old to publish by."""


def run(school: School, folder: Path | None = None) -> list[Result]:
    with school.run(folder, jobs=1) as run:
        return [event for event in run if isinstance(event, Result)]


def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    today = dt.datetime.now().astimezone().date() + dt.timedelta(days)
    for module in (answers, register):
        monkeypatch.setattr(module, "local_today", lambda: today)


def test_a_run_tells_results_as_values_and_prints_nothing(school: School, capfd: pytest.CaptureFixture[str]) -> None:
    """Every photo is one value, the counts agree with them, and both outputs stay empty."""
    drop(school.workspace.inbox / "Fair", a="1", b="review", c="bad", same="1")
    (school.workspace.inbox / ".DS_Store").touch()
    with school.run(jobs=1) as run:
        assert run.total == 4
        results = list(run)
    assert Counter(result.report.kind for result in results) == run.summary.counts
    assert run.summary.counts == {
        OutcomeKind.RELEASED: 1, OutcomeKind.REVIEW: 1, OutcomeKind.QUARANTINED: 1, OutcomeKind.DUPLICATE: 1
    }  # fmt: skip
    assert run.summary.ignored == 1
    assert run.summary.seconds > 0
    assert not run.stopped
    assert school.status().last_run["photos"] == 4
    assert capfd.readouterr() == ("", "")


def test_a_run_begins_with_the_news_that_a_calibration_no_longer_counts(school: School) -> None:
    """One sentence with its remedy, at every run until somebody calibrates again; none while recognition is off."""
    import_consents(school.workspace, TWO_PUPILS)

    def notices() -> str:
        with school.run(jobs=1) as run:
            return " ".join(run.notices)

    school.register.store_calibration("a" * 64, Thresholds(0.3, 0.5, 0.1))
    with school.register._writing("test") as session:
        session.connection.execute(schema.calibration.update().values(recipe=1))
    assert "calibrate" not in notices()
    school.register.open_gate("DPIA 7", "Head")
    assert "anonymise recognition calibrate DIR" in notices()
    school.register.store_calibration("a" * 64, Thresholds(0.3, 0.5, 0.1))
    assert "calibrate" not in notices()


def test_results_hold_no_name_in_their_repr(school: School) -> None:
    """A caller may log what a run tells: staff name files after children."""
    drop(school.workspace.inbox, **{"Amelia Khan": "review"})
    (result,) = run(school)
    assert result.relative == "Amelia Khan.jpg"
    assert "Amelia" not in repr(result) + repr(school.status()) + repr(school.review.waiting())


def test_a_stop_ends_a_run_and_the_next_goes_on(school: School) -> None:
    """What was not begun stays in the inbox; nothing is lost and nothing done twice."""
    drop(school.workspace.inbox, **{f"p{number}": f"photo {number}" for number in range(8)})
    stop = Stop()
    first = []
    with school.run(jobs=1, stop=stop) as stopped:
        for event in stopped:
            first.append(event)
            stop.requests += 1
    assert stopped.stopped
    assert 1 <= len(first) < 8
    assert not school.status().last_run["complete"]
    assert len(run(school)) == 8 - len(first)
    assert len(tree(school.workspace.outbox)) == 8


def test_leaving_a_run_early_loses_nothing(school: School) -> None:
    """A caller may break out of the loop: what was claimed is finished by the next run."""
    drop(school.workspace.inbox, **{f"p{number}": f"photo {number}" for number in range(5)})
    with school.run(jobs=1) as left:
        next(iter(left))
    assert len(run(school)) >= 4
    assert len(tree(school.workspace.outbox)) == 5


def test_two_runs_never_work_at_once(school: School) -> None:
    """The second caller is told, whatever face it wears; afterwards the folder is free."""
    drop(school.workspace.inbox, a="1")
    with School.open(school.workspace.root, workers=fake_workers) as other, school.run(jobs=1):
        for begin in (other.run, other.watch, other.resume):
            with pytest.raises(WorkspaceError, match="another batch or watch"), begin():
                pass
    assert len(run(school)) == 1


def test_a_dry_run_leaves_no_trace(school: School) -> None:
    """Results come without a copy, and the photos stay where they are."""
    drop(school.workspace.inbox, a="1", b="review")
    before = tree(school.workspace.inbox)
    with school.run(jobs=1, dry_run=True) as dry:
        results = [event for event in dry if isinstance(event, Result)]
    assert [result.output for result in results] == [None, None]
    assert tree(school.workspace.inbox) == before
    assert school.status().last_run is None


def test_a_run_without_consents_says_what_that_means(school: School, tmp_path: Path) -> None:
    """With a workspace or without one: names in pictures are not looked for, and nobody may think that they were."""
    drop(school.workspace.inbox, a="1")
    drop(tmp_path / "photos", a="1")
    with school.run(jobs=1) as told:
        assert "names in pictures are not looked for" in told.notices[0]
        assert "anonymise consent import" in told.notices[0]
    bare = School.without_register(tmp_path / "copies", photos=tmp_path / "photos", workers=fake_workers)
    with bare, bare.run(tmp_path / "photos", jobs=1) as told:
        assert "names in pictures are not looked for" in told.notices[0]
    import_consents(school.workspace, TWO_PUPILS)
    with school.run(jobs=1) as told:
        assert told.notices == ()


def test_old_consents_are_told_and_older_ones_refused(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked once, before a photo is touched, for `run` and `watch` alike."""
    import_consents(school.workspace, TWO_PUPILS)
    drop(school.workspace.inbox, a="1")
    days_later(monkeypatch, 40)
    with school.run(jobs=1) as told:
        assert "please import again" in told.notices[0]
    days_later(monkeypatch, LATER)
    for begin in (school.run, school.watch):
        with pytest.raises(SafetyRefusal), begin():
            pass
    assert tree(school.workspace.inbox) == ["a.jpg"]


def test_watching_gives_photos_and_verdicts(school: School) -> None:
    """A copy that somebody moved is decided, and told beside the photos."""
    drop(school.workspace.inbox, a="review")
    with school.watch(once=True, jobs=1) as first:
        (waiting,) = first
    copy = school.workspace.root / waiting.output
    copy.rename(school.workspace.approve / copy.name)
    with school.watch(once=True, jobs=1) as second:
        (decided,) = second
    assert isinstance(decided, Decided)
    assert decided.verdict == "approved"
    assert second.total is None


def test_the_queue_is_decided_through_the_school(school: School) -> None:
    """List, read, approve, reject and refer."""
    drop(school.workspace.inbox, a="review 1", b="review 2", c="review 3")
    run(school)
    first, second, third = school.review.waiting()
    assert "What to do" in school.note(first)
    assert school.review.approve(first.id).output
    school.review.reject(second.id)
    school.review.refer(third.id)
    assert school.review.waiting() == []
    assert (school.status().released, school.status().sealed) == (1, 1)


def test_a_withdrawal_is_carried_out_and_copied_anew(school: School) -> None:
    """Found, taken back, made again without the person, and on record."""
    import_consents(school.workspace, TWO_PUPILS)
    drop(school.workspace.inbox, a="show P1")
    run(school)
    who = school.person("Ben Okafor")
    (copy,) = school.find(who)
    assert school.record_place([Path(copy.item.output).name], "the website") == 1
    school.register.withdraw(who, "letter")
    taken = school.take_back(who)
    assert (taken.queued, taken.without_original, taken.left_to_another_run) == (1, (), False)
    assert tree(school.workspace.outbox) == []
    with school.resume(expected=1, jobs=1) as anew:
        assert anew.total == 1
        assert [event.report.kind for event in anew] == [OutcomeKind.RELEASED]
    (copy,) = school.find(who)
    assert copy.replaced_by
    assert copy.places == ("the website",)
    assert not copy.in_outbox
    gone = school.forget(who)
    assert [entry.item.id for entry in gone.copies] == [copy.item.id]
    with pytest.raises(UsageError, match="no such person"):
        school.person("Ben Okafor")


def test_beside_an_active_run_the_copies_are_left_to_it(school: School) -> None:
    """Whoever takes copies back learns that somebody else makes the new ones."""
    import_consents(school.workspace, TWO_PUPILS)
    drop(school.workspace.inbox, a="show P1")
    run(school)
    school.register.withdraw(PersonId("P1"), "letter")
    with School.open(school.workspace.root, workers=fake_workers) as other, other.watch(once=True, jobs=1):
        assert school.take_back(PersonId("P1")).left_to_another_run


def test_consents_come_in_or_ask_for_a_mapping(school: School, tmp_path: Path) -> None:
    """A known format is imported; an unknown one comes with a proposal, and changes nothing."""
    known, unknown = tmp_path / "known.csv", tmp_path / "unknown.csv"
    known.write_text(TWO_PUPILS, encoding="utf-8", newline="")
    unknown.write_text("Forename,Surname,Reg,Website consent denied\nBen,Okafor,3A,Yes\n", encoding="utf-8")
    done = school.import_consents(known)
    assert isinstance(done, Imported)
    assert (done.report.people, done.version) == (2, school.register.version)
    asked = school.import_consents(unknown)
    assert isinstance(asked, MappingNeeded)
    assert not asked.target.exists()
    asked.leave_proposal()
    assert asked.target.read_text(encoding="utf-8") == asked.proposal.text
    assert asked.untouched
    assert asked.proposal.inverted == ("Website consent denied",)
    assert asked.refusal.exit_code is ExitCode.REFUSED
    assert school.register.version == done.version


def test_a_purpose_is_one_of_the_school_s_own(school: School) -> None:
    """Any other is refused with the list of those there are."""
    assert school.purpose("website") == "website"
    with pytest.raises(UsageError) as refusal:
        school.purpose("billboard")
    assert "newsletter" in refusal.value.remedy


def test_a_new_workspace_has_the_settings_that_were_given(tmp_path: Path) -> None:
    """They are written with their explanations, and hold when the workspace is opened again."""
    chosen = Settings(publishing=Publishing(style=RedactionStyle.FILL, max_megapixels=2))
    with School.create(tmp_path / "new", chosen) as made:
        assert made.settings == chosen
    with School.create(tmp_path / "new") as again, School.open(tmp_path / "new") as opened:
        assert again.settings == opened.settings == chosen
    assert "guidance asks schools" in (tmp_path / "new" / "anonymiser.toml").read_text(encoding="utf-8")


def test_a_folder_with_other_things_becomes_no_workspace(tmp_path: Path) -> None:
    """Nobody's pictures are turned into a school by mistake."""
    drop(tmp_path / "pictures", a="1")
    with pytest.raises(UsageError, match="not empty"):
        School.create(tmp_path / "pictures")
    assert tree(tmp_path) == ["pictures/a.jpg"]


def test_without_a_register_nobody_is_anybody(tmp_path: Path) -> None:
    """Photos stay where they are, copies go to the output, and there is no register to ask."""
    photos, output = tmp_path / "photos", tmp_path / "out"
    drop(photos, a="1")
    with School.without_register(output, photos=photos, workers=fake_workers) as plain:
        assert [result.report.kind for result in run(plain, photos)] == [OutcomeKind.RELEASED]
        assert plain.status().register.version is None
        for question in (lambda: plain.register, lambda: plain.person("Ben"), lambda: run(plain)):
            with pytest.raises(UsageError):
                question()
    assert tree(photos) == ["a.jpg"]
    assert not (output / "data/register.sqlite3").exists()


def test_folders_inside_each_other_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    """Copies would be taken for photos."""
    drop(tmp_path / "photos", a="1")
    with pytest.raises(UsageError, match="inside"):
        School.without_register(tmp_path / "photos/out", photos=tmp_path / "photos")
    assert tree(tmp_path) == ["photos/a.jpg"]


def test_a_stop_ends_learning_and_nothing_is_stored(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before the first portrait, neither enrolment nor calibration looks at one."""
    import_consents(school.workspace, TWO_PUPILS)
    register = school.register
    register.record_biometric_consent(PersonId("P1"), evidence="letter", parents_notified=dt.date(2025, 9, 1))
    register.open_gate("DPIA-1", "the head")
    drop(tmp_path / "portraits/P1", a="never opened")

    class Blind:
        model_sha256 = "0" * 64

    monkeypatch.setattr(faces, "networks", lambda _: (Blind(), Blind()))
    version = register.version
    photos = [tmp_path / "portraits/P1/a.jpg"]
    for learn in (
        lambda: school.enrol(tmp_path / "portraits", stop=Stop(1)),
        lambda: school.calibrate(photos, stop=Stop(1)),
    ):
        with pytest.raises(Stopped) as ended:
            learn()
        assert ended.value.exit_code is ExitCode.INTERRUPTED
    assert register.version == version


def test_a_closed_gate_stops_learning(school: School, tmp_path: Path) -> None:
    """No network is loaded where recognition is off."""
    drop(tmp_path / "portraits/P1", a="1")
    for learn in (lambda: school.enrol(tmp_path / "portraits"), lambda: school.calibrate([])):
        with pytest.raises(SafetyRefusal, match="switched off"):
            learn()


def test_the_package_composes_in_one_place() -> None:
    """The command line opens no ledger, register or pool of its own: it has School."""
    folder = Path(faces.__file__).parents[1] / "cli"
    composed = re.compile(r"open_site|WorkspaceContexts|Register\.open|\bPool\(|\bIntake\(|\bWatcher\(|pipeline_setup")
    for module in folder.glob("*.py"):
        assert not composed.search(module.read_text(encoding="utf-8")), module.name
