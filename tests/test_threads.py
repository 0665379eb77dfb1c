"""Work on many photos at once, told and given back in order."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser import threads
from anonymiser.threads import in_order


class Enough(Exception):
    """The caller has seen enough."""


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=20))
def test_results_come_in_the_order_of_the_items_however_long_each_takes(waits):
    """Whichever is ready first; and progress counts from none to all of them."""
    told = []

    def wait(wait):
        time.sleep(wait / 1000)
        return wait

    assert list(in_order(wait, waits, lambda done, total: told.append((done, total)))) == waits
    assert told == [(done, len(waits)) for done in range(len(waits) + 1)]


def test_several_items_are_worked_on_at_once(monkeypatch):
    """Two items that wait for each other both come to an end."""
    monkeypatch.setattr(threads, "processors", lambda: 2)
    both = threading.Barrier(2, timeout=60)
    assert sorted(in_order(lambda _: both.wait(), range(2))) == [0, 1]


@pytest.mark.parametrize("who", ["work", "progress"])
def test_an_error_ends_everything_and_reaches_the_caller(who, monkeypatch):
    """Whether a photo fails or somebody says stop: hundreds of items are never begun."""
    monkeypatch.setattr(threads, "processors", lambda: 2)
    begun = []

    def work(item):
        begun.append(item)
        time.sleep(0.001)
        if who == "work" and item == 3:
            raise Enough

    def progress(done, _total):
        if who == "progress" and done == 3:
            raise Enough

    with pytest.raises(Enough):
        list(in_order(work, range(1000), progress))
    assert len(begun) < 500
    assert threading.active_count() < 5


def test_a_caller_that_goes_away_ends_the_threads():
    """A generator that is closed before its end leaves nothing running."""
    before = threading.active_count()
    results = in_order(lambda item: item, range(100))
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before
