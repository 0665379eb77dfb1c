"""Who may use the page: one-time secrets that open it, and sessions, both in memory only.

The program writes a secret into a file that only its own account can read. The browser exchanges it for a cookie, once
and soon. Only hashes are kept, so that the memory of the process signs nobody in. When the program ends, every
session ends with it: browsers may bring cookies back to life, so the clock here counts and not the browser's.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from anonymiser.school import Imported
from anonymiser.school.class_photo import ClassPhoto, Learned
from anonymiser.school.inbox import Drop
from anonymiser.school.wizard import ConsentFile
from anonymiser.staff.member import Member
from anonymiser.values.people import PersonId
from anonymiser.values.roles import EVERYTHING, Task

IDLE_SECONDS = 30 * 60.0
"""A session ends after this long without a request, and so does the desk."""
LONGEST_SECONDS = 8 * 3600.0
"""A session ends after a working day, however busy it was."""
SECRET_SECONDS = 60.0
"""A browser that the program opens needs a moment."""
PATIENT_SECONDS = 600.0
"""If somebody has to find the file and open it."""
_MOST_WRONG = 5
"""After so many wrong secrets the right one is dead too."""


@dataclass
class Naming:
    """One photo of a class, from the choice of the class until its faces are learned."""

    group: str
    photo: ClassPhoto | None = field(default=None, repr=False)
    """None as long as it has not come."""


@dataclass
class Session:
    """One browser that has signed in, and what it is in the middle of."""

    csrf: str = field(repr=False)
    """What every form and every changing request must carry."""
    began: float
    seen: float
    member: Member | None = None
    """Who sits before it, as the staff list had them when they signed in; None if nobody has said so."""
    tasks: frozenset[Task] = EVERYTHING
    """What may be done in it, as of the last request."""
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Per list of photos the ids in the order in which it was opened: nothing jumps while somebody works."""
    notice: str = ""
    """What the next page says first, once."""
    undo: str = ""
    """Id of the photo whose verdict can be undone from the page."""
    importing: ConsentFile | None = field(default=None, repr=False)
    """The consent export that is being brought in."""
    imported: Imported | None = field(default=None, repr=False)
    """What the last one changed."""
    portraits: dict[PersonId, list[bytes]] = field(default_factory=dict, repr=False)
    """Photos from which a face is about to be learned; they never become files."""
    naming: Naming | None = field(default=None, repr=False)
    """A photo of a class in which faces are being named; it never becomes a file."""
    learned: Learned | None = field(default=None, repr=False)
    """What became of the names of the last one."""
    drops: list[Drop] = field(default_factory=list, repr=False)
    """Events that photos are being put in for; a page names them by their place in this list."""


class Sessions:
    """Secrets and sessions of one desk; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._secret: str | None = None
        self._dies_at = 0.0
        self._wrong = 0
        self.last_request = clock()
        """When somebody last did something."""

    def new_secret(self, seconds: float = SECRET_SECONDS) -> str:
        """A secret that signs one browser in, once, within `seconds`; the one before is dead."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._secret, self._dies_at, self._wrong = _hash(secret), self._clock() + seconds, 0
            self.last_request = self._clock()
        return secret

    @property
    def secret_is_live(self) -> bool:
        """Whether the newest secret can still be used."""
        with self._lock:
            return self._secret is not None and self._clock() < self._dies_at

    def sign_in(self, secret: str) -> str | None:
        """The cookie for a right secret, else None."""
        with self._lock:
            live = self._secret is not None and self._clock() < self._dies_at
            if not live or not secrets.compare_digest(_hash(secret), self._secret or ""):
                self._wrong += 1
                if self._wrong >= _MOST_WRONG:
                    self._secret = None
                return None
            self._secret = None
            token, now = secrets.token_urlsafe(32), self._clock()
            self._sessions[_hash(token)] = Session(secrets.token_urlsafe(32), now, now)
            self.last_request = now
            return token

    def get(self, token: str, *, quiet: bool = False) -> Session | None:
        """The live session of a cookie. A `quiet` request, which the page makes by itself, does not prolong it."""
        now = self._clock()
        with self._lock:
            session = self._sessions.get(_hash(token))
            if session is None:
                return None
            if now - session.seen > IDLE_SECONDS or now - session.began > LONGEST_SECONDS:
                del self._sessions[_hash(token)]
                return None
            if not quiet:
                session.seen = self.last_request = now
            return session

    def renew(self, session: Session, member: Member | None) -> str:
        """Another person sits down, or gets up: nothing of what was begun is left, and the old cookie is dead.

        Returns the new cookie. The working day goes on from when the browser signed in.
        """
        token, now = secrets.token_urlsafe(32), self._clock()
        if session.importing is not None:
            session.importing.discard()
        with self._lock:
            self._sessions = {key: kept for key, kept in self._sessions.items() if kept is not session}
            self._sessions[_hash(token)] = Session(secrets.token_urlsafe(32), session.began, now, member)
        return token

    def end_all(self) -> None:
        """Sign every browser out."""
        with self._lock:
            self._sessions.clear()

    @property
    def idle_seconds(self) -> float:
        """How long nobody has done anything."""
        with self._lock:
            return self._clock() - self.last_request


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
