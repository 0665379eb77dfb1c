"""Opening a workspace, letting go of it, and the checks without which nothing else is done."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import SQLAlchemyError

from anonymiser import __version__
from anonymiser.consent.contexts import NoRegister, WorkspaceContexts
from anonymiser.consent.register import Register, local_today
from anonymiser.delivery.site import Site, open_site
from anonymiser.errors import AnonymiserError, ImportRefused, SafetyRefusal
from anonymiser.intake.preflight import check_folders
from anonymiser.school import records
from anonymiser.school.new import new_workspace, settings_text
from anonymiser.school.runs import WorkerFactory
from anonymiser.settings import Settings
from anonymiser.workers.product import pipeline_setup
from anonymiser.workspace import Workspace

if TYPE_CHECKING:
    from anonymiser.school.devices import Devices
    from anonymiser.school.report import Reports


class OpenWorkspace:
    """What `School` has of its folder: register and ledger, opened when they are first asked for, and let go of.

    Also what rests on them alone: the list of devices, and reports.
    """

    def __init__(
        self, workspace: Workspace, *, with_register: bool = True, workers: WorkerFactory | None = None
    ) -> None:
        self.workspace = workspace
        self._with_register = with_register
        self._workers = workers or pipeline_setup
        self._open = ExitStack()
        self._contexts = self._open.enter_context(WorkspaceContexts(workspace)) if with_register else NoRegister()

    @classmethod
    def create(cls, root: Path, settings: Settings | None = None, *, workers: WorkerFactory | None = None) -> Self:
        """A new workspace in `root`, or the one that already exists there.

        `settings` are written into a new anonymiser.toml. Raises UsageError if `root` holds other things.
        """
        return cls(new_workspace(root, settings), workers=workers)

    @classmethod
    def open(cls, root: Path | None = None, *, workers: WorkerFactory | None = None) -> Self:
        """An existing workspace; default: that of $ANONYMISER_WORKSPACE, else the current folder.

        Raises UsageError if nothing names one, WorkspaceError or SettingsError where it cannot be used.
        """
        return cls(Workspace.open(Workspace.locate(root)), workers=workers)

    @classmethod
    def without_register(cls, output: Path, *, photos: Path, workers: WorkerFactory | None = None) -> Self:
        """A place for copies of the folder `photos`, in which nobody has agreed to anything: every face is obscured.

        Raises UsageError if the folders lie inside each other; then nothing was made.
        """
        check_folders(photos, output, own_inbox=None)
        return cls(Workspace.create(output, settings_text()), with_register=False, workers=workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every file; what was done to the register since is in the audit record then."""
        try:
            if "_site" in self.__dict__ and self.workspace.ledger_file.exists():
                # Whoever opens the workspace next takes up what fails here.
                with contextlib.suppress(AnonymiserError, SQLAlchemyError):
                    self._site.note_changes()
        finally:
            self._open.close()

    @property
    def settings(self) -> Settings:
        """What anonymiser.toml says."""
        return self.workspace.settings

    @property
    def has_register(self) -> bool:
        """Whether there is a register; `School.register` makes one."""
        return self._known_register() is not None

    @property
    def devices(self) -> Devices:
        """The list of devices and folders that the school has approved."""
        from anonymiser.school.devices import Devices  # noqa: PLC0415 - decodes photos

        return Devices(self._site)

    @property
    def reports(self) -> Reports:
        """A term in figures, as a page for governors."""
        from anonymiser.school.report import Reports  # noqa: PLC0415 - templates

        return Reports(self._site, self._known_register)

    @functools.cached_property
    def _site(self) -> Site:
        records.require_ledger(self.workspace)
        site = self._open.enter_context(open_site(self.workspace, self._contexts, __version__))
        records.require_register(site)
        return site

    @contextlib.contextmanager
    def _refusals(self, what: str, *, once_a_day: bool = False) -> Iterator[None]:
        """Whatever is refused in this block goes into the audit record, by its kind: a message may name a file.

        `once_a_day` is for what a system starts again every minute, for as long as it is refused.
        """
        try:
            yield
        except (SafetyRefusal, ImportRefused) as refusal:
            ledger, why = self._site.ledger, type(refusal).__name__
            today = {"day": local_today().isoformat(), "why": why}
            if not once_a_day or ledger.recall(f"refused-{what}") != today:
                ledger.note_refusal(what, why)
                ledger.remember(f"refused-{what}", today)
            raise

    def _require_clock(self) -> None:
        records.require_clock(self._site, self._known_register())

    def _known_register(self) -> Register | None:
        records.require_register(self._site)
        return self._contexts.register() if isinstance(self._contexts, WorkspaceContexts) else None

    def confirm_clock(self) -> None:
        """Say that today's date is right although records bear later ones: the clock was wrong when they were made."""
        records.confirm_clock(self._site, self._known_register())
