"""The desk: what a person at the school sees of photos, and what they tell the program about them.

A person says what they did (cover this, show that child, keep this part); what becomes of it is decided by the
program, which looks at the original again, writes and checks a new copy, and says why where it did something else.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.errors import AnonymiserError, ChangedSince, UsageError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, Origin
from anonymiser.review.deciding import known_item
from anonymiser.review.queue import ReviewQueue
from anonymiser.review.reopening import Reopener
from anonymiser.school import look, viewing
from anonymiser.school.picking import Order, Photographed, Selection, select, shown_in
from anonymiser.school.views import Candidate, PhotoView, Standing, Summary, View
from anonymiser.values.consent import Event
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.ruling import Act, Crop, Rulings, checked, shared_area
from anonymiser.workers.interface import WorkerSetup
from anonymiser.workers.pool import Pool

if TYPE_CHECKING:
    from anonymiser.school.suggesting import Suggester

_LONGEST_NAME = 60


class Desk:
    """Photos of one school for a front end that a person sits at; `School.desk` makes it.

    It belongs to the thread of its School. The first ruling starts one worker process, which takes some seconds, and
    which stays until the School is closed; `warm_up` starts it before. Works beside `batch` and `watch`.

    Every method that names a photo raises UsageError if there is none with this id, or it does not stand where the
    method needs it. Every method that changes something may raise WorkspaceBusy (somebody else is deciding at this
    moment), PhotoBusy (another program has one of its files open), DiskFullError, ModelError. `by` is who did it: a
    role or an account ("office"), never a pupil; UsageError if it is longer than 60 characters or has line breaks.
    `seen` is the `sha256` of the copy that was on the screen; ChangedSince if another one is there now.
    """

    def __init__(self, site: Site, setup: WorkerSetup, register: Callable[[], Register | None]) -> None:
        """`setup` says what the worker runs; `register` gives the school's register, None if it has none."""
        self._site = site
        self._setup = setup
        self._register = register
        self._queue = ReviewQueue(site)
        self._pool: Pool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(gently=pool.idle)

    def warm_up(self) -> None:
        """Start the worker, without waiting for it."""
        self._warm().warm_up()

    # --- look ------------------------------------------------------------------------------------------------

    def queue(self, event: str | None = None) -> tuple[Summary, ...]:
        """Photos that wait for a person, oldest first; of one event, by its label, if given."""
        return self._summaries(self._site.ledger.waiting(), event)

    def photos(self, event: str | None = None) -> tuple[Summary, ...]:
        """Every photo in the ledger, whatever became of it, oldest first; of one event if given."""
        return self._summaries(self._site.ledger.every(), event)

    def photo(self, photo_id: str) -> PhotoView:
        """Everything about one photo; of a sealed one, only that it exists."""
        return viewing.photo_view(self._site, known_item(self._site, photo_id))

    def picture(self, photo_id: str, view: View, longest_side: int) -> bytes:
        """A JPEG for the screen, in memory only.

        PUBLISHED is the copy's own bytes, whatever `longest_side` is. BEFORE is made from the original, at most
        `longest_side` pixels long and wide, and never larger than it. Of a cropped photo it is the whole original.
        SMALL is made from the copy in the same way.

        Raises SafetyRefusal for a sealed photo, UsageError if there is no copy, or the original is gone or not kept
        here, ChangedSince if the copy is not the one that this program made.
        """
        item = known_item(self._site, photo_id)
        where = viewing.standing(item, self._site.ledger.replacements().get(item.id))
        match view:
            case View.PUBLISHED:
                return look.published(self._site, item, where)
            case View.BEFORE:
                return look.before(self._site, item, where, longest_side)
            case View.SMALL:
                return look.small(self._site, item, where, longest_side)

    def candidates(self, photo_id: str) -> tuple[Candidate, ...]:
        """Everybody in the register as a choice for a face: the event's group first, each part by surname."""
        item = known_item(self._site, photo_id)
        register = self._register()
        if register is None:
            return ()
        return viewing.candidates(register.people(), item, self._site.basis(item).context.consents)

    def suggestions(self, photo_id: str, face: int, *, seen: str) -> tuple[PersonId, ...]:
        """Whom the face of this number may show, of those who can be chosen; nobody where recognition is off.

        It is worked out anew each time and kept nowhere. Raises ChangedSince if `seen` is another copy: its faces have
        other numbers.
        """
        from anonymiser.school.suggesting import MOST  # noqa: PLC0415 - only where somebody asks

        view = self.photo(photo_id)
        if view.sha256 != seen:
            raise ChangedSince("the copy has changed since the page was made", remedy="Reload the page.")
        item = known_item(self._site, photo_id)
        gallery = self._site.basis(item).context.gallery
        box = next((one.box for one in view.faces if one.number == face and one.found), None)
        if box is None or gallery.closed_because:
            return ()
        most = self._site.workspace.settings.publishing.max_megapixels
        photo, turn = look.original(self._site, item, view.summary.standing, max_megapixels=most)
        may = {one.person for one in self.candidates(photo_id) if one.why_not is None}
        likely = self._suggester.suggest(photo, turn, box, view.size, gallery)
        return tuple(person for person in likely if person in may)[:MOST]

    def selection(self, event: Event, order: Order, unseen: Callable[[Summary], bool] = lambda _: False) -> Selection:
        """The event's photos that wait or were released, best first, and who is in none of them.

        Copies are read, some 30 ms each, to find out which are alike and sharp; not those that are `unseen`.
        """
        replaced = self._site.ledger.replacements()
        photos = [
            Photographed(line, item.output if line.standing is Standing.RELEASED else None, item.report.made, copy)
            for item in self._site.ledger.every()
            if item.event == event and item.report.made is not None
            for line in [viewing.summary(item, replaced.get(item.id))]
            if line.standing in (Standing.WAITS, Standing.RELEASED)
            for copy in [None if unseen(line) else self._copy_of(item, line.standing)]
        ]
        agreed = self._agreed(photos)
        shown = shown_in(photos)
        return Selection(select(photos, order), agreed, tuple(one for one in agreed if one.person not in shown))

    # --- rule ------------------------------------------------------------------------------------------------

    def rule(self, photo_id: str, acts: Sequence[Act], *, by: str, seen: str) -> PhotoView:
        """From now on `acts`, the whole list, is what people say about the photo; it is processed again.

        The ruling is written down before anything else happens, so that a crash loses nothing. The new copy waits for
        a person, even if the photo was released. A released photo is reopened: its copy is taken out of the outbox,
        and the photo comes back under a new id, with the places where the old copy has to be taken down.

        An act that a rule forbids is not done, and its `Ruled.why_not` says why. The photo may also end sealed or
        failed: the view's standing says so. Raises UsageError if a box lies outside the photo or a crop is too small,
        or if the original is not archived here.
        """
        item = known_item(self._site, photo_id)
        said = [viewing.as_said(act, item.report.made) for act in acts]
        rulings = Rulings(self._checked(item, said), _signed(by), _now())
        return self._view(self._reopener().rule(item.id, rulings, seen=seen))

    def reopen(self, photo_id: str, *, by: str) -> PhotoView:
        """Let a released or rejected photo wait again, with the rulings that it had; as `rule` otherwise."""
        rulings = self._as_before(photo_id, by)
        return self._view(self._reopener().reopen(photo_id, rulings))

    # --- decide ----------------------------------------------------------------------------------------------

    def approve(self, photo_id: str, *, by: str, seen: str) -> PhotoView:
        """Release the copy that was on the screen.

        Raises SafetyRefusal if it may not be released: it is not the copy that was made, consents have changed (it is
        then processed again), a hold. Where two people have to, the first approval leaves it waiting: `approved_by`.
        """
        return self._view(self._queue.approve(photo_id, seen=seen, by=_signed(by)))

    def reject(self, photo_id: str, *, by: str) -> PhotoView:
        """Delete the copy; the original stays archived."""
        return self._view(self._queue.reject(photo_id, by=_signed(by)))

    def refer(self, photo_id: str, *, by: str) -> PhotoView:
        """Seal copy and original for the safeguarding lead; nobody can take this back at the desk."""
        return self._view(self._queue.refer(photo_id, by=_signed(by)))

    def take_back(self, photo_id: str, *, by: str) -> PhotoView:
        """Undo a verdict: the photo waits again.

        An approved copy comes back as it is; UsageError once it has left the outbox or its place was recorded:
        `reopen` it then. A rejected photo is processed again.
        """
        rulings = self._as_before(photo_id, by)
        return self._view(self._reopener().take_back(photo_id, rulings))

    # --- parts -----------------------------------------------------------------------------------------------

    def _summaries(self, items: Iterable[Item], event: str | None) -> tuple[Summary, ...]:
        replaced = self._site.ledger.replacements()
        wanted = (item for item in items if event is None or item.event.label == event)
        return tuple(viewing.summary(item, replaced.get(item.id)) for item in wanted)

    def _copy_of(self, item: Item, where: Standing) -> bytes | None:
        try:
            return look.published(self._site, item, where)
        except (AnonymiserError, OSError):  # it has left the outbox, was changed or is busy: nothing is said about it
            return None

    def _agreed(self, photos: Sequence[Photographed]) -> tuple[Candidate, ...]:
        """Everybody whom a photo of the event could show."""
        if not photos:
            return ()
        event = photos[0].summary.event
        may = (Code.SHOWN_ALREADY(), None)
        return tuple(
            one
            for one in self.candidates(photos[0].summary.id)
            if one.why_not in may and (one.in_group or event.group is None)
        )

    def _view(self, item: Item) -> PhotoView:
        return viewing.photo_view(self._site, item)

    def _checked(self, item: Item, acts: Sequence[Act]) -> tuple[Act, ...]:
        """The acts. Raises UsageError if one of them cannot be about this photo."""
        copy = item.report.made
        width, height = copy.source_wh if copy else (0, 0)
        least = self._site.workspace.settings.intake.min_side_pixels
        try:
            given = checked(acts)
        except ValueError as error:
            raise UsageError(f"an act has no place: {error}", remedy="Mark the place again.") from None
        said = self._site.ledger.rulings(item.id)
        for act in (act for act in given if said is None or act not in said.acts):  # those may be of an edited file
            left, top, right, bottom = act.box
            if copy is not None and shared_area(act.box, (0.0, 0.0, width, height)) <= 0:
                raise UsageError("a box lies outside the photo", remedy="Mark the place again.")
            inside = min(min(right, width) - max(left, 0.0), min(bottom, height) - max(top, 0.0))
            if copy is not None and isinstance(act, Crop) and inside < least:
                raise UsageError("the part that is kept is too small to be a photo", remedy="Keep a larger part.")
        return given

    def _as_before(self, photo_id: str, by: str) -> Rulings:
        """What counts for the photo already, said again by somebody else: it waits, and nothing else changes."""
        said = self._site.ledger.rulings(photo_id)
        return Rulings(said.acts if said else (), _signed(by), _now())

    def _reopener(self) -> Reopener:
        return Reopener(self._site, self._process)

    def _process(self, item: Item) -> Iterator[Result]:
        intake = Intake(self._site, self._warm(), Stop(), self._events, self._site.workspace.inbox, Origin.INBOX)
        try:
            yield from intake.again(item)
        except BaseException:
            pool, self._pool = self._pool, None
            if pool is not None:
                pool.close(gently=False)  # it may still be busy with this photo
            raise

    def _warm(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self._setup, 1, self._site.workspace.settings.intake.photo_seconds)
        return self._pool

    @functools.cached_property
    def _suggester(self) -> Suggester:
        from anonymiser.school.faces import networks  # noqa: PLC0415 - as above
        from anonymiser.school.suggesting import Suggester  # noqa: PLC0415 - as above

        return Suggester(functools.partial(networks, self._site.workspace.settings.detection.runtime))

    @functools.cached_property
    def _events(self) -> Events:
        workspace = self._site.workspace
        return Events(workspace.inbox, workspace.settings.publishing, self._site.contexts.names_someone)


def _signed(by: str) -> str:
    name = by.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError("who did it is not a short name", remedy=f"Give at most {_LONGEST_NAME} characters.")
    return name


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
