"""A launchd agent of macOS, for one account; its keys are those of launchd.plist(5)."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

from anonymiser.service.job import Job
from anonymiser.service.manager import Command, Manager, Runner


class Launchd(Manager):
    """`launchctl`."""

    title = "launchd"
    refused = "Log on at the screen as the account itself, and try again."
    log_on_only = "It starts when this account logs on."

    def __init__(self, job: Job, home: Path, runner: Runner) -> None:
        super().__init__(job, runner)
        self._home = home
        self._domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"

    @property
    def file(self) -> Path:
        """`~/Library/LaunchAgents/NAME.plist`."""
        return self._home / "Library" / "LaunchAgents" / f"{self.job.name}.plist"

    def content(self) -> bytes:
        """The agent as an XML property list; strings are taken as they are."""
        return plistlib.dumps(
            {
                "Label": self.job.name,
                "ProgramArguments": list(self.job.command),
                "RunAtLoad": True,
                "KeepAlive": True,
                "ThrottleInterval": 60,
                "ExitTimeOut": self.job.stop_seconds,
                "ProcessType": "Background",
            }
        )

    def shown(self) -> str:
        """The same."""
        return self.content().decode("utf-8")

    def to_install(self) -> tuple[Command, ...]:
        """Load it, which starts it."""
        return (("launchctl", "bootstrap", self._domain, str(self.file)),)

    def to_remove(self) -> tuple[Command, ...]:
        """End it, and forget it."""
        return (("launchctl", "bootout", f"{self._domain}/{self.job.name}"),)

    def install(self) -> None:
        """Set it up; an earlier one is taken down first, because launchd loads no second. Raises ServiceError."""
        if self.is_installed():
            self.remove()
        super().install()

    def is_installed(self) -> bool:
        """Whether launchd has loaded it."""
        return self.is_known() and self._succeeds(("launchctl", "print", f"{self._domain}/{self.job.name}"))
