"""One photo that a run is processing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.delivery.site import Basis
from anonymiser.intake.events import output_stem
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, Origin
from anonymiser.ledger.sources import Look
from anonymiser.values.report import Job, OutcomeKind, PhotoReport, Released

KEPT = (OutcomeKind.RELEASED, OutcomeKind.REVIEW)
"""What comes with a copy."""


@dataclass(frozen=True, slots=True)
class InWork:
    """A row of the ledger, with what else the run knows."""

    item: Item
    relative: str
    """As in Result."""
    source: Path
    settled: PhotoReport | None = None
    """What happens to it without a worker; None for a photo to be processed."""
    sha256: str | None = None
    """Of the source, where this run has read it already."""
    basis: Basis | None = None
    """What the worker was told."""
    look: Look | None = None
    """How the source looked before it was read."""
    staged: str = ""
    """Name of the worker's copy in the work folder."""

    @property
    def key(self) -> tuple[str | None, str, str, str]:
        """Equal for photos of which only the first needs to be processed."""
        event = self.item.event
        return self.item.sha256, event.purpose, event.medium, event.label

    def job(self, folder: Path, basis: Basis) -> Job:
        """What a worker is asked; its copy goes into `folder`."""
        staged = folder / self.staged
        return Job(
            self.item.id, self.source, self.item.sha256 or "", staged, basis.context, basis.rulings, basis.devices
        )

    def decided(self, report: PhotoReport) -> Item:
        """Its row once the report is accepted."""
        made = report.made
        return replace(
            self.item,
            outcome=report.kind,
            report=report,
            output_sha256=made.sha256 if made else None,
            staged=self.staged if made else None,
            context=self.basis.digest if made and self.basis else None,
        )

    def stem(self, report: PhotoReport) -> str | None:
        """The name of a released copy before its number; None for a photo that is not released."""
        if not isinstance(report.outcome, Released):
            return None
        return output_stem(self.item.event, report.taken_on, dt.date.today())  # noqa: DTZ011 - the school's calendar

    def result(self, item: Item, report: PhotoReport, output: str | None = None) -> Result:
        """What to report about it, with its row as it is now; `output` if that is another's copy."""
        moved = item.origin is Origin.INBOX
        return Result(self.relative, item.id, item.sha256, report, item.event.purpose, output or item.output, moved)
