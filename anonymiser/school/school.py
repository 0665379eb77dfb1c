"""One school's workspace for programs: it opens, locks and checks once, for every caller.

A command line, a page in the browser, a test and the demo use this class. It prints nothing and asks nobody. Results
are values, long operations are iterators or call a callback, a `Stop` ends them early, and what goes wrong is an error
from errors.py with its remedy.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.importing import Coverage
from anonymiser.consent.register import Register
from anonymiser.delivery import notes
from anonymiser.delivery.quarantine import Quarantine
from anonymiser.delivery.takedown import Shown
from anonymiser.errors import AnonymiserError, UsageError
from anonymiser.health import Finding, check_workspace_health
from anonymiser.intake.batch import Stop
from anonymiser.intake.events import EventOverrides
from anonymiser.ledger.item import Item
from anonymiser.locks import run_lock
from anonymiser.review.queue import ReviewQueue
from anonymiser.review.two_people import TwoPeople
from anonymiser.school import consents, copies, records, runs
from anonymiser.school.clock import ClockGuard
from anonymiser.school.events import SchoolEvents
from anonymiser.school.opened import OpenWorkspace
from anonymiser.school.runs import Folder, Order, Run
from anonymiser.school.sealed import Sealed
from anonymiser.school.staff import Staff
from anonymiser.school.status import Status, read_status
from anonymiser.school.stopping import stopping
from anonymiser.school.tidy import Tidied, tidy, tidy_daily, would_tidy
from anonymiser.school.wizard import ConsentUpload
from anonymiser.settings import Release
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.progress import Progress, untold
from anonymiser.workers.scheduler import Scheduler

if TYPE_CHECKING:
    from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise
    from anonymiser.school.audit import Audit
    from anonymiser.school.desk import Desk
    from anonymiser.school.faces import Enrolment
    from anonymiser.school.recognition import SchoolRecognition

_NO_OVERRIDES = EventOverrides()


class School(OpenWorkspace):
    """An open workspace; a context manager, which closes register and ledger at its end.

    Register and ledger are opened when they are first asked for. A School belongs to one thread: another thread or
    process opens its own on the same folder, and locks in the folder keep them apart. Any method may raise
    RegisterError or WorkspaceError where the register or the ledger cannot be used.
    """

    # --- photos ----------------------------------------------------------------------------------------------

    def run(
        self,
        folder: Path | None = None,
        *,
        overrides: EventOverrides = _NO_OVERRIDES,
        jobs: int | None = None,
        dry_run: bool = False,
        stop: Stop | None = None,
        scheduler: str | None = None,
    ) -> AbstractContextManager[Run]:
        """Process the photos of `folder` (default: the inbox), and verdicts that were made by moving copies.

        Photos in the inbox are taken and archived; in any other folder they stay untouched. A dry run publishes,
        moves and records nothing. With `scheduler` (`tls://host:port`), the workers are those of a Dask cluster.
        Raises UsageError if folder, overrides or scheduler cannot be used, WorkspaceError if another run is active or
        the workspace cannot be written to, SafetyRefusal if consents are too old or the way to the scheduler is open.
        """
        if folder is None and not self._with_register:
            raise UsageError("which photos?", remedy="Give the folder with the photos.")
        checked = Folder.checked(self.workspace, folder, self.workspace.inbox if self._with_register else None)
        with self._refusals("run"):
            chosen = None if scheduler is None else Scheduler.checked(scheduler, self.settings.cluster)
            order = replace(self._order(jobs, stop), notices=self._notices(), scheduler=chosen)
        return runs.batch(self._site, order, checked, overrides, dry=dry_run)

    def watch(
        self, *, once: bool = False, jobs: int | None = None, stop: Stop | None = None
    ) -> AbstractContextManager[Run]:
        """Photos as they arrive, until stopped; with `once`, only what is complete now. Raises like `run`."""
        with self._refusals("run", once_a_day=True):
            order = replace(self._order(jobs, stop), notices=self._notices())
        return runs.watch(self._site, order, once=once, daily=functools.partial(self._daily, ClockGuard()))

    def resume(
        self, *, expected: int | None = None, jobs: int | None = None, stop: Stop | None = None
    ) -> AbstractContextManager[Run]:
        """Finish what is unfinished and take nothing new; `expected` is the number of photos, if known.

        Raises WorkspaceError if another run is active.
        """
        return runs.resume(self._site, self._order(jobs, stop), total=expected)

    @property
    def events(self) -> SchoolEvents:
        """What has become of the photos of each event, and new events for photos that come."""
        return SchoolEvents(self._site, self._known_register)

    def _notices(self) -> tuple[str, ...]:
        self._require_clock()
        register = self._known_register()
        scores_changed = register.calibration_warning() if register else None
        return tuple(filter(None, [self._contexts.freshness_warning(), scores_changed]))

    def _order(self, jobs: int | None, stop: Stop | None) -> Order:
        self._site.devices.entries()  # a list that cannot be read stops a run before it takes a photo
        return Order(self._workers, jobs, stop or Stop())

    # --- review ----------------------------------------------------------------------------------------------

    @functools.cached_property
    def review(self) -> ReviewQueue:
        """The photos that wait for a person: list them, approve, reject, refer, collect verdicts made by moving."""
        self._require_clock()
        return ReviewQueue(self._site)

    @property
    def quarantine(self) -> Quarantine:
        """The files that were not processed: list them, or put one back into the inbox."""
        return Quarantine(self._site)

    def note(self, item: Item) -> str:
        """What a reviewer is told about a photo that waits, in plain English."""
        return notes.review_note(item, two_people=self.settings.publishing.release is Release.TWO_PEOPLE)

    @functools.cached_property
    def desk(self) -> Desk:
        """The same photos for a person who also says what the program cannot know: show, cover, crop, undo."""
        from anonymiser.school.desk import Desk  # noqa: PLC0415 - decodes photos

        self._require_clock()
        return self._open.enter_context(Desk(self._site, self._workers(self.settings), self._known_register))

    # --- people and consents ---------------------------------------------------------------------------------

    @functools.cached_property
    def register(self) -> Register:
        """People, consents, holds, the biometric gate; created if there is none yet.

        Raises UsageError in a school without a register.
        """
        if not isinstance(self._contexts, WorkspaceContexts):
            raise UsageError("this school was opened without a register", remedy="Open its workspace.")
        site = self._site  # first, because it misses a register that has gone, and opening would make a new one
        known = self._contexts.register() or self._open.enter_context(Register.open(self.workspace))
        records.require_register(site)
        return known

    def person(self, text: str) -> PersonId:
        """Whom a user means by an id or a name. Raises UsageError if nobody was registered, or it is unclear."""
        return consents.find_person(self._known_register(), text)

    def purpose(self, text: str) -> Purpose:
        """One of this school's purposes. Raises UsageError for any other."""
        return consents.known_purpose(self.settings, text)

    def import_consents(
        self,
        file: Path,
        mapping: Path | None = None,
        coverage: Coverage = Coverage.USUAL,
        **choices: Unpack[consents.Choices],
    ) -> consents.Imported | consents.MappingNeeded:
        """Import a consent file (CSV or Excel): all of it, or nothing.

        `mapping` says what its columns mean; default: a confirmed one beside it. Raises ImportRefused if the file is
        not safe to import.
        """
        purposes = self.settings.publishing.purposes
        with self._refusals("import"):
            return consents.import_consents(self.register, file, mapping, purposes, coverage, **choices)

    def receive_consents(self) -> ConsentUpload:
        """A consent export that is about to come in pieces, to be brought in step by step."""
        return ConsentUpload(self.workspace)

    def import_biometrics(self, file: Path, *, dry_run: bool = False) -> consents.BiometricsImported:
        """Import a list of consents to face recognition. Raises ImportRefused if it is not such a list."""
        with self._refusals("import"):
            return consents.import_biometrics(self.register, file, dry_run=dry_run)

    def enrol(self, folder: Path, *, progress: Progress = untold, stop: Stop | None = None) -> Enrolment:
        """Learn the faces of people with biometric consent from `folder/<person>/<photos>`: an id or a full name.

        Raises SafetyRefusal if the gate is closed, UsageError if no folder belongs to a person, Stopped on `stop`.
        """
        from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

        with self._refusals("enrolment"):
            return faces.enrol(self.register, folder, self.settings, stopping(progress, stop))

    @property
    def recognition(self) -> SchoolRecognition:
        """Who may be learned, who is, and one person's portraits as bytes."""
        from anonymiser.school.recognition import SchoolRecognition  # noqa: PLC0415 - for the desk alone

        return SchoolRecognition(self._site, self.register, self._refusals)

    def calibrate(
        self,
        photos: Sequence[Path],
        budget: Budget | None = None,
        *,
        progress: Progress = untold,
        stop: Stop | None = None,
    ) -> Calibration | NoPromise:
        """Set the thresholds from different photos of the school's own groups, if they can meet the `budget`.

        Raises SafetyRefusal if the gate is closed, Stopped on `stop`.
        """
        from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

        return faces.calibrate(self.register, photos, self.settings, budget, stopping(progress, stop))

    # --- published copies ------------------------------------------------------------------------------------

    def find(self, person: PersonId) -> tuple[Shown, ...]:
        """Every published copy that shows the person, or may, oldest first."""
        return copies.showing(self._site, self.register, person)

    def take_back(self, person: PersonId) -> copies.TakenBack:
        """Take copies that the person no longer agrees to out of the outbox, and process their originals again.

        `resume`, or the run that is active, makes the new copies.
        """
        return copies.take_back(self._site, self.register, person)

    def forget(self, person: PersonId) -> copies.Forgotten:
        """Delete everything about the person, and look for traces. Raises RegisterError if one is left."""
        return copies.forget(self._site, self.register, person)

    def record_place(self, names: Sequence[str], place: str, *, taken_down: bool = False) -> int:
        """Remember where copies (file names or ids) were published, or taken down (no place: anywhere); how many.

        Raises UsageError if the place cannot be recorded, or a copy is not this workspace's or was not published there.
        """
        return (copies.record_taken_down if taken_down else copies.record_place)(self._site, names, place)

    def tidy(self, *, apply: bool, now: dt.datetime | None = None) -> Tidied:
        """Delete what has been kept for as long as `[retention]` says; without `apply`, only say what that is.

        `now` is the moment to go by (aware; default: this one). Raises SafetyRefusal under a legal hold, WorkspaceBusy
        if another run is active.
        """
        moment = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(tzinfo=None)
        register = self._known_register()
        if not apply:
            return would_tidy(self._site, register, moment)
        self._require_clock()
        with run_lock(self.workspace.data):
            return tidy(self._site, register, moment)

    def _daily(self, guard: ClockGuard) -> None:
        with self._refusals("run", once_a_day=True):
            self._require_clock()
        if not guard.is_ahead:
            tidy_daily(self._site, self._known_register(), dt.datetime.now(dt.UTC).replace(tzinfo=None))

    @property
    def audit(self) -> Audit:
        """The record of what became of every photo and every consent: verify, export and explain it."""
        from anonymiser.school.audit import Audit  # noqa: PLC0415 - templates and signatures

        return Audit(self._site, self._known_register)

    @functools.cached_property
    def staff(self) -> Staff:
        """Who works with the program and what they may do, if the school keeps a list."""
        return Staff(self._site)

    @property
    def sealed(self) -> Sealed:
        """What is put out of sight, for the safeguarding lead alone."""
        return Sealed(self._site)

    # --- the workspace itself --------------------------------------------------------------------------------

    def status(self) -> Status:
        """What is where, what needs a person, and whether records and files agree."""
        return read_status(self._site, self._known_register())

    def health(self) -> list[Finding]:
        """Whether the folders can be written to, and how much room there is."""
        checks: dict[str, Callable[[], object]] = {
            "ledger": lambda: self._site, "register": self._known_register, "date": self._require_clock,
        }  # fmt: skip
        with contextlib.suppress(AnonymiserError):  # then the ledger's own line says so
            checks |= {"staff list": self.staff.people} if self.staff.roster.is_kept else {}
        if self.settings.publishing.release is Release.TWO_PEOPLE:
            checks["two people to approve"] = lambda: TwoPeople(self._site).require_enough()
        return [*check_workspace_health(self.workspace), *records.findings(checks)]
