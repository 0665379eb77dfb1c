"""The rule that two different people approve the very same copy before it is released.

The first approval is written down and changes nothing: the photo waits, as it is. Whatever changes the copy, what it is
based on, or the register at all, ends it, and the next approval is a first one again. Both people stand in the staff
list, as people whose work it is, at the moment of the second approval. Whether `by` is who they say is for the caller
to find out, by their password.
"""

from __future__ import annotations

from anonymiser.delivery.site import Basis, Site
from anonymiser.errors import AnonymiserError, SafetyRefusal
from anonymiser.ledger.approvals import FirstApproval
from anonymiser.ledger.item import Item
from anonymiser.settings import Release
from anonymiser.staff.member import name_key
from anonymiser.staff.roster import roster_of
from anonymiser.values.roles import Task

TOO_FEW = "two people have to approve each photo, but the staff list has fewer than two who may"
ADD_ANOTHER = 'Run: anonymise staff add NAME --role sbm. Or set release = "after-review" in anonymiser.toml.'


class TwoPeople:
    """Asked by the queue before it releases anything."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._roster = roster_of(site)
        self.asked_for = site.workspace.settings.publishing.release is Release.TWO_PEOPLE
        """Whether this school releases no photo that only one person approved."""

    def require_enough(self) -> None:
        """Raise SafetyRefusal if two people could never be found, WorkspaceError if the list cannot be read."""
        if self.asked_for and len(self._roster.who_may(Task.REVIEW)) < 2:
            raise SafetyRefusal(TOO_FEW, remedy=ADD_ANOTHER)

    def first_of(self, item: Item, basis: Basis, by: str) -> FirstApproval | None:
        """The approval by somebody else that stands for exactly this copy; None if that of `by` is the first one.

        Raises SafetyRefusal if `by` may not approve, or has done so already.
        """
        self.require_enough()
        how = f"Approve it at the desk, or with: anonymise review approve {item.id} --by NAME"
        if not by:
            raise SafetyRefusal("two people have to approve it, and nobody knows who asked for this", remedy=how)
        reviewers = {one.key for one in self._roster.who_may(Task.REVIEW)}
        if name_key(by) not in reviewers:
            raise SafetyRefusal(
                "two people of the staff list have to approve it, and whoever asked for this is not one who may",
                remedy=how,
            )
        first = self._standing(item, basis)
        if first is None or name_key(first.by) not in reviewers:
            return None
        if name_key(first.by) == name_key(by):
            raise SafetyRefusal(f"{first.by} has approved it already: now somebody else has to", remedy=how)
        return first

    def approved_by(self, item: Item) -> str:
        """Who has approved the photo that waits for a second person; empty if that is nobody."""
        if not self.asked_for or not item.waits_for_a_person or self._site.ledger.first_approval(item.id) is None:
            return ""
        try:
            first = self._standing(item, self._site.basis(item))
            still = first is not None and name_key(first.by) in {one.key for one in self._roster.who_may(Task.REVIEW)}
        except AnonymiserError:  # consents are too old, or the list is damaged: nothing stands, and others say why
            return ""
        return first.by if first is not None and still else ""

    def _standing(self, item: Item, basis: Basis) -> FirstApproval | None:
        first = self._site.ledger.first_approval(item.id)
        if first is None or item.output_sha256 is None:
            return None
        same = (first.copy, first.basis, first.version) == (item.output_sha256, item.context, basis.version)
        return first if same and basis.digest == item.context else None
