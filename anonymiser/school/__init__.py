"""The application: one school's workspace, for any front end (a command line, a page, a program)."""

from anonymiser.consent.importing import Coverage
from anonymiser.delivery.quarantine import Quarantine, Quarantined, Restored
from anonymiser.delivery.takedown import Shown
from anonymiser.device_list import DeviceEntry, FolderEntry
from anonymiser.intake.batch import Stop
from anonymiser.intake.claim import Left
from anonymiser.intake.events import EventOverrides
from anonymiser.intake.results import Result, Summary
from anonymiser.ledger.item import Item
from anonymiser.ledger.report_json import reason_to_json
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.school.consents import BiometricsImported, Imported, MappingNeeded
from anonymiser.school.copies import Forgotten, TakenBack
from anonymiser.school.patience import Told, Watching, watching
from anonymiser.school.runs import Run, RunEvent, WorkerFactory
from anonymiser.school.school import School
from anonymiser.school.status import Agreed, LeftFile, RegisterStatus, Status, WatcherStatus, watcher_status
from anonymiser.threads import processors
from anonymiser.values.progress import Progress

__all__ = [
    "Agreed",
    "BiometricsImported",
    "Coverage",
    "Decided",
    "DeviceEntry",
    "EventOverrides",
    "FolderEntry",
    "Forgotten",
    "Imported",
    "Item",
    "Left",
    "LeftFile",
    "MappingNeeded",
    "Progress",
    "Quarantine",
    "Quarantined",
    "RegisterStatus",
    "Restored",
    "Result",
    "ReviewQueue",
    "Run",
    "RunEvent",
    "School",
    "Shown",
    "Status",
    "Stop",
    "Summary",
    "TakenBack",
    "Told",
    "WatcherStatus",
    "Watching",
    "WorkerFactory",
    "processors",
    "reason_to_json",
    "watcher_status",
    "watching",
]
