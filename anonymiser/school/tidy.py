"""What is deleted because its time is over, as `[retention]` says, unless a legal hold stops it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from anonymiser.consent.register import Register
from anonymiser.delivery import files
from anonymiser.delivery.expired import Expired, Expiry, delete_expired
from anonymiser.delivery.site import Site
from anonymiser.errors import PhotoBusy, SafetyRefusal, UsageError, WorkspaceBusy
from anonymiser.locks import review_lock
from anonymiser.review.queue import ReviewQueue
from anonymiser.school.copies import forget
from anonymiser.values.people import PersonId

RETENTION = "retention"
"""Who rejects photos that waited for too long."""
_LAST = "last-tidy"


@dataclass(slots=True)
class Tidied:
    """What was deleted, or would be."""

    expired: list[Expired] = field(default_factory=list)
    """Of photos, oldest first in each kind."""
    leavers: list[PersonId] = field(default_factory=list)
    templates: int = 0
    """Face templates whose last day is over; in a dry run not counted."""
    left: int = 0
    """What another program has open: the next call tries again."""
    held_by: str = ""
    """Why nothing may be deleted; empty if nothing speaks against it."""

    @property
    def counts(self) -> dict[str, int]:
        """How many, by what it is."""
        found = Counter(entry.what for entry in self.expired)
        return dict(found) | ({"person who left": len(self.leavers)} if self.leavers else {})


def legal_hold(site: Site) -> str:
    """Why nothing may be deleted by time; empty if it may. A hold that cannot be read is one."""
    workspace = site.workspace
    if (said := workspace.settings.retention.legal_hold.strip()) != "":
        return said
    return f"there is a file {workspace.hold_file.name}" if workspace.hold_file.exists() else ""


def would_tidy(site: Site, register: Register | None, now: dt.datetime) -> Tidied:
    """What `tidy` would delete at the moment `now` (UTC, naive), and nothing else."""
    expiry = Expiry(site, now)
    return Tidied(
        expired=[*expiry.waiting(), *expiry.files(), *expiry.rows()],
        leavers=_leavers(site, register, now),
        held_by=legal_hold(site),
    )


def tidy(site: Site, register: Register | None, now: dt.datetime) -> Tidied:
    """Delete what is over at the moment `now` (UTC, naive). The caller is the only one who processes photos.

    Each deletion is in the ledger and in the audit record; what is open in another program is left for the next call.
    Raises SafetyRefusal under a legal hold, DiskFullError, WorkspaceBusy.
    """
    if hold := legal_hold(site):
        site.ledger.note_refusal("tidy", "legal-hold")
        raise SafetyRefusal(
            f"nothing is deleted: {hold}",
            remedy="When the hold is over, empty [retention] legal_hold in anonymiser.toml, or remove the file.",
        )
    done = Tidied()
    queue = ReviewQueue(site)
    queue.collect()  # what people asked for, or a crash cut short, comes first
    for entry in list(Expiry(site, now).waiting()):
        with _counted(done, entry), contextlib.suppress(UsageError):  # somebody has just decided it
            queue.reject(entry.item, by=RETENTION)
    with review_lock(site.workspace.data), files.full_disk_is_said():
        begun = [Expired(item, what, now) for item, what in site.ledger.begun_deletions()]
        due = list(Expiry(site, now).files())
        seen = {(entry.item, entry.what) for entry in due}
        for entry in (*due, *(entry for entry in begun if (entry.item, entry.what) not in seen)):
            with _counted(done, entry):
                delete_expired(site, entry.item, entry.what)
        for entry in list(Expiry(site, now).rows()):
            with _counted(done, entry):
                site.ledger.delete_row(entry.item)
        site.ledger.scrub()
    if register is not None:
        done.templates = register.destroy_expired_templates()
        for person in _leavers(site, register, now):
            forget(site, register, person)
            done.leavers.append(person)
        site.note_changes()
    return done


def tidy_daily(site: Site, register: Register | None, now: dt.datetime) -> Tidied | None:
    """What `watch` does at its first look on a day, if the school wants it; None if it did not."""
    today = now.replace(tzinfo=dt.UTC).astimezone().date().isoformat()
    if not site.workspace.settings.retention.at_day_end or (site.ledger.recall(_LAST) or {}).get("day") == today:
        return None
    site.ledger.remember(_LAST, {"day": today})
    try:
        return tidy(site, register, now)
    except (SafetyRefusal, WorkspaceBusy):
        return None


@contextmanager
def _counted(done: Tidied, entry: Expired) -> Iterator[None]:
    try:
        yield
    except (PhotoBusy, OSError) as error:
        if isinstance(error, OSError) and files.is_full(error):
            raise
        done.left += 1
    else:
        done.expired.append(entry)


def _leavers(site: Site, register: Register | None, now: dt.datetime) -> list[PersonId]:
    """Who left long enough ago, and is shown in no copy that there is a record of."""
    days = site.workspace.settings.retention.leavers_days
    if register is None or not days:
        return []
    before = (now - dt.timedelta(days=days)).replace(tzinfo=dt.UTC)
    return [person for person in register.left_before(before) if not site.ledger.showing(person)]
