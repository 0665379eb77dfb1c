"""The staff list of one workspace: a small file, read anew whenever it has changed, and written by the program alone.

Where there is no list, nobody is asked who they are. Once there is one, a list that is missing, damaged or unreadable
is refused and never taken for none: else whoever can remove a file could do everybody's work.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import UsageError, WorkspaceError
from anonymiser.ledger.ledger import Ledger
from anonymiser.locks import staff_lock
from anonymiser.staff import passwords
from anonymiser.staff.member import (
    MOST_PEOPLE,
    Damaged,
    Member,
    checked_groups,
    checked_name,
    from_text,
    name_key,
    to_text,
)
from anonymiser.values.roles import StaffRole, Task
from anonymiser.workspace import Workspace

MOST_WRONG = 5
"""Wrong passwords in a row that lock a name; as many as wrong secrets that kill a link of the desk."""
LOCKED_FOR = dt.timedelta(minutes=15)
_LARGEST = 1_000_000
"""Bytes of a list of MOST_PEOPLE, and room to spare."""

_SEEN = "staff-seen"

Clock = Callable[[], dt.datetime]


def _utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a name and a password."""

    member: Member | None
    """Who it is; None if name or password is wrong, or the name is locked."""
    known: str = ""
    """The name as the list has it, also where the password was wrong; empty if it is not there."""
    locked_until: dt.datetime | None = None
    """If the name is locked: it already was, or this was one wrong password too many."""

    @property
    def locked(self) -> str:
        """Until when the name is locked, as one sentence; empty if it is not."""
        if self.locked_until is None:
            return ""
        until, today = self.locked_until.astimezone(), _utc().astimezone().date()
        when = f"{until:%H:%M}" if until.date() == today else f"{until:%H:%M} on {until:%d/%m/%Y}"
        return f"after {MOST_WRONG} wrong passwords this name is locked until {when}"


class Roster:
    """Asks and changes the list; safe to use from several threads and processes."""

    def __init__(self, workspace: Workspace, *, must_exist: bool = False, clock: Clock = _utc) -> None:
        """The list of `workspace`; with `must_exist` a missing one was lost."""
        self._data = workspace.data
        self._file = workspace.staff_file
        self._must_exist = must_exist
        self._clock = clock
        self._read: tuple[tuple[int, int, int], tuple[Member, ...]] | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the school keeps a list, be it missing or damaged."""
        return self._must_exist or self._read is not None or os.path.lexists(self._file)

    # --- ask -------------------------------------------------------------------------------------------------

    def people(self) -> tuple[Member, ...]:
        """Everybody, by name; nobody where the school keeps no list. Raises WorkspaceError (see the module's text)."""
        try:
            now = self._file.lstat()
            if stat.S_ISDIR(now.st_mode):
                raise WorkspaceError(
                    "there is a folder in place of the staff list staff.json",
                    remedy="Move that folder out of data. Then restore the list from a backup, or begin a new one: "
                    "anonymise staff add NAME --role sbm --begin-anew",
                )
            seen = (now.st_mtime_ns, now.st_size, now.st_ino)
            found = self._read  # once, because another thread may change it
            if found is None or found[0] != seen:
                self._read = found = (seen, self._parsed())
        except FileNotFoundError:
            if self._must_exist or self._read is not None:
                raise WorkspaceError(
                    "the staff list staff.json is missing",
                    remedy="Restore it from a backup. If there is none, begin a new one: "
                    "anonymise staff add NAME --role sbm --begin-anew",
                ) from None
            return ()
        except OSError as error:
            raise WorkspaceError(
                f"the staff list staff.json cannot be read: {error.strerror or 'another program has it open'}",
                remedy="Look at the rights of the folder data.",
            ) from error
        return found[1]

    def find(self, name: str) -> Member | None:
        """Whoever has this name, in whatever spelling."""
        key = name_key(name)
        return next((one for one in self.people() if one.key == key), None)

    def who_may(self, task: Task) -> tuple[Member, ...]:
        """Everybody whose work it is."""
        return tuple(one for one in self.people() if one.may(task))

    # --- sign in ---------------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> Tried:
        """Who the name and the password belong to.

        It takes as long for a name that is not there. Wrong passwords are counted in the file, so that a new start
        does not forget them; MOST_WRONG in a row lock the name for LOCKED_FOR, for the right password too. One
        password is compared at a time. Raises WorkspaceError, WorkspaceBusy.
        """
        with self._alone():
            known, now = self.find(name), self._clock()
            right = passwords.fits(password, known.password if known else None)
            if known is None:
                return Tried(None)
            if known.locked_until is not None and now < known.locked_until:
                return Tried(None, known.name, known.locked_until)
            wrong = 0 if right else known.wrong + 1
            until = now + LOCKED_FOR if wrong >= MOST_WRONG else None
            after = replace(known, wrong=0 if until else wrong, locked_until=until)
            if after != known:
                self._put(after)
            return Tried(after if right else None, known.name, until)

    # --- change ----------------------------------------------------------------------------------------------

    def add(
        self, name: str, role: StaffRole, password: str, groups: Sequence[str] = (), *, begin_anew: bool = False
    ) -> Member:
        """Somebody new; `begin_anew` makes a new list where the old one was lost or damaged.

        Raises UsageError if the name is there already, name, password or groups may not be, the first of a list is not
        an SBM, or the list that was lost is there.
        """
        name = checked_name(name)
        one = Member(name, role, checked_groups(groups, role), passwords.hashed(passwords.checked(password, name)))
        with self._alone():
            people = self._nobody() if begin_anew else self.people()
            if any(other.key == one.key for other in people):
                raise UsageError(
                    "this name is in the staff list already", remedy="Take another, or: anonymise staff password NAME"
                )
            if not people and role is not StaffRole.SBM:
                raise UsageError(
                    "the first person of the list must be an SBM, or nobody could review",
                    remedy="Begin with: anonymise staff add NAME --role sbm",
                )
            if len(people) >= MOST_PEOPLE:
                raise UsageError("the staff list is full", remedy="Remove those who have left.")
            self._write((*people, one))
        return one

    def remove(self, name: str) -> Member:
        """Somebody leaves. With the last of them, the school keeps no list any more.

        Raises UsageError if nobody has this name, or others would be left without an SBM.
        """
        with self._alone():
            gone = self._known(name)
            left = tuple(one for one in self.people() if one.key != gone.key)
            if left and not any(one.role is StaffRole.SBM for one in left):
                raise UsageError(
                    "this is the last SBM, and nobody else could review", remedy="Add another SBM, or remove them last."
                )
            self._write(left)
        return gone

    def set_password(self, name: str, password: str) -> Member:
        """A new password, which also unlocks the name. Raises UsageError if nobody has this name."""
        with self._alone():
            known = self._known(name)
            new = passwords.hashed(passwords.checked(password, known.name))
            return self._put(replace(known, password=new, wrong=0, locked_until=None))

    # --- parts -----------------------------------------------------------------------------------------------

    def _known(self, name: str) -> Member:
        known = self.find(name)
        if known is None:
            raise UsageError("the staff list has nobody of this name", remedy="See: anonymise staff list")
        return known

    def _put(self, one: Member) -> Member:
        self._write(tuple(one if other.key == one.key else other for other in self.people()))
        return one

    def _write(self, people: Sequence[Member]) -> None:
        ordered = tuple(sorted(people, key=lambda one: one.key))
        with files.full_disk_is_said():
            try:
                files.write_private(self._file, to_text(ordered))
            except OSError as error:
                if files.is_full(error):
                    raise
                raise WorkspaceError(
                    f"the staff list staff.json cannot be written: {files.why(error)}",
                    remedy="Look at the rights of the folder data.",
                ) from error
        self._read = None
        self._must_exist = True

    def _nobody(self) -> tuple[Member, ...]:
        """The people of a list that was lost. Raises UsageError if it was not."""
        try:
            self._parsed()
        except (WorkspaceError, OSError):
            return ()
        raise UsageError("the staff list is there and can be read", remedy="Leave out --begin-anew.")

    def _parsed(self) -> tuple[Member, ...]:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(self._file, flags), "rb") as file:
            data = file.read(_LARGEST + 1)
        try:
            return from_text(data.decode("utf-8") if len(data) <= _LARGEST else "")
        except (Damaged, UnicodeDecodeError) as error:
            raise WorkspaceError(
                "the staff list staff.json is damaged, or was not written by this program",
                remedy="Restore it from a backup. If there is none, begin a new one: "
                "anonymise staff add NAME --role sbm --begin-anew",
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with staff_lock(self._data):
            yield


def roster_of(site: Site) -> Roster:
    """The staff list of a workspace, which refuses to be empty if the ledger remembers that there was one."""
    roster = Roster(site.workspace, must_exist=bool((site.ledger.recall(_SEEN) or {}).get("seen")))
    with contextlib.suppress(WorkspaceError):  # whoever needs the list is told
        if site.ledger.recall(_SEEN) is None and roster.people():
            staff_begun(site.ledger)
    return roster


def staff_begun(ledger: Ledger) -> None:
    """Remember that the school keeps a staff list."""
    ledger.remember(_SEEN, {"seen": 1})
