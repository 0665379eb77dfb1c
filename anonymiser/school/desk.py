"""The desk: what a person at the school sees of photos, and what they tell the program about them.

A person says what they did (cover this, show that child, keep this part); what becomes of it is decided by the
program, which looks at the original again, writes and checks a new copy, and says why where it did something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anonymiser.school.views import Candidate, PhotoView, Summary, View
from anonymiser.values.ruling import Act

if TYPE_CHECKING:
    from anonymiser.school.school import School


class Desk:
    """Photos of one school for a front end that a person sits at; `School.desk` makes it.

    It belongs to the thread of its School. The first ruling starts one worker process, which takes some seconds, and
    which stays until the School is closed; `warm_up` starts it before. Works beside `batch` and `watch`.

    Every method that names a photo raises UsageError if there is none with this id, or it does not stand where the
    method needs it. Every method that changes something may raise WorkspaceBusy (somebody else is deciding at this
    moment), PhotoBusy (another program has one of its files open), DiskFullError, ModelError. `by` is who did it: a
    role or an account ("office"), never a pupil; UsageError if it is longer than 60 characters or has line breaks.
    `seen` is the `sha256` of the copy that was on the screen; ChangedSince if another one is there now.
    """

    def __init__(self, school: School) -> None:
        raise NotImplementedError

    def warm_up(self) -> None:
        """Start the worker, without waiting for it."""
        raise NotImplementedError

    # --- look ------------------------------------------------------------------------------------------------

    def queue(self, event: str | None = None) -> tuple[Summary, ...]:
        """Photos that wait for a person, oldest first; of one event, by its label, if given."""
        raise NotImplementedError

    def photos(self, event: str | None = None) -> tuple[Summary, ...]:
        """Every photo in the ledger, whatever became of it, oldest first; of one event if given."""
        raise NotImplementedError

    def photo(self, photo_id: str) -> PhotoView:
        """Everything about one photo; of a sealed one, only that it exists."""
        raise NotImplementedError

    def picture(self, photo_id: str, view: View, longest_side: int) -> bytes:
        """A JPEG for the screen, in memory only.

        PUBLISHED is the copy's own bytes, whatever `longest_side` is. BEFORE is made from the original, at most
        `longest_side` pixels long and wide, and never larger than it. Of a cropped photo it is the whole original.

        Raises SafetyRefusal for a sealed photo, UsageError if there is no copy, or the original is gone or not kept
        here, ChangedSince if the copy is not the one that this program made.
        """
        raise NotImplementedError

    def candidates(self, photo_id: str) -> tuple[Candidate, ...]:
        """Everybody in the register as a choice for a face: the event's group first, each part by surname."""
        raise NotImplementedError

    # --- rule ------------------------------------------------------------------------------------------------

    def rule(self, photo_id: str, acts: Sequence[Act], *, by: str, seen: str) -> PhotoView:
        """From now on `acts`, the whole list, is what people say about the photo; it is processed again.

        The ruling is written down before anything else happens, so that a crash loses nothing. The new copy waits for
        a person, even if the photo was released. A released photo is reopened: its copy is taken out of the outbox,
        and the photo comes back under a new id, with the places where the old copy has to be taken down.

        An act that a rule forbids is not done, and its `Ruled.why_not` says why. Raises UsageError if a box lies
        outside the photo or a crop is too small, or if the original is not kept here; SafetyRefusal if the photo was
        sealed by what the program saw now.
        """
        raise NotImplementedError

    def reopen(self, photo_id: str, *, by: str) -> PhotoView:
        """Let a released or rejected photo wait again, with the rulings that it had; as `rule` otherwise."""
        raise NotImplementedError

    # --- decide ----------------------------------------------------------------------------------------------

    def approve(self, photo_id: str, *, by: str, seen: str) -> PhotoView:
        """Release the copy that was on the screen.

        Raises SafetyRefusal if it may not be released: it is not the copy that was made, consents have changed (it is
        then processed again), a hold.
        """
        raise NotImplementedError

    def reject(self, photo_id: str, *, by: str) -> PhotoView:
        """Delete the copy; the original stays archived."""
        raise NotImplementedError

    def refer(self, photo_id: str, *, by: str) -> PhotoView:
        """Seal copy and original for the safeguarding lead; nobody can take this back at the desk."""
        raise NotImplementedError

    def take_back(self, photo_id: str, *, by: str) -> PhotoView:
        """Undo a verdict: the photo waits again.

        An approved copy comes back as it is; UsageError once it has left the outbox or its place was recorded:
        `reopen` it then. A rejected photo is processed again.
        """
        raise NotImplementedError
