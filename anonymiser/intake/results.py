"""What a run reports about each photo, and about itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from anonymiser.intake.claim import Left
from anonymiser.ledger.report_json import face_to_json, label_to_json, reason_to_json
from anonymiser.values.consent import Purpose
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind, PhotoReport
from anonymiser.wording import say, say_all, say_repeated

_REPEATED = (Code.ALREADY_PROCESSED, Code.SAME_PICTURE)


@dataclass(frozen=True, slots=True)
class Result:
    """One input's terminal state, as in the JSON line."""

    relative: str = field(repr=False)
    """The input's path in its folder, with forward slashes; shown to the person who put it there, never stored."""
    item: str
    """Its id in the ledger; empty for a file that could not be taken and stays where it is."""
    sha256: str | None
    report: PhotoReport
    """Its outcome is the terminal state."""
    purpose: Purpose
    """What the copy is for; a photo meant for several purposes has a result for each."""
    output: str | None = None
    """Where the copy is, relative to the workspace."""
    moved: bool = False
    """Whether the file was taken out of the inbox."""

    @property
    def is_folder(self) -> bool:
        """Whether it is about a folder whose photos stay where they are, and not about a photo."""
        return any(reason.code is Code.UNUSABLE_EVENT for reason in self.report.reasons)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Why the outcome is what it is, in plain English; of a duplicate, where the first copy went."""
        return tuple(
            say_repeated(str(reason.values["item"]), self.output, moved=self.moved)
            if reason.code in _REPEATED
            else say(reason)
            for reason in self.report.reasons
        )

    def to_json(self) -> dict[str, Any]:
        """The line that `--json` prints; the keys are a contract."""
        report = self.report
        width, height = report.shown.source_wh if report.shown else (None, None)
        output_width, output_height = report.shown.output_wh if report.shown else (None, None)
        reasons = report.reasons + report.notices
        return {
            "input": self.relative.encode("utf-8", "replace").decode(),
            "item": self.item or None,
            "sha256": self.sha256,
            "purpose": self.purpose,
            "outcome": report.kind,
            "output": self.output,
            "reasons": [*self.sentences, *say_all(report.notices)],
            "reason_codes": [reason_to_json(reason) for reason in reasons],
            "faces": [face_to_json(face) for face in report.faces],
            "labels": [label_to_json(label) for label in report.labels],
            "device_evidence": report.device_evidence,
            "width": width,
            "height": height,
            "output_width": output_width,
            "output_height": output_height,
            "seconds": dict(report.seconds),
        }


@dataclass(slots=True)
class Summary:
    """Counts of one run; the results themselves are not kept."""

    counts: Counter[OutcomeKind] = field(default_factory=Counter)
    left: Counter[Left] = field(default_factory=Counter)
    """Files that were left where they are, by why."""
    held_folders: int = 0
    """Folders whose photos stay where they are, because their event cannot be used."""
    generalised: list[str] = field(default_factory=list, repr=False)
    """What became no label because it may tell of somebody: a folder, an event.toml, or "--event"."""
    seconds: float = 0.0

    def count(self, result: Result) -> None:
        """A result has come."""
        if result.is_folder:
            self.held_folders += 1
        else:
            self.counts[result.report.kind] += 1

    @property
    def photos(self) -> int:
        """Inputs that have reached a terminal state."""
        return self.counts.total()

    @property
    def ignored(self) -> int:
        """Files of operating systems and sync clients."""
        return self.left[Left.SYSTEM]

    def to_json(self) -> dict[str, int | float]:
        """The counts by outcome, what was left where it is, the time and the rate."""
        return {
            "photos": self.photos,
            **{str(outcome): self.counts[outcome] for outcome in OutcomeKind},
            "held_folders": self.held_folders,
            "general_labels": len(self.generalised),
            "ignored": self.ignored,
            **{str(kind): self.left[kind] for kind in Left if kind is not Left.SYSTEM},
            "seconds": round(self.seconds, 3),
            "photos_per_second": round(self.photos / self.seconds, 3) if self.seconds else 0.0,
        }
