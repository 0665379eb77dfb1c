"""Publish school photographs without exposing a child whose family has not agreed.

    import anonymiser

    pixels = anonymiser.redact("photo.jpg")                     # everybody in one picture is obscured

    with anonymiser.School.open(folder) as school:              # a school's workspace
        with school.run() as run:
            for event in run: ...

docs/library.md shows more. Names are imported when they are first used, so that the import itself costs next to
nothing.
"""

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anonymiser.errors import (
        AnonymiserError,
        AuditBroken,
        ChangedSince,
        DiskFullError,
        EnrolmentError,
        ExitCode,
        ImportRefused,
        LedgerDamaged,
        ModelError,
        OversizedPhoto,
        PhotoBusy,
        PhotoError,
        RegisterError,
        SafetyRefusal,
        ServiceError,
        SettingsError,
        Stopped,
        UnreadablePhoto,
        UnsupportedFile,
        UsageError,
        VerificationFailed,
        WorkspaceAway,
        WorkspaceBusy,
        WorkspaceError,
    )
    from anonymiser.school import (
        BiometricsImported,
        Coverage,
        Decided,
        EventOverrides,
        Forgotten,
        Imported,
        Item,
        MappingNeeded,
        Result,
        ReviewQueue,
        Run,
        RunEvent,
        School,
        Shown,
        Status,
        Stop,
        Summary,
        TakenBack,
    )
    from anonymiser.school.picture import redact, redact_file
    from anonymiser.settings import Settings
    from anonymiser.values.consent import STANDARD_PURPOSES, Event, Hold, Medium, Purpose
    from anonymiser.values.decision import FaceDecision, Keep, Obscure
    from anonymiser.values.people import PersonId, Role
    from anonymiser.values.photo import Photo, Pixels
    from anonymiser.values.progress import Progress
    from anonymiser.values.reasons import Code, Reason
    from anonymiser.values.report import (
        Copy,
        Duplicate,
        FaceReport,
        Failed,
        LabelReport,
        Outcome,
        OutcomeKind,
        PhotoReport,
        Refused,
        Released,
        Sealed,
        Waits,
    )

__version__ = "0.1.0"

# ONNX Runtime reports models, times and a number for the computer to its maker unless told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "STANDARD_PURPOSES",
    "AnonymiserError",
    "AuditBroken",
    "BiometricsImported",
    "ChangedSince",
    "Code",
    "Copy",
    "Coverage",
    "Decided",
    "DiskFullError",
    "Duplicate",
    "EnrolmentError",
    "Event",
    "EventOverrides",
    "ExitCode",
    "FaceDecision",
    "FaceReport",
    "Failed",
    "Forgotten",
    "Hold",
    "ImportRefused",
    "Imported",
    "Item",
    "Keep",
    "LabelReport",
    "LedgerDamaged",
    "MappingNeeded",
    "Medium",
    "ModelError",
    "Obscure",
    "Outcome",
    "OutcomeKind",
    "OversizedPhoto",
    "PersonId",
    "Photo",
    "PhotoBusy",
    "PhotoError",
    "PhotoReport",
    "Pixels",
    "Progress",
    "Purpose",
    "Reason",
    "Refused",
    "RegisterError",
    "Released",
    "Result",
    "ReviewQueue",
    "Role",
    "Run",
    "RunEvent",
    "SafetyRefusal",
    "School",
    "Sealed",
    "ServiceError",
    "Settings",
    "SettingsError",
    "Shown",
    "Status",
    "Stop",
    "Stopped",
    "Summary",
    "TakenBack",
    "UnreadablePhoto",
    "UnsupportedFile",
    "UsageError",
    "VerificationFailed",
    "Waits",
    "WorkspaceAway",
    "WorkspaceBusy",
    "WorkspaceError",
    "redact",
    "redact_file",
]  # fmt: skip

_HOMES = (
    "anonymiser.errors", "anonymiser.values.people", "anonymiser.values.progress", "anonymiser.values.reasons",
    "anonymiser.values.photo", "anonymiser.values.decision", "anonymiser.values.consent",
    "anonymiser.values.report", "anonymiser.settings", "anonymiser.school", "anonymiser.school.picture",
)  # fmt: skip
"""Where the public names are, the modules that cost least first."""


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(home)
            if hasattr(module, name):
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
