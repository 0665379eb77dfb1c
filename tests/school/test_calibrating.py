"""Calibration on what the workspace holds: which photos, what is stored, and what stopping leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_kit import entries
from calibration_kit import Crowd, crowd, open_gate
from fair_kit import fair, fair_of_all
from painted import paint, painted_workers
from PIL import Image

from anonymiser.errors import SafetyRefusal, Stopped, UsageError
from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise
from anonymiser.school import School, Stop
from anonymiser.school.calibrating import RISKS
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace

__all__ = ["fair", "fair_of_all"]
SFACE = model_sha256(ModelId.SFACE)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    return crowd(monkeypatch)


@pytest.fixture
def school(fair: Workspace, seen: Crowd) -> Iterator[School]:
    """Three painted photos of a fair wait; the gate is open."""
    open_gate(fair)
    with School.open(fair.root, workers=painted_workers) as opened:
        yield opened
    assert len(seen.seen) < 100


@pytest.fixture
def more(tmp_path: Path) -> list[Path]:
    return [paint(tmp_path / "more" / f"{number}.jpg", 1, seed=20 + number) for number in range(3)]


def stored(school: School) -> object:
    return school.register.calibration(SFACE)


def test_the_originals_of_an_event_are_what_is_measured(school: School, seen: Crowd, more: list[Path]) -> None:
    """With photos that were added, each picture once; the thresholds are stored as the command stores them."""
    calibrating = school.recognition.calibrating
    (fair,) = calibrating.events()
    assert (fair.event.label, fair.photos, fair.why_not) == ("Fair", 3, "")
    done = calibrating.run([fair.event], [*more, more[0]], 1000)
    assert isinstance(done.result, Calibration)
    assert done.photos == len(seen.seen) == len(set(seen.seen)) == 6
    assert stored(school).thresholds == done.result.thresholds
    originals = sorted(school.workspace.originals.rglob("*.jpg"))
    assert school.calibrate([*originals, *more], Budget(1 / 1000)) == done.result


def test_the_audit_record_says_the_same_as_of_the_command(school: School, more: list[Path]) -> None:
    """One entry of the same kind, without a name."""
    events = [one.event for one in school.recognition.calibrating.events()]
    school.calibrate([*sorted(school.workspace.originals.rglob("*.jpg")), *more], Budget(1 / 1000))
    school.recognition.calibrating.run(events, more, 1000)
    root = school.workspace.root
    school.close()
    with School.open(root) as again:
        by_command, by_desk = (entry for entry in entries(again) if entry.data.get("what") == "calibration")
    assert by_desk.kind == by_command.kind
    assert by_desk.data.keys() == by_command.data.keys()


def test_too_few_photos_promise_nothing_and_change_nothing(school: School) -> None:
    """The answer says how many comparisons are missing."""
    events = [one.event for one in school.recognition.calibrating.events()]
    done = school.recognition.calibrating.run(events, [], 10_000)
    assert isinstance(done.result, NoPromise)
    assert done.result.comparisons < done.result.needed
    assert stored(school) is None


@pytest.mark.parametrize("after", [0, 1, 3])
def test_stopping_stores_nothing(school: School, seen: Crowd, more: list[Path], after: int) -> None:
    """Before the first photo, none is looked at; between two, what is known by then is forgotten."""
    events = [one.event for one in school.recognition.calibrating.events()]
    stop = Stop(0 if after else 1)

    def tell(done: int, _total: int) -> None:
        stop.requests += done == after

    with pytest.raises(Stopped):
        school.recognition.calibrating.run(events, more, 1000, progress=tell, stop=stop)
    assert stored(school) is None
    assert bool(seen.seen) == bool(after)


def test_with_a_closed_gate_nobody_is_described(school: School, seen: Crowd) -> None:
    """As the command refuses it."""
    events = [one.event for one in school.recognition.calibrating.events()]
    school.register.close_gate()
    with pytest.raises(SafetyRefusal, match="switched off"):
        school.recognition.calibrating.run(events, [], 1000)
    assert seen.seen == []


def test_photos_that_nobody_may_use_are_left_out(school: School, seen: Crowd, more: list[Path]) -> None:
    """Rejected, sealed and worrying ones."""
    waiting = [item.id for item in school.review.waiting()]
    school.desk.reject(waiting[0], by="office")
    school.desk.refer(waiting[1], by="office")
    paint(school.workspace.inbox / "Pool" / "1.jpg", 1, seed=9, swimwear=True)
    with school.run(jobs=1) as run:
        list(run)
    assert [(one.event.label, one.photos) for one in school.recognition.calibrating.events()] == [("Fair", 1)]
    school.recognition.calibrating.run([one.event for one in school.recognition.calibrating.events()], more, 1000)
    assert len(seen.seen) == 1 + len(more)


def test_of_photos_that_are_alike_one_is_used(school: School, seen: Crowd) -> None:
    """The same faces again would make the measurement look surer than it is."""
    for quality in (70, 80):
        path = paint(school.workspace.inbox / "Burst" / f"{quality}.jpg", 4, seed=30)
        Image.open(path).save(path, quality=quality)
    with school.run(jobs=1) as run:
        list(run)
    burst = next(one for one in school.recognition.calibrating.events() if one.event.label == "Burst")
    assert burst.photos == 2
    school.recognition.calibrating.run([burst.event], [], 1000)
    assert len(seen.seen) == 1


def test_where_the_whole_group_has_to_agree_its_photos_wait_for_that(fair: Workspace, seen: Crowd) -> None:
    """The list says why, and a run does not use them either."""
    open_gate(fair)
    settings = fair.root / "anonymiser.toml"
    settings.write_text(settings.read_text() + '[recognition]\ngate = "whole-group"\n')
    with School.open(fair.root, workers=painted_workers) as school:
        (found,) = school.recognition.calibrating.events()
        assert "agreed" in found.why_not
        with pytest.raises(UsageError, match="no photo"):
            school.recognition.calibrating.run([found.event], [], 1000)
    assert seen.seen == []


def test_only_the_risks_that_are_offered_can_be_chosen(school: School, more: list[Path]) -> None:
    """Those of the settings, and that of the command."""
    assert RISKS == (100, 300, 1000, 10_000)
    with pytest.raises(UsageError, match="risk"):
        school.recognition.calibrating.run([], more, 7)
