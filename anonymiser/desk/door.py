"""Whose work a route is: asked for every request, of the staff list as it is at that moment.

Somebody who was removed, has another role or another password since they signed in, is asked who they are.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from anonymiser.desk.pages import Pages
from anonymiser.desk.routes import Refused, Route
from anonymiser.desk.session import Session
from anonymiser.errors import AnonymiserError
from anonymiser.staff.member import Member
from anonymiser.staff.roster import Roster
from anonymiser.values.roles import EVERYTHING, Task, who_may


class Door:
    """Lets a session through to a route, or raises Refused."""

    def __init__(self, roster: Roster, pages: Pages) -> None:
        self.roster = roster
        self._pages = pages

    def check(self, session: Session, route: Route | None) -> None:
        """Raise Refused unless whoever sits before the session may use the route; None stands for no route.

        It also brings the session up to date with the list. A list that cannot be read lets nobody through.
        """
        try:
            people = self.roster.people()
        except AnonymiserError as error:
            session.tasks = frozenset()
            raise Refused(503, f"{error.message}. {error.remedy}", self._trouble(error)) from error
        known = _as_listed(session.member, people)
        if known is None and people:
            session.member, session.tasks = None, frozenset()
            if route is None or route.task is not Task.DESK:
                raise Refused(401, "nobody has signed in here yet", RedirectResponse("/who", 303))
            return
        session.member, session.tasks = known, known.role.tasks if known else EVERYTHING
        if route is not None and route.task is not None and route.task not in session.tasks:
            if known is None:  # what only a member of staff may see does not exist where there is no list
                raise Refused(404, "there is nothing here")
            raise Refused(403, self._whose(route.task), self._not_yours(session, route.task))

    def signed_out(self) -> Refused:
        """For a browser without a live session."""
        return Refused(401, "not signed in", self._pages.page("signed-out.html", status=401))

    def _whose(self, task: Task) -> str:
        titles = " or the ".join(role.called for role in who_may(task))
        return f"this is for the {titles}"

    def _not_yours(self, session: Session, task: Task) -> Response:
        names = tuple(one.name for one in self.roster.who_may(task))
        return self._pages.page("not-yours.html", session, status=403, whose=self._whose(task), names=names)

    def _trouble(self, error: AnonymiserError) -> Response:
        return self._pages.page("trouble.html", status=503, message=error.message, remedy=error.remedy)


def _as_listed(member: Member | None, people: tuple[Member, ...]) -> Member | None:
    """The same person as the list has them now; None if they are no longer there, or had to sign in anew."""
    if member is None:
        return None
    now = next((one for one in people if one.key == member.key), None)
    return now if now is not None and now.password == member.password and now.role is member.role else None
