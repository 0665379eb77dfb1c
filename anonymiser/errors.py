"""Every error that anonymiser raises on purpose, and the exit codes they map to.

AnonymiserError                     what went wrong, and the remedy
├── UsageError                      what was asked for is impossible                    (2)
│   └── ChangedSince                it is no longer what was on the screen
├── WorkspaceError                  a folder or setting is missing, wrong or unwritable (3)
│   ├── SettingsError               anonymiser.toml or devices.toml cannot be used
│   ├── WorkspaceBusy               another anonymise works there at this moment
│   ├── WorkspaceAway               its disk or share cannot be reached at this moment
│   ├── LedgerDamaged               the file that says what became of each photo is damaged
│   └── DiskFullError               no room to finish a photo
├── ServiceError                    the system does not start `watch` by itself         (3)
├── ModelError                      a network is missing, altered or broken             (3)
├── RegisterError                   the consent register cannot be read or changed      (3)
│   └── ImportRefused               a consent file is not safe to import
├── SafetyRefusal                   going on could publish what must not be published   (5)
│   ├── VerificationFailed          a written copy holds more than pixels
│   └── AuditBroken                 the audit record is not as it was written
├── EnrolmentError                  a person cannot be enrolled                         (4)
├── Stopped                         somebody asked for an early end                     (130)
└── PhotoError                      this one file cannot be processed; the batch goes on
    ├── PhotoBusy                   another program has one of its files open
    ├── UnreadablePhoto             damaged, empty, or not a picture
    ├── UnsupportedFile             a kind of file that is never processed (video, RAW, ...)
    └── OversizedPhoto              larger than this computer can decode safely
"""

from __future__ import annotations

import enum


@enum.unique
class ExitCode(enum.IntEnum):
    """What the process tells its caller; documented in docs/exit-codes.md."""

    DONE = 0
    """Everything asked for was done; photos waiting for review are a normal outcome."""
    INTERNAL = 1
    """A defect in anonymiser itself."""
    USAGE = 2
    """The command line was wrong."""
    WORKSPACE = 3
    """The workspace, its settings or a model file is missing or unusable, or the system refused a service."""
    INCOMPLETE = 4
    """Some photos failed or were quarantined; the rest were processed."""
    REFUSED = 5
    """Refused for safety: the gate is closed, consents are too old, or a check failed."""
    REVIEW_WAITING = 6
    """With --strict: everything worked, but some photos wait for a person."""
    INTERRUPTED = 130
    """Stopped by Ctrl+C or a signal; start again to continue."""


class AnonymiserError(Exception):
    """Base of the tree above.

    `message` says what is wrong, `remedy` what the reader can do about it. Neither may hold a pupil's
    name, an embedding or pixels: both reach logs and terminals.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the remedy when a worker process passes the error back."""
        return _rebuild, (type(self), self.message, self.remedy)


def _rebuild(cls: type[AnonymiserError], message: str, remedy: str) -> AnonymiserError:
    return cls(message, remedy=remedy)


class UsageError(AnonymiserError):
    """What was asked for, on the command line or by a caller, is impossible."""

    exit_code = ExitCode.USAGE


class ChangedSince(UsageError):
    """The photo, or its copy, is no longer the one that the person looked at; nothing was done."""


class WorkspaceError(AnonymiserError):
    """A folder or setting is missing, wrong or unwritable."""

    exit_code = ExitCode.WORKSPACE


class SettingsError(WorkspaceError):
    """anonymiser.toml or devices.toml cannot be used."""


class WorkspaceBusy(WorkspaceError):
    """Another program works there at this moment."""


class WorkspaceAway(WorkspaceError):
    """Its disk or share cannot be reached at this moment, and may come back."""


class LedgerDamaged(WorkspaceError):
    """The file that says what became of each photo is damaged."""


class DiskFullError(WorkspaceError):
    """No room to finish a photo."""


class ServiceError(AnonymiserError):
    """The operating system could not be told to start `watch` by itself, or to stop doing so; nothing was changed."""

    exit_code = ExitCode.WORKSPACE


class ModelError(AnonymiserError):
    """A network is missing, altered or broken; no photo can be judged, so the whole run ends."""

    exit_code = ExitCode.WORKSPACE


class RegisterError(AnonymiserError):
    """The consent register cannot be read or changed."""

    exit_code = ExitCode.WORKSPACE


class ImportRefused(RegisterError):
    """A consent file is not safe to import."""

    exit_code = ExitCode.REFUSED


class SafetyRefusal(AnonymiserError):
    """Going on could publish what must not be published."""

    exit_code = ExitCode.REFUSED


class VerificationFailed(SafetyRefusal):
    """A written copy holds more than pixels."""


class AuditBroken(SafetyRefusal):
    """The audit record is not as it was written, or does not agree with the ledger."""


class EnrolmentError(AnonymiserError):
    """A person cannot be enrolled from the photos given."""

    exit_code = ExitCode.INCOMPLETE


class Stopped(AnonymiserError):
    """Somebody asked a long operation to end early, and it has kept nothing."""

    exit_code = ExitCode.INTERRUPTED


class PhotoError(AnonymiserError):
    """This one file cannot be processed; the batch goes on."""

    exit_code = ExitCode.INCOMPLETE


class PhotoBusy(PhotoError):
    """Another program has one of its files open; whatever was decided is finished later."""


class UnreadablePhoto(PhotoError):
    """Damaged, empty, or not a picture."""


class UnsupportedFile(PhotoError):
    """A kind of file that is never processed: video, RAW, PDF, archive."""


class OversizedPhoto(PhotoError):
    """Larger than this computer can decode safely."""
