"""Photos processed in the background, while the page goes on answering."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.errors import AnonymiserError, WorkspaceBusy
from anonymiser.school import Result, School, Stop, WorkerFactory


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the photos are."""

    running: bool = False
    done: int = 0
    total: int | None = None
    """None if nobody knows."""
    trouble: str = ""
    """Why the last run ended early, with the remedy."""
    elsewhere: bool = False
    """Another program works in this workspace and takes the photos."""
    finished: int = 0
    """Runs that have ended, so that a page can tell a new end from an old one."""


class Runner:
    """Starts a run when somebody asks for one, never two at once; ends it with the desk."""

    def __init__(self, root: Path, workers: WorkerFactory | None) -> None:
        self._root = root
        self._workers = workers
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._closed = False
        self._stop = Stop()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """As of now."""
        with self._lock:
            return self._progress

    def start(self) -> None:
        """Process what is in the inbox or unfinished; what arrives during a run gets one more run."""
        with self._lock:
            if self._closed:
                return
            if self._progress.running:
                self._again = True
                return
            self._again = False
            self._progress = Progress(running=True, finished=self._progress.finished)
            self._thread = threading.Thread(target=self._work, name="desk-run")
            self._thread.start()

    def close(self) -> None:
        """Stop after the photos that are being looked at; the next run continues."""
        with self._lock:
            self._closed, self._again = True, False
            self._stop.requests += 1
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        more = True
        while more:
            trouble, elsewhere = self._run()
            with self._lock:
                more = self._again and not trouble and not elsewhere
                self._again = False
                self._progress = replace(
                    self._progress,
                    running=more,
                    trouble=trouble,
                    elsewhere=elsewhere,
                    finished=self._progress.finished + (not more),
                    done=0 if more else self._progress.done,
                )

    def _run(self) -> tuple[str, bool]:
        try:
            with School.open(self._root, workers=self._workers) as school, school.run(stop=self._stop) as run:
                self._tell(total=run.total)
                for event in run:
                    if isinstance(event, Result):
                        self._tell(done=run.summary.photos)
        except WorkspaceBusy:
            return "", True
        except AnonymiserError as error:
            return f"{error.message}. {error.remedy}".strip(), False
        except Exception as error:  # noqa: BLE001 - a defect ends the run and not the desk; its text may hold a name
            return f"a defect in anonymiser ({type(error).__name__}). Nothing is lost; please report it.", False
        return "", False

    def _tell(self, **changes: int | None) -> None:
        with self._lock:
            self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
