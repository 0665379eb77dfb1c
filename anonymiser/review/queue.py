"""Verdicts of people on photos that wait, by command or by moving the copy into a folder.

What a reviewer may not do: release a copy that is not byte for byte the one that was made; release one that rests
on consents, holds or templates that have changed since (it is processed again instead); release a photo in which
somebody may be who must never be shown, for as long as that hold stands. To publish such a photo the hold must be
lifted by whoever set it; the photo is then processed again and decided anew. The folder queue obeys the same rules:
moving a file into `approve` is a request, never more.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.delivery.deliver import is_confirmed
from anonymiser.delivery.site import Site
from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.intake.events import output_stem
from anonymiser.ledger.item import Item, ReviewVerdict
from anonymiser.locks import review_lock
from anonymiser.values.reasons import Code
from anonymiser.wording import say

_COPY_NAME = re.compile(r"(\d{8}-\d{6,})\.jpg")


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one photo that was moved into `approve` or `reject`."""

    item: str
    verdict: ReviewVerdict | None
    """None where the request was refused."""
    output: str | None = None
    """Where a released copy is, relative to the workspace."""
    why_refused: str = ""


class ReviewQueue:
    """The photos of one workspace that wait for a person."""

    def __init__(self, site: Site) -> None:
        """Decide photos of `site`; other processes may do so at the same time."""
        self._site = site
        self._workspace = site.workspace

    def waiting(self) -> list[Item]:
        """Undecided photos, oldest first."""
        return self._site.ledger.waiting()

    def get(self, item_id: str) -> Item:
        """Any item by its id. Raises UsageError where there is none."""
        item = self._site.ledger.get(item_id)
        if item is None:
            raise UsageError("there is no photo with this id", remedy="See: anonymise review list")
        return item

    def approve(self, item_id: str) -> Item:
        """Release the copy that waits.

        Raises SafetyRefusal where it may not be released (see the module's text), UsageError where it does not wait.
        """
        with review_lock(self._workspace.data):
            return self._approve(item_id)

    def reject(self, item_id: str) -> Item:
        """Delete the copy; the original stays archived. Raises UsageError where the photo does not wait."""
        with review_lock(self._workspace.data):
            return self._rule(self._undecided(item_id), ReviewVerdict.REJECTED)

    def refer(self, item_id: str) -> Item:
        """Seal copy and original for the safeguarding lead. Raises UsageError where the photo does not wait."""
        with review_lock(self._workspace.data):
            return self._rule(self._undecided(item_id), ReviewVerdict.REFERRED)

    def collect(self) -> list[Decided]:
        """Carry out what people asked for by moving copies; a copy in both folders is rejected."""
        with review_lock(self._workspace.data):
            return [
                *self._collect(
                    self._workspace.reject, lambda found: self._rule(self._undecided(found), ReviewVerdict.REJECTED)
                ),
                *self._collect(self._workspace.approve, self._approve),
            ]

    def strangers(self) -> list[Path]:
        """Files in the review folders that are no copy of a waiting photo; they are never released or removed."""
        waiting = {item.id for item in self.waiting()}
        folders = (self._workspace.review, self._workspace.approve, self._workspace.reject)
        return [
            path
            for folder in folders
            for path in folder.iterdir()
            if path not in folders and not (path.suffix in {".jpg", ".txt"} and path.stem in waiting)
        ]

    def _collect(self, folder: Path, rule: Callable[[str], Item]) -> list[Decided]:
        decided = []
        for path in sorted(folder.iterdir()):
            found = _COPY_NAME.fullmatch(path.name)
            item = self._site.ledger.get(found[1]) if found else None
            if item is None:
                continue
            if not item.waits_for_a_person:
                if is_confirmed(path, item.output_sha256):
                    path.unlink()
                continue
            try:
                done = rule(item.id)
            except SafetyRefusal as refusal:
                decided.append(Decided(item.id, None, why_refused=refusal.message))
            except (UsageError, PermissionError):
                continue  # somebody has it open (Windows); the next look tries again
            else:
                decided.append(Decided(item.id, done.verdict, done.output))
        return decided

    def _undecided(self, item_id: str) -> Item:
        item = self.get(item_id)
        if not item.waits_for_a_person:
            state = item.verdict or item.outcome or item.state
            raise UsageError(
                f"photo {item.id} does not wait for a person: {state}", remedy="See: anonymise review list"
            )
        return item

    def _rule(self, item: Item, verdict: ReviewVerdict) -> Item:
        promised = self._site.deliverer.promise(replace(item, verdict=verdict, output=None), None)
        return self._site.deliverer.finish(promised)

    def _approve(self, item_id: str) -> Item:
        item = self._undecided(item_id)
        copy = self._find_copy(item)
        deliverer = self._site.deliverer
        context = self._site.contexts.current(item.event)
        try:
            staged = deliverer.stage_review_copy(item, copy, f"{secrets.token_hex(8)}.jpg")
        except PermissionError:
            raise UsageError(f"photo {item.id} is open in another program", remedy="Close it and try again.") from None
        if not is_confirmed(staged, item.output_sha256):
            raise self._return(item, staged, "the copy is not the one that this program made", "Reject it instead.")
        unknown = any(reason.code is Code.EARLIER for reason in item.report.reasons)
        if context.digest != item.context or unknown:
            raise self._process_again(item, staged)
        if Code.HOLD() in item.report.reasons:
            raise self._return(
                item, staged, say(Code.HOLD()), "Only who set the hold can lift it; or reject the photo."
            )
        promised = deliverer.promise(
            replace(item, verdict=ReviewVerdict.APPROVED, staged=staged.name),
            output_stem(item.event, item.report.taken_on, dt.date.today()),  # noqa: DTZ011 - the school's calendar
        )
        return deliverer.finish(promised)

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
        self._site.deliverer.return_to_review(item, staged, f"{why}. {remedy}")
        self._site.deliverer.clear(item.id)
        return SafetyRefusal(f"photo {item.id} was not released: {why}", remedy=remedy)

    def _process_again(self, item: Item, staged: Path) -> SafetyRefusal:
        why = "consents have changed since it was processed"
        if self._site.deliverer.source_of(item) is None:
            return self._return(item, staged, why, "Run anonymise batch on its folder again.")
        self._site.ledger.reopen(item)
        self._site.deliverer.remove_review_files(item)
        self._site.deliverer.clear(item.id)
        return SafetyRefusal(
            f"photo {item.id} was not released: {why}",
            remedy="It is processed again by the next batch, or by watch within a minute.",
        )
