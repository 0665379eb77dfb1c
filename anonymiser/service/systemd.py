"""A user unit of systemd; what each line does is in systemd.service(5) and systemd.exec(5)."""

from __future__ import annotations

import re
from pathlib import Path

from anonymiser.errors import ServiceError
from anonymiser.service.job import Job
from anonymiser.service.manager import Command, Manager, Runner

_UNIT = """\
# Written by "anonymise service install".
[Unit]
Description=anonymiser: photos as they arrive ({name})

[Service]
ExecStart=:{command}
Restart=on-failure
RestartSec=60
SuccessExitStatus=130
KillMode=mixed
TimeoutStopSec={stop_seconds}
OOMPolicy=continue
Nice=5
StandardOutput=null
StandardError=null
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""
# 130 is what `watch` ends with when it is asked to (docs/exit-codes.md). Only it is asked (mixed): workers follow it. A
# worker that takes too much memory ends alone (OOMPolicy), and its photo is tried again. Nothing goes into the journal:
# messages name files, and staff may have named those after children. The restrictions are those that need neither root
# nor user namespaces, which some distributions forbid. AF_INET is for a register on a server.


class Systemd(Manager):
    """`systemctl --user`."""

    title = "systemd"
    refused = "Log on as the account itself, not by su or sudo, and try again."
    log_on_only = "It starts when this account logs on. To start it with the computer, run once: loginctl enable-linger"

    def __init__(self, job: Job, config: Path, runner: Runner) -> None:
        """`config` is the account's folder for configuration, usually ~/.config."""
        super().__init__(job, runner)
        self._unit = f"{job.name}.service"
        self._config = config

    @property
    def file(self) -> Path:
        """`~/.config/systemd/user/NAME.service`."""
        return self._config / "systemd" / "user" / self._unit

    def content(self) -> bytes:
        """The unit, in UTF-8."""
        return self.shown().encode("utf-8")

    def shown(self) -> str:
        """The unit. Raises ServiceError if systemd would refuse the program's path."""
        if re.search(r"[\x00-\x1f\x7f\"'\\]", self.job.program):
            raise ServiceError(
                f"systemd starts no program whose path has quotes or backslashes: {self.job.program!r}",
                remedy="Install anonymiser in another folder, and try again.",
            )
        command = " ".join(quoted(part) for part in self.job.command)
        return _UNIT.format(name=self.job.name, command=command, stop_seconds=self.job.stop_seconds)

    def to_install(self) -> tuple[Command, ...]:
        """Read the unit, enable it, and start it."""
        return (
            ("systemctl", "--user", "daemon-reload"),
            ("systemctl", "--user", "enable", "--now", self._unit),
        )

    def to_refresh(self) -> tuple[Command, ...]:
        """End one that runs by the earlier unit, and start it by the new one."""
        return (("systemctl", "--user", "restart", self._unit),)

    def to_remove(self) -> tuple[Command, ...]:
        """Stop it, which may take as long as a photo, and forget it."""
        return (
            ("systemctl", "--user", "disable", "--now", self._unit),
            ("systemctl", "--user", "daemon-reload"),
        )

    def is_installed(self) -> bool:
        """Whether the unit is there and enabled."""
        return self.is_known() and self._succeeds(("systemctl", "--user", "is-enabled", self._unit))


def quoted(part: str) -> str:
    r"""One part of a command line: in quotes, with C's escapes, and % doubled because systemd has specifiers.

    A $ stays as it is: the ":" before the command says that there are no variables in it (systemd.service(5), "Command
    lines", since version 244).
    """
    escaped = "".join(
        f"\\x{ord(letter):02x}" if letter < " " or letter == "\x7f" else "\\" + letter if letter in '"\\' else letter
        for letter in part
    )
    return '"' + escaped.replace("%", "%%") + '"'
