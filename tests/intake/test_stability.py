from __future__ import annotations

from pathlib import Path

import pytest
from disk_faults import Step, faulty_disk, windows_error

from anonymiser.intake.stability import StabilityTracker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_file_is_stable_after_two_equal_looks(tmp_path: Path, clock: Clock) -> None:
    """The first look never suffices, whatever the file's own date says."""
    tracker, file = StabilityTracker(3, clock), tmp_path / "a"
    file.write_bytes(b"1")
    assert not tracker.is_stable(file)
    clock.now += 2.9
    assert not tracker.is_stable(file)
    clock.now += 0.1
    assert tracker.is_stable(file)


def test_growth_starts_the_wait_afresh(tmp_path: Path, clock: Clock) -> None:
    """A file written in pieces is not stable until the last piece has been quiet."""
    tracker, file = StabilityTracker(3, clock), tmp_path / "a"
    for size in range(1, 5):
        file.write_bytes(b"1" * size)
        assert not tracker.is_stable(file)
        clock.now += 2
    clock.now += 1
    assert tracker.is_stable(file)


def test_the_end_of_a_scan_tells_when_to_look_again_and_forgets_what_went(tmp_path: Path, clock: Clock) -> None:
    """The pause is that of the file that can be complete first; a vanished file is remembered no longer."""
    tracker = StabilityTracker(3, clock)
    assert tracker.end_of_scan() is None
    first, second = tmp_path / "a", tmp_path / "b"
    for file in (first, second):
        file.write_bytes(b"1")
        tracker.is_stable(file)
        clock.now += 1
    assert tracker.end_of_scan() == 1
    first.unlink()
    assert not tracker.is_stable(first)
    tracker.is_stable(second)
    assert tracker.end_of_scan() == 2


def test_a_file_that_was_taken_starts_afresh(tmp_path: Path, clock: Clock) -> None:
    """The next file of the same name has to prove itself."""
    tracker, file = StabilityTracker(3, clock), tmp_path / "a"
    file.write_bytes(b"1")
    tracker.is_stable(file)
    clock.now += 3
    tracker.forget(file)
    assert not tracker.is_stable(file)


def test_a_file_that_another_program_holds_is_not_stable(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is being copied, mostly. Held for a minute, it is offered all the same, so that somebody is told."""
    tracker, file = StabilityTracker(3, clock), tmp_path / "a"
    file.write_bytes(b"1")

    def hold(step: Step) -> None:
        raise windows_error(32)

    with faulty_disk(hold, monkeypatch, windows=True):
        assert not tracker.is_stable(file)
        assert tracker.end_of_scan() == 3
        clock.now += 3
        assert not tracker.is_stable(file)
        assert tracker.end_of_scan() is None
        clock.now += 60
        assert tracker.is_stable(file)
    clock.now -= 60
    assert tracker.is_stable(file)
