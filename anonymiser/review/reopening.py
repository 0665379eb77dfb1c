"""Photos that a person rules on, reopens, or whose verdict they take back.

A ruling is written down, together with the state that makes the next run process the photo again, before anything else
happens. So a crash at any later moment loses nothing: either nothing was ruled, or the ruling is carried out. The
review lock is held until the new copy waits, so that no run beside this takes the photo up at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from anonymiser.delivery import files, takedown
from anonymiser.delivery.site import Site
from anonymiser.errors import PhotoBusy, UsageError
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.review.deciding import alone, known_item, require_seen, told_in_plain_english
from anonymiser.values.reasons import Code
from anonymiser.values.ruling import Rulings

Process = Callable[[Item], Iterable[Result]]
"""Processes one reopened photo (Intake.again)."""


class Reopener:
    """Lets photos of one workspace wait for a person again."""

    def __init__(self, site: Site, process: Process) -> None:
        """Work on photos of `site`; other processes may do so at the same time."""
        self._site = site
        self._process = process

    def rule(self, item_id: str, rulings: Rulings, *, seen: str | None = None) -> Item:
        """From now on `rulings` count: the photo that waits, or was released, is processed again and waits.

        Returns its row; that of a released photo is a new one. Raises UsageError if it neither waits nor was released,
        or its original is not archived here, ChangedSince if its copy is not the one that was `seen`, PhotoBusy.
        """
        with alone(self._site):
            item = known_item(self._site, item_id)
            require_seen(item, seen)
            if not (item.waits_for_a_person or self._is_released(item)):
                raise self._elsewhere(item, "neither waits nor was released")
            return self._again(item, rulings)

    def reopen(self, item_id: str, rulings: Rulings) -> Item:
        """As `rule`, for a photo that was released or rejected."""
        with alone(self._site):
            item = known_item(self._site, item_id)
            if not (self._is_rejected(item) or self._is_released(item)):
                raise self._elsewhere(item, "was neither released nor rejected")
            return self._again(item, rulings)

    def take_back(self, item_id: str, rulings: Rulings) -> Item:
        """Undo a verdict. An approved copy waits again as it is; a rejected photo is processed again with `rulings`.

        Raises UsageError if there is no verdict to take back, or the copy has left the outbox, or somebody recorded
        where it was published; PhotoBusy.
        """
        with alone(self._site):
            item = known_item(self._site, item_id)
            if self._is_rejected(item):
                return self._again(item, rulings)
            if item.verdict is not ReviewVerdict.APPROVED or not self._is_released(item):
                raise self._elsewhere(item, "has no verdict that can be taken back")
            return self._bring_back(item, rulings.by)

    def _bring_back(self, item: Item, by: str) -> Item:
        site = self._site
        with told_in_plain_english(site, item):
            released = site.workspace.root / str(item.output)
            was_published = site.ledger.places(item) or site.ledger.taken_down(item)
            if was_published or not files.is_confirmed(released, item.output_sha256):
                raise self._gone(item)
            # Its place in the outbox stays in the row until the copy is back: that is the intent.
            intent = site.ledger.deliver(replace(item, verdict=None), None, site.workspace.root, by=by)
            done = site.deliverer.finish(intent)
        if done.verdict is not None:
            raise self._gone(item)
        return done

    def _again(self, item: Item, rulings: Rulings) -> Item:
        site = self._site
        site.basis(item)  # if consents are too old to publish by, nothing is begun
        with told_in_plain_english(site, item):
            if site.deliverer.source_of(item) is None:
                raise UsageError(
                    f"the original of photo {item.id} is not archived here, so no other copy can be made",
                    remedy="Put the photo into the inbox.",
                )
            if self._is_released(item):
                again = takedown.reopen(site, item, rulings)
            else:
                again = site.ledger.reopen(item, rulings)
        for result in self._process(again):
            late = next((reason for reason in result.report.reasons if reason.code is Code.LATE), None)
            if result.item == again.id and late is not None:
                raise PhotoBusy(
                    f"what was asked for photo {again.id} stands, but is not finished: {late.values['detail']}",
                    remedy="Close it there; the next batch or watch (within a minute) tries again.",
                )
        return known_item(site, again.id)

    def _is_released(self, item: Item) -> bool:
        out = item.state is State.DONE and str(item.output).startswith("outbox/")
        return out and item.id not in self._site.ledger.replacements()

    def _is_rejected(self, item: Item) -> bool:
        return item.state is State.DONE and item.verdict is ReviewVerdict.REJECTED

    def _elsewhere(self, item: Item, why: str) -> UsageError:
        again = self._site.ledger.replacements().get(item.id)
        if again is not None:
            return UsageError(f"photo {item.id} was replaced by {again}", remedy=f"Work on {again}.")
        state = item.verdict or item.outcome or item.state
        return UsageError(f"photo {item.id} {why}: {state}", remedy="See: anonymise review list")

    def _gone(self, item: Item) -> UsageError:
        return UsageError(
            f"the copy of photo {item.id} has left the outbox, or is recorded as published",
            remedy="Reopen the photo, and take the copy down where it was published.",
        )
