"""`watch` as something that the operating system starts, for an account without administrator rights.

Each system has its own way: a task of the Task Scheduler, a user unit of systemd, a launchd agent. What they share is
in manager.py; each one's file, with its own rules of quoting, in a module of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from anonymiser.errors import ServiceError
from anonymiser.service.job import Job
from anonymiser.service.launchd import Launchd
from anonymiser.service.manager import Command, Manager, Ran, Runner, run_command
from anonymiser.service.systemd import Systemd
from anonymiser.service.task_scheduler import TaskScheduler

__all__ = ["Command", "Job", "Manager", "Ran", "Runner", "manager_for", "run_command"]


def manager_for(
    job: Job,
    *,
    system: str = sys.platform,
    home: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    runner: Runner = run_command,
) -> Manager:
    """What starts programs for an account on this `system` (as in `sys.platform`).

    Raises ServiceError for others, and if nothing says where the account's folders are.
    """
    if system == "win32":
        return TaskScheduler(job, account=_account(environment), runner=runner)
    if system == "darwin":
        return Launchd(job, home or _home(), runner=runner)
    if system == "linux":
        configured = Path(environment.get("XDG_CONFIG_HOME", ""))
        folder = configured if configured.is_absolute() else (home or _home()) / ".config"
        return Systemd(job, folder, runner=runner)
    raise ServiceError(
        f"there is no service for this system ({system})",
        remedy="Let the system start this at log-on: anonymise watch --workspace DIR",
    )


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ServiceError(
            "this system does not say where the account's home folder is",
            remedy="Log on as the account itself, or set HOME to its folder, and try again.",
        ) from None


def _account(environment: Mapping[str, str]) -> str:
    """The account as the Task Scheduler names it: domain or computer, and user. Raises ServiceError."""
    user, domain = environment.get("USERNAME", ""), environment.get("USERDOMAIN", "")
    if not user:
        raise ServiceError(
            "Windows does not say which account this is (USERNAME is not set)",
            remedy="Open a new command prompt as the account that shall watch, and try again.",
        )
    return f"{domain}\\{user}" if domain else user
