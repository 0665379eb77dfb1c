"""Photos that could not be finished now, because another program has one of their files open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from anonymiser.intake.in_work import InWork
from anonymiser.intake.results import Result
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, PhotoReport


class Late:
    """Reports each of them once, for as long as it lasts."""

    def __init__(self) -> None:
        self._now: dict[str, tuple[InWork, str]] = {}
        """By item id: photos that could not be finished since the last `tell`, and why."""
        self._told: dict[str, InWork] = {}
        """Photos that were reported and are not finished yet."""

    def __bool__(self) -> bool:
        return bool(self._now)

    def add(self, photo: InWork, why: str) -> None:
        """The photo stays as it is for now."""
        self._now[photo.item.id] = (photo, why)

    def take(self, item_id: str) -> InWork | None:
        """The photo is tried again: what was known about it, None for one of an earlier start."""
        photo, _ = self._now.pop(item_id, (None, ""))
        return photo or self._told.get(item_id)

    def finished(self, item_id: str) -> None:
        """If the item is late once more, report it again."""
        self._told.pop(item_id, None)

    def tell(self) -> Iterator[Result]:
        """A result for each that is new: not finished, and why."""
        for item_id, (photo, why) in self._now.items():
            if item_id not in self._told:
                yield photo.result(replace(photo.item, output=None), PhotoReport(Failed((Code.LATE(detail=why),))))
            self._told[item_id] = photo
        self._now.clear()
