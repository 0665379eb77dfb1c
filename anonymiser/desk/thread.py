"""One thread in which the desk's School lives: a School belongs to one thread, and requests come from many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from anonymiser.school import School, WorkerFactory

T = TypeVar("T")


class SchoolThread:
    """Runs every question to the school, one after another, in the order in which they come."""

    def __init__(self, root: Path, workers: WorkerFactory | None) -> None:
        """Open the workspace in `root` in a thread of its own. Raises what `School.open` raises."""
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk-school")
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk-beside")
        try:
            self._school = self._threads.submit(School.open, root, workers=workers).result()
        except BaseException:
            self._threads.shutdown()
            raise

    async def ask(self, question: Callable[[School], T]) -> T:
        """The answer to `question`; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: question(self._school))

    async def beside(self, work: Callable[[], T]) -> T:
        """The result of long work that asks the school nothing, so that no question waits for it; one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._beside, work)

    def ask_now(self, question: Callable[[School], T]) -> T:
        """The same for a caller outside the event loop."""
        return self._threads.submit(lambda: question(self._school)).result()

    def tell(self, fact: Callable[[School], None]) -> None:
        """Let the school know something, without waiting for it."""
        self._threads.submit(fact, self._school)

    def close(self) -> None:
        """Let go of the workspace once the last question is answered and the last work beside it is done."""
        self._beside.shutdown(cancel_futures=True)
        self._threads.submit(self._school.close).result()
        self._threads.shutdown()
