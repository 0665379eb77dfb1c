"""One school's folder tree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from anonymiser.errors import UsageError, WorkspaceError
from anonymiser.settings import FILE_NAME, Settings

ENVIRONMENT_VARIABLE = "ANONYMISER_WORKSPACE"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Names every folder of a workspace; nothing else in the program spells out a folder's name."""

    root: Path
    settings: Settings

    @property
    def inbox(self) -> Path:
        """Where staff drop photos; a sub-folder is an event."""
        return self.root / "inbox"

    @property
    def outbox(self) -> Path:
        """Finished copies, a folder for each purpose."""
        return self.root / "outbox"

    @property
    def review(self) -> Path:
        """Copies that wait for a person, each with a plain-English `.txt`."""
        return self.root / "review"

    @property
    def approve(self) -> Path:
        """A photo moved here is released."""
        return self.review / "approve"

    @property
    def reject(self) -> Path:
        """A photo moved here is not used."""
        return self.review / "reject"

    @property
    def quarantine(self) -> Path:
        """Files that could not be processed, each with a plain-English `.txt`."""
        return self.root / "quarantine"

    @property
    def sealed(self) -> Path:
        """For the safeguarding lead alone; files stay unchanged."""
        return self.root / "sealed"

    @property
    def originals(self) -> Path:
        """Sources of everything that was processed."""
        return self.root / "originals"

    @property
    def data(self) -> Path:
        """Register, ledger, key material."""
        return self.root / "data"

    @property
    def work(self) -> Path:
        """Photos being processed; empty when nothing runs."""
        return self.data / "work"

    @property
    def ledger_file(self) -> Path:
        """SQLite database with one row per file ever received."""
        return self.data / "ledger.sqlite3"

    @property
    def register_file(self) -> Path:
        """SQLite database of people, consents and encrypted templates."""
        return self.data / "register.sqlite3"

    @property
    def key_file(self) -> Path:
        """Workspace key, if no operating-system keyring can hold it."""
        return self.data / "workspace.key"

    @property
    def staff_file(self) -> Path:
        """Names, roles and password hashes of the people who work with the program, where the school keeps a list."""
        return self.data / "staff.json"

    @property
    def stop_file(self) -> Path:
        """If it is there, `watch` removes it, finishes the photos that it is working on, and ends."""
        return self.data / "stop"

    @property
    def hold_file(self) -> Path:
        """If it is there, nothing is deleted because its time is over."""
        return self.root / "legal-hold.txt"

    @property
    def devices_file(self) -> Path:
        """The school's list of devices; while there is none, no devices are checked."""
        return self.root / "devices.toml"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that must exist."""
        return (
            self.inbox, self.outbox, self.review, self.approve, self.reject, self.quarantine,
            self.sealed, self.originals, self.data, self.work,
        )  # fmt: skip

    @staticmethod
    def create(root: Path, settings_text: str = "") -> Workspace:
        """Make the folders and, if there is none, the settings file; safe to call again.

        Raises WorkspaceError if the folder cannot be written to.
        """
        settings_file = root / FILE_NAME
        try:
            root.mkdir(parents=True, exist_ok=True)
            if not settings_file.exists():
                settings_file.write_text(settings_text, encoding="utf-8")
            workspace = Workspace(root.resolve(), Settings.load(settings_file))
            for folder in workspace.folders:
                folder.mkdir(parents=True, exist_ok=True)
            for private in (workspace.sealed, workspace.originals, workspace.data):
                _restrict(private)
        except OSError as error:
            raise WorkspaceError(
                f"cannot write to {root}: {error.strerror}",
                remedy="Choose a folder that your account may write to, or ask your network manager for access.",
            ) from error
        return workspace

    @staticmethod
    def open(root: Path) -> Workspace:
        """An existing workspace.

        Raises WorkspaceError or SettingsError with the remedy.
        """
        workspace = Workspace(root.resolve(), Settings.load(root / FILE_NAME))
        try:
            missing = [folder for folder in workspace.folders if not folder.is_dir()]
        except OSError as error:
            raise WorkspaceError(
                f"cannot read the folders in {root}: {error.strerror}",
                remedy="Give your account the right to read and write in the workspace's folders.",
            ) from error
        for folder in missing:
            if folder.is_symlink() or folder.exists():
                raise WorkspaceError(f"{folder} is not a folder", remedy="Move it away and start again.")
        return Workspace.create(root) if missing else workspace

    @staticmethod
    def locate(given: Path | None) -> Path:
        """The workspace that the user means: `given`, else the environment, else the current folder.

        Raises UsageError if none of them names one.
        """
        if given is not None:
            return given
        if from_environment := os.environ.get(ENVIRONMENT_VARIABLE):
            return Path(from_environment)
        if Path(FILE_NAME).is_file():
            return Path.cwd()
        raise UsageError(
            "no workspace was given",
            remedy=f"Use --workspace DIR, set {ENVIRONMENT_VARIABLE}, or change to the folder with {FILE_NAME}.",
        )


def _restrict(folder: Path) -> None:
    """Owner-only if the file system has modes; on Windows the parent's access list is inherited."""
    if os.name == "posix":
        folder.chmod(0o700)
