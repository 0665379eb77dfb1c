"""The term report: figures of a term as a page for governors, written as one file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anonymiser.consent.register import Register
from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import WorkspaceError
from anonymiser.school import term
from anonymiser.school.audit import Audit
from anonymiser.school.figures import TermFigures, read_figures
from anonymiser.school.report_page import every_figure, report_html
from anonymiser.school.term import Period


@dataclass(frozen=True, slots=True)
class Written:
    """The report as it was written."""

    file: Path
    figures: TermFigures

    def as_json(self) -> dict[str, object]:
        """The figures for programs; the keys are a contract."""
        return every_figure(self.figures)


class Reports:
    """Made by `School.reports`."""

    def __init__(self, site: Site, register: Callable[[], Register | None]) -> None:
        self._site = site
        self._register = register

    def period(self, named: str | None = None, first: dt.date | None = None, last: dt.date | None = None) -> Period:
        """The term called `named`, or the days from `first` to `last`; default: the term with today in it.

        A missing `last` is today, a missing `first` the first day of the term with `last` in it. Raises UsageError.
        """
        today = _today()
        if first is not None or last is not None:
            last = last or today
            return term.days(first or term.term_of(last).first, last)
        return term.term_named(named) if named else term.term_of(today)

    def write(self, period: Period, file: Path | None = None) -> Written:
        """The report about a period as `file` (default: report-<term>.html in the workspace's folder).

        Raises AuditBroken if the audit record is not as it was written, WorkspaceError if the file cannot be written.
        """
        figures = read_figures(
            self._site, self._register(), Audit(self._site, self._register).entries(), period, _today()
        )
        place = file or self._site.workspace.root / f"report-{period.name}.html"
        try:
            with files.full_disk_is_said():
                files.write_text(place, report_html(figures))
        except OSError as error:
            raise WorkspaceError(
                f"{place} cannot be written: {files.why(error)}", remedy="Close it, or choose another place."
            ) from error
        return Written(place, figures)


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()
