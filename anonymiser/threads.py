"""Work on many photos with all cores, in one process: what is learned from them must not leave it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from anonymiser.values.progress import Progress, untold

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_THREADS = 4
"""Each may hold a photo of 24 megapixels and its scaled versions, about 250 MB."""


def processors() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[Item], Result], items: Sequence[Item], progress: Progress = untold) -> Iterator[Result]:
    """What `work` makes of each item, in the items' order; several are worked on at once.

    Networks and OpenCV compute outside Python's lock, so threads use all cores. `progress` is told in the caller's
    thread. If it or `work` raises, no further item is begun, and the error reaches the caller.
    """
    pool = ThreadPoolExecutor(min(MOST_THREADS, processors()))
    try:
        progress(0, len(items))
        for done, result in enumerate(pool.map(work, items), start=1):
            progress(done, len(items))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
