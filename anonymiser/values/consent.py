"""Consent in the form that decisions use: already resolved for one purpose, one medium and one moment."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

from anonymiser.values.identity import Gallery
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Reason

Purpose = NewType("Purpose", str)
"""`website`, `social-media`, `newsletter`, `press`, `display`, or the school's own."""

STANDARD_PURPOSES = tuple(map(Purpose, ("website", "social-media", "newsletter", "press", "display")))


@enum.unique
class Medium(enum.StrEnum):
    """What families agree to: images, video, or both."""

    IMAGE = "image"
    VIDEO = "video"


@enum.unique
class Hold(enum.StrEnum):
    """An instruction, stored without its reason, that beats every consent."""

    NEVER_PUBLISH = "never-publish"
    """A photo that may show the person waits for somebody, and cannot be approved."""
    NEVER_PHOTOGRAPH = "never-photograph"
    """As never-publish; the person should not be in the picture at all."""
    NEVER_SHOWN = "never-shown"
    """The person is obscured, and so is everybody who could be them; the photo need not wait."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the photos show, and where they are meant to go."""

    label: str
    """General ("Sports day"), never a pupil's name; becomes part of the output's file name."""
    purpose: Purpose
    medium: Medium = Medium.IMAGE
    group: str | None = None
    """Class, club or team whose templates may be matched; None if nobody named one."""
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class ConsentSnapshot:
    """The register's answer for one purpose and medium at one moment; plain values, safe to hand to a worker.

    Anybody who is not in `granted` is refused: absent, blank, pending, conflicting and expired all look the same here.
    """

    purpose: Purpose
    medium: Medium
    on: dt.date
    """The day for which consents and their dates were resolved."""
    version: int
    """Grows with every change to the register, so that a decision can be dated and checked again."""
    granted: frozenset[PersonId]
    refused_because: Mapping[PersonId, Reason] = field(default_factory=dict)
    """Why registered people are not granted: no consent for website, expired, ..."""
    holds: Mapping[PersonId, Hold] = field(default_factory=dict)
    lookalikes: frozenset[frozenset[PersonId]] = frozenset()
    """Declared twins and look-alikes of the whole register, for faces that a person names."""

    def alike(self, person: PersonId) -> frozenset[PersonId]:
        """Everybody whom somebody declared to look like the person, directly or through others."""
        close = {person}
        while grown := {other for pair in self.lookalikes if pair & close for other in pair} - close:
            close |= grown
        return frozenset(close - {person})

    @staticmethod
    def nobody(event: Event, on: dt.date) -> ConsentSnapshot:
        """The snapshot if there is no register: nobody has agreed to anything."""
        return ConsentSnapshot(event.purpose, event.medium, on, version=0, granted=frozenset())


@dataclass(frozen=True, slots=True)
class EventContext:
    """Everything that one event's photos need from the register, resolved once; plain values."""

    event: Event
    consents: ConsentSnapshot
    gallery: Gallery = field(repr=False)
    names: NameIndex = field(repr=False)
    """Names of the whole register, because a board may name a child from another class."""
    groups: tuple[str, ...] = ()
    """Names of its classes and other groups, as clues in pictures."""
