"""The checks of `anonymise doctor`."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from anonymiser.errors import AnonymiserError, ModelError
from anonymiser.intake.preflight import check_workspace
from anonymiser.workspace import Workspace

_PACKAGES = (
    "numpy", "onnxruntime", "cv2", "PIL", "pillow_heif", "watchdog", "sqlalchemy", "alembic", "cryptography", "keyring",
    "pydantic", "openpyxl", "defusedxml",
)  # fmt: skip
_LEAST_MEMORY_GIB = 3.5
"""A worker may take 1.2 GB for a 24-megapixel photo, beside the operating system."""
_LEAST_FREE_GIB = 2.0
_NO_CLOCK_BEFORE = dt.date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the list."""

    check: str
    ok: bool
    detail: str


def check_computer() -> list[Finding]:
    """Python, packages, models, whether the networks work, memory, keyring, long paths, clock."""
    return [_python(), *_packages(), *_models(), _networks(), _memory(), _keyring(), *_long_paths(), _clock()]


def check_workspace_health(workspace: Workspace) -> list[Finding]:
    """Whether the folders can be written to, and how much room there is."""
    free = shutil.disk_usage(workspace.root).free / 2**30
    disk = Finding("free disk", free >= _LEAST_FREE_GIB, f"{free:.1f} GiB")
    try:
        check_workspace(workspace)
    except AnonymiserError as error:
        return [Finding("workspace", False, f"{error.message}. {error.remedy}"), disk]
    return [Finding("workspace", True, "every folder can be written to"), disk]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", (3, 11) <= sys.version_info[:2] < (3, 14), version)


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            yield Finding(name, False, f"cannot be imported ({error.name or 'a part of it is missing'})")
        else:
            yield Finding(name, True, str(getattr(module, "__version__", "installed")))


def _models() -> Iterator[Finding]:
    from anonymiser.weights import verify  # noqa: PLC0415 - the other checks must run where this one cannot

    for check in verify():
        yield Finding(
            f"model {check.weights.id}", check.refusal is None, check.refusal.message if check.refusal else "ok"
        )


def _networks() -> Finding:
    from anonymiser.canary import check  # noqa: PLC0415 - as above

    try:
        check()
    except ModelError as error:
        return Finding("networks", False, f"{error.message}. {error.remedy}")
    return Finding("networks", True, "each gives the right answers on a test picture")


def _memory() -> Finding:
    total = _memory_bytes()
    if total is None:
        return Finding("memory", True, "unknown")
    return Finding("memory", total / 2**30 >= _LEAST_MEMORY_GIB, f"{total / 2**30:.1f} GiB")


def _memory_bytes() -> int | None:
    if os.name == "nt":  # pragma: no cover - Windows only
        import ctypes  # noqa: PLC0415 - Windows only

        class Status(ctypes.Structure):
            _fields_ = (
                ("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong),
                ("rest", ctypes.c_ulonglong * 6),
            )  # fmt: skip

        status = Status(length=ctypes.sizeof(Status))
        windll = getattr(ctypes, "windll")  # noqa: B009 - the name exists on Windows alone
        return int(status.total) if windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _keyring() -> Finding:
    import keyring  # noqa: PLC0415 - asks the operating system
    import keyring.backends.fail  # noqa: PLC0415

    backend = keyring.get_keyring()
    if isinstance(backend, keyring.backends.fail.Keyring):
        return Finding("keyring", True, "none here: the key of the register lies in a file in the data folder")
    return Finding("keyring", True, type(backend).__module__)


def _long_paths() -> Iterator[Finding]:
    if os.name != "nt":
        return
    import winreg  # noqa: PLC0415  # pragma: no cover - Windows only

    yield _windows_long_paths(winreg)  # pragma: no cover


def _windows_long_paths(winreg: object) -> Finding:  # pragma: no cover - Windows only
    open_key, query, root = (getattr(winreg, name) for name in ("OpenKey", "QueryValueEx", "HKEY_LOCAL_MACHINE"))
    try:
        with open_key(root, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            enabled = bool(query(key, "LongPathsEnabled")[0])
    except OSError:
        enabled = False
    detail = "on" if enabled else "off: keep the workspace near the top of the drive"
    return Finding("long paths", True, detail)


def _clock() -> Finding:
    today = dt.date.today()  # noqa: DTZ011 - the question is what this computer believes
    return Finding("clock", today >= _NO_CLOCK_BEFORE, today.isoformat())
