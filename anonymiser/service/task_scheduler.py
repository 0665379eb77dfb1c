"""A task of the Windows Task Scheduler, which needs no administrator's rights.

Its XML is that of MS-TSCH 2.5, version 1.2 (Windows 7 and later). An account without such rights may register a task
that runs as itself while it is logged on, with a log-on trigger for itself alone (MS-TSCH 3.2.5.4.2).
"""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from xml.sax.saxutils import escape

from anonymiser.delivery import files
from anonymiser.errors import ServiceError
from anonymiser.locks import is_working
from anonymiser.service.job import Job
from anonymiser.service.manager import Command, Manager, Runner

_TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>anonymiser: photos as they arrive. Written by "anonymise service install".</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{account}</UserId>
    </LogonTrigger>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
      <Repetition>
        <Interval>PT5M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{account}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>10</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
# The Task Scheduler does not take every exit code for a failure. So a second trigger starts the task every five
# minutes, which does nothing while it runs (IgnoreNew). PT0S: no limit of time.
_LOOK_SECONDS = 1.0
_REPLACED = re.compile(r"%[^%]+%|\$\(")
"""What Windows may replace by a variable's value in program and arguments. There is no way to write it otherwise."""


class TaskScheduler(Manager):
    """`schtasks`."""

    title = "the Task Scheduler"
    refused = (
        "Put a shortcut into the Startup folder instead (Win+R, shell:startup), to: anonymise watch --workspace DIR"
    )
    log_on_only = "It starts when this account logs on, and is started again within five minutes if it ends."

    def __init__(self, job: Job, account: str, runner: Runner) -> None:
        """`account` is the one that logs on: its domain or computer, a backslash, and its name."""
        super().__init__(job, runner)
        self._account = account

    @property
    def file(self) -> Path:
        """In the workspace; only `schtasks` needs it, and only for a moment."""
        return self.job.data / f"{self.job.name}.xml"

    def content(self) -> bytes:
        """The task in UTF-16 with a byte order mark, as `schtasks` wants it."""
        return b"\xff\xfe" + self.shown().replace("\n", "\r\n").encode("utf-16-le")

    def shown(self) -> str:
        """The task. Raises ServiceError if Windows would replace a part of a path."""
        arguments = subprocess.list2cmdline(self.job.arguments)
        for text in (self.job.program, arguments):
            if _REPLACED.search(text) or re.search(r"[\x00-\x1f\x7f]", text):
                raise ServiceError(
                    "Windows would read a part of a path as a variable, or cannot write it, in: " + text,
                    remedy="Rename the folder, so that its path has at most one % and no $(, and try again.",
                )
        return _TASK.format(
            account=escape(self._account), program=escape(self.job.program), arguments=escape(arguments)
        )

    def to_install(self) -> tuple[Command, ...]:
        """Register it in place of an earlier one, and start it."""
        return (
            ("schtasks", "/Create", "/TN", self.job.name, "/XML", str(self.file), "/F"),
            ("schtasks", "/Run", "/TN", self.job.name),
        )

    def to_remove(self) -> tuple[Command, ...]:
        """Forget it; a `watch` that runs goes on until it is asked to stop."""
        return (("schtasks", "/Delete", "/TN", self.job.name, "/F"),)

    def is_known(self) -> bool:
        """Whether the Task Scheduler has it."""
        return self.is_installed()

    def is_installed(self) -> bool:
        """Whether the Task Scheduler has it."""
        return self._succeeds(("schtasks", "/Query", "/TN", self.job.name))

    def install(self) -> None:
        """Set it up, and delete the file, which nobody needs any more. Raises ServiceError."""
        super().install()
        self._put_back(None)

    def remove(self) -> bool:
        """Take it down, and ask the `watch` that runs to end. Raises ServiceError if it does not, in time."""
        if not super().remove():
            return False
        try:
            self._stop()
        except OSError as error:
            raise ServiceError(
                f"the task is gone, but its watch cannot be asked to stop: {error.strerror}",
                remedy="End pythonw.exe in the Task Manager; the next start finishes what was begun.",
            ) from error
        return True

    def _stop(self) -> None:
        until = time.monotonic() + self.job.stop_seconds
        while is_working(self.job.data):
            if time.monotonic() > until:
                files.unlink(self.job.stop_file)
                raise ServiceError(
                    "the task is gone, but a watch or batch still works in this workspace",
                    remedy="Wait until it has finished its photos, or end it with Ctrl+C in its own window.",
                )
            files.write_text(self.job.stop_file, "")
            time.sleep(_LOOK_SECONDS)
        files.unlink(self.job.stop_file)
