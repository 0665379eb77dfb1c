"""The one table of addresses. The guard, the dispatcher and the tests read it, so that none knows a route of its own.

Addresses hold ids and numbers only, never a name: browsers keep them in their history and may send them to an account.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from anonymiser.desk.forms import Form
from anonymiser.desk.session import Session
from anonymiser.values.roles import Task

if TYPE_CHECKING:
    from anonymiser.desk.office import Office
    from anonymiser.school import School

SAFE_PATH = re.compile(r"/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*)?")
"""The only paths that are looked at. What Windows could take for a drive, a share, a device or a parent is not one."""

_PARTS = {
    "item": r"\d{8}-\d{6,9}",
    "person": r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
    "key": r"[0-9a-f]{16}",
    "number": r"\d{1,4}",
    "name": r"[a-z0-9_-]+\.[a-z]+",
    "sha": r"[0-9a-f]{64}",
}
"""What may stand in an address in place of `{item}` and so on."""


class Refused(Exception):
    """The guard's no. It tells a stranger nothing but the status."""

    def __init__(self, status: int, text: str, page: Response | None = None) -> None:
        """`page` is what a window shows of it; a script gets the text."""
        super().__init__(text)
        self.status = status
        self.text = text
        self.page = page


@enum.unique
class Access(enum.Enum):
    """Who may ask."""

    SESSION = "session"
    """A browser that has signed in, and in it somebody whose work it is: everything but the two below."""
    STATIC = "static"
    """Style sheets and scripts, which hold no data."""
    SIGN_IN = "sign-in"
    """The page that a browser is sent to from a file, and what it posts; they hold no data."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the guard has let through."""

    route: Route
    parts: Mapping[str, str]
    """What stood in the address, checked against `_PARTS`."""
    form: Form
    """Of a changing request; empty for a raw body."""
    query: Form
    session: Session | None

    @property
    def signed_in(self) -> Session:
        """The session, which every route but the sign-in has."""
        if self.session is None:
            raise TypeError("the guard lets nobody in without a session")
        return self.session


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is being answered in the thread of the school."""

    school: School
    office: Office
    asked: Asked

    @property
    def parts(self) -> Mapping[str, str]:
        """What stood in the address."""
        return self.asked.parts

    @property
    def form(self) -> Form:
        """What was sent."""
        return self.asked.form

    @property
    def session(self) -> Session:
        """Whose browser asks."""
        return self.asked.signed_in

    @property
    def by(self) -> str:
        """Who asks, for the ledger: the person of the staff list, or the account where there is none."""
        member = self.session.member
        return self.office.by if member is None else member.name

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """A page of the desk."""
        return self.office.pages.page(template, self.asked.session, status=status, **values)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that is answered where it comes in: it asks the school nothing, or brings a file."""

    office: Office
    asked: Asked
    request: Request


@dataclass(frozen=True, slots=True)
class InLoop:
    """A handler of visits."""

    answer: Callable[[Visit], Awaitable[Response]] = field(repr=False)


Handler = Callable[[Call], Response] | InLoop


@dataclass(frozen=True, slots=True)
class Route:
    """One address with one method."""

    method: str
    """GET changes nothing; POST takes a form; PUT takes a raw file."""
    path: str
    """With `{item}`, `{person}` and so on."""
    handler: Handler = field(repr=False)
    task: Task | None
    """Whose work it is; None for what asks for no session."""
    access: Access = Access.SESSION
    quiet: bool = False
    """The page asks by itself, again and again: that keeps nobody signed in."""

    def __post_init__(self) -> None:
        if (self.task is None) is (self.access is Access.SESSION):
            raise ValueError(f"{self.path}: what is for a session, and nothing else, is somebody's work")

    @property
    def changes(self) -> bool:
        """Whether it does something."""
        return self.method != "GET"

    @property
    def pattern(self) -> re.Pattern[str]:
        """The address as a pattern."""
        text = re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{_PARTS[found[1]]})", self.path.replace(".", r"\."))
        return re.compile(text)


class Table:
    """Every route of the desk."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._routes = tuple((route, route.pattern) for route in routes)

    def __iter__(self) -> Iterator[Route]:
        return (route for route, _ in self._routes)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a request, with the parts of its address; HEAD is a GET."""
        method = "GET" if method == "HEAD" else method
        for route, pattern in self._routes:
            if route.method == method and (found := pattern.fullmatch(path)):
                return route, found.groupdict()
        return None

    def knows(self, path: str) -> bool:
        """Whether any method has this path."""
        return any(pattern.fullmatch(path) for _, pattern in self._routes)
