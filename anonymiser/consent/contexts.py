"""The register's answer for an event, and a digest to tell whether a later answer is the same."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from anonymiser.consent.changes import NONE, Changes
from anonymiser.labels.mentions import is_general, mentions_somebody
from anonymiser.values.consent import ConsentSnapshot, Event, EventContext
from anonymiser.values.identity import RECIPE, Gallery
from anonymiser.values.labels import NameIndex
from anonymiser.values.reasons import Code
from anonymiser.workspace import Workspace

if TYPE_CHECKING:
    from anonymiser.consent.register import Register

NOBODY_KNOWN = "no consents were imported: every face is obscured, and names in pictures are not looked for"
_MOST_EVENTS = 100
"""Contexts kept at once; each has a group's templates and the names of the whole register."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An event's context at one moment."""

    context: EventContext
    digest: str
    """Equal for two moments if, and only if, everything that a decision could rest on is equal."""
    version: int = 0
    """Of the register; 0 without one."""


class Contexts(Protocol):
    """Where contexts come from."""

    def current(self, event: Event) -> Resolved:
        """The answer as of now. Raises SafetyRefusal if the register is too old to publish by."""
        ...

    def names_someone(self, text: str) -> bool | None:
        """Whether `text` tells of somebody in the register, as labels/mentions.py says; None if nobody can be sure.

        Without a register that is every text with a word that names of events are not made of.
        """
        ...

    def changes(self, after: int, at: str) -> Changes:
        """What happened to the register after a version, for the audit record; see read_changes."""
        ...


class NoRegister:
    """Nobody has agreed to anything, nobody is recognised, no name is known: every face is obscured."""

    def current(self, event: Event) -> Resolved:
        """The same answer every day."""
        context = EventContext(
            event=event,
            consents=ConsentSnapshot.nobody(event, dt.date.today()),  # noqa: DTZ011 - the school's own calendar
            gallery=Gallery.closed(Code.RECOGNITION_OFF()),
            names=NameIndex(),
        )
        return Resolved(context, digest_of(context))

    def freshness_warning(self) -> str:
        """That there is no register, on every run."""
        return NOBODY_KNOWN

    def names_someone(self, text: str) -> bool | None:
        """Nobody can tell, unless every word is a general one."""
        return False if is_general(text) else None

    def changes(self, after: int, at: str) -> Changes:  # noqa: ARG002 - as every source of contexts
        """There is nothing that could change."""
        return NONE


class WorkspaceContexts:
    """The register of a workspace, asked again whenever it or the day has changed; without one, like NoRegister."""

    def __init__(self, workspace: Workspace) -> None:
        """Open nothing yet: a workspace gets its register with the first import."""
        self._workspace = workspace
        self._register: Register | None = None
        self._asked: tuple[int, dt.date] | None = None
        self._answers: dict[Event, Resolved] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._register is not None:
            self._register.close()

    def register(self) -> Register | None:
        """The open register, None if the workspace has none."""
        on_a_server = bool(self._workspace.settings.consent.register_url)
        if self._register is None and (on_a_server or self._workspace.register_file.exists()):
            from anonymiser.consent.register import Register  # noqa: PLC0415 - cryptography only where it is needed

            self._register = Register.open(self._workspace)
        return self._register

    def freshness_warning(self) -> str | None:
        """A reminder to import consents, or to do so again. Raises SafetyRefusal if they are too old to publish by."""
        register = self.register()
        if register is None:
            return f"{NOBODY_KNOWN} (import them: anonymise consent import FILE)"
        return register.freshness_warning(self._workspace.settings.consent)

    def current(self, event: Event) -> Resolved:
        """What the register says now."""
        register = self.register()
        if register is None:
            return NoRegister().current(event)
        now = (register.version, dt.date.today())  # noqa: DTZ011 - the school's own calendar
        if now != self._asked or len(self._answers) > _MOST_EVENTS:
            register.destroy_expired_templates()
            self._answers.clear()
            self._asked = now
        if event not in self._answers:
            register.freshness_warning(self._workspace.settings.consent, event=event)
            from anonymiser.weights import ModelId, model_sha256  # noqa: PLC0415 - only where templates are compared

            context = register.context(event, model_sha256(ModelId.SFACE), self._workspace.settings.recognition)
            self._answers[event] = Resolved(context, digest_of(context), now[0])
        return self._answers[event]

    def names_someone(self, text: str) -> bool | None:
        """Whether `text` tells of somebody in the register as it is now; None if nobody can be sure."""
        register = self.register()
        if register is None:
            return False if is_general(text) else None
        return mentions_somebody(text, register.names())

    def changes(self, after: int, at: str) -> Changes:
        """Of the register, if there is one."""
        register = self.register()
        return NONE if register is None else register.changes(after, at)


def digest_of(context: EventContext) -> str:
    """SHA-256, in hexadecimal, of everything in `context` that a decision can rest on.

    The day and the register's version are left out: a new day or an unrelated change alters no decision. So are the
    names of groups, which decide about nobody.
    """
    digest = hashlib.sha256()
    for part in _parts(context):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _parts(context: EventContext) -> Iterator[bytes]:
    consents, gallery = context.consents, context.gallery
    event = context.event
    for value in (event.label, event.purpose, event.medium, event.group, gallery.people, gallery.thresholds):
        yield repr(value).encode()
    yield repr(sorted(consents.granted)).encode()
    yield repr(sorted((person, str(hold)) for person, hold in consents.holds.items())).encode()
    yield repr(sorted(sorted(group) for group in gallery.lookalikes)).encode()
    yield repr(bool(gallery.closed_because)).encode()
    yield gallery.templates.tobytes()
    yield gallery.owner.tobytes()
    # Without people as in an earlier version, so that digests stay equal where nobody is recognised.
    yield repr((RECIPE, gallery.thresholds.most)).encode() + gallery.cohort.tobytes() if gallery.people else b""
    yield repr(sorted(context.names.names)).encode()
    if consents.lookalikes:  # only then, so that digests of an earlier version stay equal
        yield repr(sorted(map(sorted, consents.lookalikes))).encode()
