"""Verdicts of people on photos that wait, by command or by moving the copy into a folder.

A reviewer cannot release a copy that is not byte for byte the one that was made, or one based on consents, holds or
templates that have changed since, or one of a picture that was sealed elsewhere (it is processed again instead). Nor
can they release a photo that may show somebody who must never be shown, for as long as that hold stands. To publish
such a photo, the person who set the hold must lift it; the photo is then processed and decided again. The folder queue
obeys the same rules: moving a file into `approve` is only a request. Where two people have to approve, it is not even
that, because nobody knows who moved the file.

A verdict is written down before it is carried out. If another program has a file open, the verdict stands, and the next
`collect` carries it out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.recovery import Delivered, bring_to_end
from anonymiser.delivery.site import Basis, Site
from anonymiser.delivery.takedown import share_anew
from anonymiser.errors import PhotoBusy, SafetyRefusal, UsageError
from anonymiser.intake.events import output_stem
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.review.deciding import alone, known_item, require_seen, told_in_plain_english
from anonymiser.review.two_people import TwoPeople
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.wording import say

_CONSENTS_CHANGED = "consents have changed since it was processed"
_SEALED_ELSEWHERE = "the same picture was sealed"
_COPY_NAME = re.compile(r"(\d{8}-\d{6,})\.jpg")


@dataclass(frozen=True, slots=True)
class Decided:
    """What happened to a photo that was moved into `approve` or `reject`, or whose verdict could not be carried out."""

    item: str
    verdict: ReviewVerdict | None
    """None if the request was refused, or is not carried out yet."""
    output: str | None = None
    """Where a released copy is, relative to the workspace."""
    why_refused: str = ""


class ReviewQueue:
    """The photos of one workspace that wait for a person."""

    def __init__(self, site: Site) -> None:
        """Decide photos of `site`; other processes may do so at the same time."""
        self._site = site
        self._workspace = site.workspace
        self._two = TwoPeople(site)
        self._told: set[tuple[str, str]] = set()
        """Ids of photos that wait for another program, and what was reported about them."""

    def waiting(self) -> list[Item]:
        """Undecided photos, oldest first."""
        return self._site.ledger.waiting()

    def get(self, item_id: str) -> Item:
        """Any item by its id. Raises UsageError if there is none."""
        return known_item(self._site, item_id)

    def approved_by(self, item: Item) -> str:
        """Who has approved a photo that waits for a second person; empty if nobody has, or one is enough."""
        return self._two.approved_by(item)

    def approve(self, item_id: str, *, seen: str | None = None, by: str = "") -> Item:
        """Release the copy that waits. `by` is who says so; `seen` the SHA-256 of the copy that they looked at.

        Where two people have to approve (two_people.py), the first approval changes nothing: the item that is returned
        waits still.

        Raises SafetyRefusal if it may not be released (see the module's text), UsageError if it does not wait,
        ChangedSince if its copy is not the one that was `seen`, PhotoBusy where another program has a file of it open,
        DiskFullError.
        """
        return self._decide(item_id, ReviewVerdict.APPROVED, by, seen)

    def reject(self, item_id: str, *, by: str = "") -> Item:
        """Delete the copy; the original stays archived. Raises UsageError, PhotoBusy, DiskFullError as `approve`."""
        return self._decide(item_id, ReviewVerdict.REJECTED, by)

    def refer(self, item_id: str, *, by: str = "") -> Item:
        """Seal copy and original for the safeguarding lead; may raise what `reject` does."""
        return self._decide(item_id, ReviewVerdict.REFERRED, by)

    def again(self, item_id: str) -> Item:
        """Have a photo that waits or was rejected processed anew from its archived original, by the next run.

        One that waits keeps its id; for a rejected one, which stays on record, a new item is returned. Raises
        SafetyRefusal for a sealed photo, UsageError for any other that this cannot be done with, PhotoBusy,
        DiskFullError.
        """
        with alone(self._site):
            item = self.get(item_id)
            if trouble := _not_again(item):
                raise trouble
            source = self._site.deliverer.source_of(item)
            if source is None:
                raise UsageError(
                    f"the original of photo {item.id} is not archived here",
                    remedy="Run anonymise batch on its folder again, or put the photo into the inbox again.",
                )
            with told_in_plain_english(self._site, item):
                if item.verdict is ReviewVerdict.REJECTED:
                    return share_anew(self._site, item, source)
                reopened = self._site.ledger.reopen(item)
                with contextlib.suppress(OSError):  # Intake removes what stays before it goes on with the row
                    self._site.deliverer.remove_review_files(item, even_changed=True)
                return reopened

    def collect(self) -> list[Decided]:
        """Carry out what people asked for by moving copies; a copy in both folders is rejected.

        It begins with what an earlier request left undone. If another program has a file of a photo open, that is
        reported once, and the next call tries again. Raises DiskFullError, and WorkspaceBusy while somebody else is
        deciding.
        """
        with alone(self._site):
            return [
                *self._pending(),
                *self._collect(self._workspace.reject, ReviewVerdict.REJECTED),
                *self._collect(self._workspace.approve, ReviewVerdict.APPROVED),
            ]

    def strangers(self) -> list[Path]:
        """Files in the review folders that are not a copy of a waiting photo; they are never released or removed."""
        undelivered = (item for item in self._site.ledger.unfinished() if item.state is State.DELIVERING)
        known = {item.id for item in (*self.waiting(), *undelivered)}
        folders = (self._workspace.review, self._workspace.approve, self._workspace.reject)
        return [
            path
            for folder in folders
            for path in folder.iterdir()
            if path not in folders and not (path.suffix in {".jpg", ".txt"} and path.stem in known)
        ]

    # --- one photo -------------------------------------------------------------------------------------------

    def _decide(self, item_id: str, verdict: ReviewVerdict, by: str, seen: str | None = None) -> Item:
        with alone(self._site):
            item = self.get(item_id)
            require_seen(item, seen)
            if item.state is State.DELIVERING and item.verdict is verdict:
                return self._carry_out(item)
            return self._rule(item_id, verdict, by)

    def _carry_out(self, item: Item) -> Item:
        """Finish a verdict that stands. Raises SafetyRefusal if consents have changed since, PhotoBusy."""
        with told_in_plain_english(self._site, item):
            ended = bring_to_end(self._site, item)
        if isinstance(ended, Delivered):
            return ended.item
        raise SafetyRefusal(
            f"photo {item.id} was not released: {_CONSENTS_CHANGED}", remedy="See: anonymise review list"
        )

    # --- what was moved --------------------------------------------------------------------------------------

    def _pending(self) -> Iterator[Decided]:
        for item in self._site.ledger.unfinished():
            if item.state is State.DELIVERING and item.verdict is not None:
                yield from self._attempt(item.id, partial(self._carry_out, item))

    def _collect(self, folder: Path, verdict: ReviewVerdict) -> Iterator[Decided]:
        for name in self._names_in(folder):
            found = _COPY_NAME.fullmatch(name)
            item = self._site.ledger.get(found[1]) if found else None
            if item is None or item.state is State.DELIVERING:
                continue
            if item.waits_for_a_person:
                yield from self._attempt(item.id, partial(self._rule, item.id, verdict, ""))
            else:
                with contextlib.suppress(OSError):  # a second copy of what was decided; the next call tries again
                    if files.is_confirmed(folder / name, item.output_sha256):
                        files.unlink(folder / name)

    def _names_in(self, folder: Path) -> list[str]:
        try:
            files.make_folder(folder)  # somebody may have tidied it away
            return files.names_in(folder)
        except OSError as error:
            if files.is_full(error):
                raise
            return []  # the next call looks again

    def _attempt(self, item_id: str, rule: Callable[[], Item]) -> Iterator[Decided]:
        try:
            done = rule()
        except SafetyRefusal as refusal:
            yield Decided(item_id, None, why_refused=refusal.message)
        except (UsageError, PhotoBusy) as trouble:
            if (item_id, trouble.message) not in self._told:
                self._told.add((item_id, trouble.message))
                yield Decided(item_id, None, why_refused=trouble.message)
        else:
            yield Decided(item_id, done.verdict, done.output)

    def _undecided(self, item_id: str) -> Item:
        item = self.get(item_id)
        if not item.waits_for_a_person:
            state = item.verdict or item.outcome or item.state
            raise UsageError(
                f"photo {item.id} does not wait for a person: {state}", remedy="See: anonymise review list"
            )
        return item

    def _rule(self, item_id: str, verdict: ReviewVerdict, by: str) -> Item:
        item = self._undecided(item_id)
        with told_in_plain_english(self._site, item):
            if verdict is ReviewVerdict.APPROVED:
                return self._approve(item, by)
            promised = self._site.deliverer.promise(replace(item, verdict=verdict, output=None), None, by=by)
            return self._site.deliverer.finish(promised)

    def _approve(self, item: Item, by: str) -> Item:
        copy = self._find_copy(item)
        deliverer = self._site.deliverer
        basis = self._site.basis(item)
        staged = deliverer.stage_review_copy(item, copy, f"{secrets.token_hex(8)}.jpg")
        try:
            confirmed = files.is_confirmed(staged, item.output_sha256)
        except OSError:
            with contextlib.suppress(OSError):  # the request stays where it was made, or the copy is put back later
                files.move(staged, copy)
            raise
        if not confirmed:
            raise self._return(item, staged, "the copy is not the one that this program made", "Reject it instead.")
        unknown = any(reason.code is Code.EARLIER for reason in item.report.reasons)
        if self._site.ledger.was_sealed(item.sha256 or ""):
            raise self._process_again(item, staged, _SEALED_ELSEWHERE)
        if basis.digest != item.context or unknown:
            raise self._process_again(item, staged, _CONSENTS_CHANGED)
        if Code.HOLD() in item.report.reasons:
            raise self._return(
                item, staged, say(Code.HOLD()), "Only the person who set the hold can lift it; or reject the photo."
            )
        if self._two.asked_for and not self._is_second(item, basis, by, staged):
            return item
        promised = deliverer.promise(
            replace(item, verdict=ReviewVerdict.APPROVED, staged=staged.name),
            output_stem(item.event, item.report.taken_on, dt.date.today()),  # noqa: DTZ011 - the school's calendar
            by=by,
        )
        return deliverer.finish(promised)

    def _is_second(self, item: Item, basis: Basis, by: str, staged: Path) -> bool:
        """Whether somebody else has approved this copy; if not, this approval is remembered, and the copy waits on."""
        try:
            first = self._two.first_of(item, basis, by)
        except SafetyRefusal as refusal:
            raise self._return(item, staged, refusal.message, refusal.remedy) from None
        if first is None:
            self._site.ledger.approve_first(item, by, basis.version)
            with contextlib.suppress(OSError):  # what stays behind is put back by the next call
                self._site.deliverer.return_to_review(item, staged, f"approved by {by}, and needs a second person")
                self._site.deliverer.clear(item.id)
        return first is not None

    def _find_copy(self, item: Item) -> Path:
        for folder in (self._workspace.approve, self._workspace.review):
            copy = folder / f"{item.id}.jpg"
            if copy.is_file() and not copy.is_symlink():
                return copy
        raise UsageError(
            f"the copy of photo {item.id} is no longer in the review folder",
            remedy="Put it back, or reject the photo.",
        )

    def _return(self, item: Item, staged: Path, why: str, remedy: str) -> SafetyRefusal:
        self._site.ledger.note_refusal("release", "not-releasable", item.id)
        with contextlib.suppress(OSError):  # what stays behind is put back by the next call
            self._site.deliverer.return_to_review(item, staged, f"{why}. {remedy}")
            self._site.deliverer.clear(item.id)
        return SafetyRefusal(f"photo {item.id} was not released: {why}", remedy=remedy)

    def _process_again(self, item: Item, staged: Path, why: str) -> SafetyRefusal:
        if self._site.deliverer.source_of(item) is None:
            return self._return(item, staged, why, "Run anonymise batch on its folder again.")
        self._site.ledger.note_refusal("release", "out-of-date", item.id)
        self._site.ledger.reopen(item)
        with contextlib.suppress(OSError):  # Intake removes what stays before it goes on with the row
            self._site.deliverer.remove_review_files(item)
            self._site.deliverer.clear(item.id)
        return SafetyRefusal(
            f"photo {item.id} was not released: {why}",
            remedy="It is processed again by the next batch, or by watch within a minute.",
        )


def _not_again(item: Item) -> SafetyRefusal | UsageError | None:
    """Why a photo cannot be processed anew, with what can be done instead; None if it can."""
    if item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
        return SafetyRefusal(
            f"photo {item.id} is sealed, and nothing but the safeguarding lead's work may be done with it",
            remedy="Speak to the designated safeguarding lead.",
        )
    if item.state is not State.DONE:
        return UsageError(f"photo {item.id} is being processed", remedy="The next batch, or watch, finishes it.")
    if item.waits_for_a_person or item.verdict is ReviewVerdict.REJECTED:
        return None
    match item.outcome:
        case OutcomeKind.QUARANTINED | OutcomeKind.FAILED:
            remedy = f"Use: anonymise quarantine restore {item.id}"
        case OutcomeKind.DUPLICATE:
            remedy = f"Its copy is that of photo {item.first}: use that id."
        case _:
            remedy = (
                "If somebody in it no longer agrees: anonymise find PERSON --reissue. For another copy, put the photo "
                "into an event folder with another name."
            )
    return UsageError(f"photo {item.id} does not wait for a person: {item.verdict or item.outcome}", remedy=remedy)
