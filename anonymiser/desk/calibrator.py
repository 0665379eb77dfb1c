"""Calibration in the background, while the page goes on answering, or is left."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.errors import AnonymiserError, Stopped
from anonymiser.school import School, Stop
from anonymiser.school.calibrating import Calibrated
from anonymiser.school.upload import discard
from anonymiser.values.consent import Event


@dataclass(frozen=True, slots=True)
class State:
    """How far it is, or what came of it."""

    running: bool = False
    stopping: bool = False
    done: int = 0
    total: int = 0
    """0 while nobody knows."""
    stopped: bool = False
    """Somebody ended it early; nothing was stored."""
    trouble: str = ""
    """Why it ended early by itself, with the remedy."""
    calibrated: Calibrated | None = None
    """What came of it."""


class Calibrator:
    """One calibration at a time; it ends with the desk. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = Stop()
        self._closed = False
        self._state = State()
        self._photos: list[Path] = []

    @property
    def state(self) -> State:
        """As of now."""
        with self._lock:
            return self._state

    @property
    def photos(self) -> int:
        """How many photos have come for the next calibration."""
        with self._lock:
            return len(self._photos)

    def keep(self, photo: Path, most: int) -> bool:
        """Take a photo of the folder `work` for the next calibration; False if there are `most` already."""
        with self._lock:
            room = len(self._photos) < most and not self._closed
            if room:
                self._photos.append(photo)
            return room

    def forget_photos(self) -> None:
        """Remove those that have come."""
        with self._lock:
            photos, self._photos = self._photos, []
        discard(photos)

    def start(self, events: Sequence[Event], one_in: int) -> bool:
        """Begin, with the photos that have come; False if one is running already."""
        with self._lock:
            if self._closed or self._state.running:
                return False
            photos, self._photos = self._photos, []
            self._stop = Stop()
            self._state = State(running=True)
            self._thread = threading.Thread(
                target=self._work, args=(tuple(events), photos, one_in, self._stop), name="desk-calibration"
            )
            self._thread.start()
            return True

    def stop(self) -> None:
        """End it after the photo that is being looked at."""
        with self._lock:
            if self._state.running:
                self._stop.requests += 1
                self._state = replace(self._state, stopping=True)

    def close(self) -> None:
        """Stop, wait for the end, and remove every photo that came."""
        with self._lock:
            self._closed = True
            self._stop.requests += 1
            thread = self._thread
        if thread is not None:
            thread.join()
        self.forget_photos()

    def _work(self, events: Sequence[Event], photos: list[Path], one_in: int, stop: Stop) -> None:
        ended = State()
        try:
            with School.open(self._root) as school:
                calibrating = school.recognition.calibrating
                ended = State(calibrated=calibrating.run(events, photos, one_in, progress=self._tell, stop=stop))
        except Stopped:
            ended = State(stopped=True)
        except AnonymiserError as error:
            ended = State(trouble=f"{error.message}. {error.remedy}".strip())
        except Exception as error:  # noqa: BLE001 - a defect ends it and not the desk; its text may hold a name
            ended = State(trouble=f"a defect in anonymiser ({type(error).__name__}). Please report it.")
        finally:
            discard(photos)
            with self._lock:
                self._state = ended

    def _tell(self, done: int, total: int) -> None:
        with self._lock:
            self._state = replace(self._state, done=done, total=total)
