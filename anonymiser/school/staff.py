"""The staff list of a school, for every front end; changes and attempts to sign in go into the audit record."""

from __future__ import annotations

from collections.abc import Sequence

from anonymiser.delivery.site import Site
from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.staff.account import account
from anonymiser.staff.member import Member
from anonymiser.staff.roster import Tried, roster_of, staff_begun
from anonymiser.values.roles import StaffRole, Task, who_may


class Staff:
    """Made by `School.staff`. Every method may raise WorkspaceError, also where the list was lost or is damaged."""

    def __init__(self, site: Site) -> None:
        self._ledger = site.ledger
        self.roster = roster_of(site)
        """The list itself, which other threads may ask too."""

    def people(self) -> tuple[Member, ...]:
        """Everybody, by name; nobody where the school keeps no list."""
        return self.roster.people()

    def add(
        self, name: str, role: StaffRole, password: str, groups: Sequence[str] = (), *, begin_anew: bool = False
    ) -> Member:
        """Somebody new; `begin_anew` makes a new list where the old one was lost or is damaged.

        Raises UsageError if the name is there already, or name, password or groups may not be; and if the first of a
        list is not an SBM.
        """
        one = self.roster.add(name, role, password, groups, begin_anew=begin_anew)
        staff_begun(self._ledger)
        self._ledger.note_staff("begun-anew" if begin_anew else "added", one.role, one.name, account())
        return one

    def remove(self, name: str) -> Member:
        """Somebody leaves; what they decided stays in the ledger. After the last one, the school keeps no list.

        Raises UsageError if nobody has this name, or others would be left without an SBM.
        """
        gone = self.roster.remove(name)
        self._ledger.note_staff("removed", gone.role, gone.name, account())
        return gone

    def set_password(self, name: str, password: str) -> Member:
        """A new password, which also unlocks the name. Raises UsageError if nobody has this name."""
        one = self.roster.set_password(name, password)
        self._ledger.note_staff("password", one.role, one.name, account())
        return one

    def require(self) -> None:
        """Raise UsageError where the school keeps no list: a name that nobody can check is not recorded."""
        if not self.people():
            raise UsageError(
                "there is no staff list, so nobody can check the name",
                remedy="Leave the name out. See: anonymise staff --help",
            )

    def sign_in(self, name: str, password: str, task: Task) -> Member:
        """Whoever has this name and password, and this work.

        Raises SafetyRefusal for a wrong name or password, a locked name, or somebody else's work; UsageError where the
        school keeps no list.
        """
        self.require()
        tried = self.roster.sign_in(name, password)
        self.note_tried(tried)
        if tried.member is None:
            raise _refusal(tried)
        if not tried.member.may(task):
            self._ledger.note_refusal("task", task.name.lower(), by=tried.member.name)
            titles = " or the ".join(role.called for role in who_may(task))
            raise SafetyRefusal(f"this is for the {titles}", remedy="Ask them to do it.")
        return tried.member

    def note_tried(self, tried: Tried) -> None:
        """Write down that somebody signed in, or tried to."""
        if tried.member is not None:
            self._ledger.note_sign_in(tried.member.name, tried.member.role)
        else:
            why = "locked" if tried.locked_until else "wrong-password" if tried.known else "unknown-name"
            self._ledger.note_refusal("sign-in", why, by=tried.known)


def _refusal(tried: Tried) -> SafetyRefusal:
    if tried.locked_until is not None:
        return SafetyRefusal(
            tried.locked,
            remedy="Wait, or set a new password: anonymise staff password NAME",
        )
    return SafetyRefusal("the name or the password is wrong", remedy="See the names with: anonymise staff list")
