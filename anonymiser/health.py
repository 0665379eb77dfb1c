"""The checks of `anonymise doctor`; each says what it looked at, and no more.

Every package is imported where it is needed, because the checks must run even if one of them cannot be imported.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anonymiser.errors import AnonymiserError

if TYPE_CHECKING:
    from anonymiser.workspace import Workspace

_PACKAGES = (
    "numpy", "onnxruntime", "cv2", "PIL", "pillow_heif", "watchdog", "sqlalchemy", "alembic", "argon2", "cryptography",
    "keyring", "pydantic", "openpyxl", "defusedxml", "psutil", "tomlkit", "starlette", "jinja2", "uvicorn",
    "zxingcpp",
)  # fmt: skip
_LEAST_MEMORY_GIB = 3.5
"""A worker may take 1.2 GB for a 24-megapixel photo, in addition to the operating system."""
_LEAST_FREE_GIB = 2.0
_NO_CLOCK_BEFORE = dt.date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the list."""

    check: str
    ok: bool
    detail: str


def check_computer() -> list[Finding]:
    """Python, packages, models, whether networks and decoders work, memory, keyring, long paths, clock."""
    working = [_networks(), _opening(), _memory(), _keyring()]
    return [_python(), *_packages(), *_models(), *working, *_long_paths(), _clock()]


def check_workspace_health(workspace: Workspace) -> list[Finding]:
    """Whether the folders can be written to, how much room there is, and whether the runtime that was chosen works."""
    from anonymiser.intake.preflight import check_workspace  # noqa: PLC0415
    from anonymiser.settings import Runtime  # noqa: PLC0415

    free = shutil.disk_usage(workspace.root).free / 2**30
    findings = [Finding("free disk", free >= _LEAST_FREE_GIB, f"{free:.1f} GiB")]
    if workspace.settings.detection.runtime is not Runtime.ONNXRUNTIME:
        findings.append(_networks(workspace.settings.detection.runtime))
    try:
        check_workspace(workspace)
    except AnonymiserError as error:
        return [Finding("workspace", False, f"{error.message}. {error.remedy}"), *findings]
    return [Finding("workspace", True, "every folder can be written to, all on one drive"), *findings]


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
            with warnings.catch_warnings(action="ignore"):  # argon2 would rather be asked elsewhere
                version = getattr(module, "__version__", "version not told")
            yield Finding(name, True, f"can be imported, {version}")


def _models() -> Iterator[Finding]:
    from anonymiser.weights import verify  # noqa: PLC0415

    try:
        checks = verify()
    except AnonymiserError as error:
        yield Finding("models", False, error.message)
        return
    for check in checks:
        detail = check.refusal.message if check.refusal else "the file that was tested"
        yield Finding(f"model {check.weights.id}", check.refusal is None, detail)


def _networks(runtime: str = "onnxruntime") -> Finding:
    name = "networks" if runtime == "onnxruntime" else f"networks ({runtime})"
    try:
        from anonymiser.canary import check  # noqa: PLC0415
        from anonymiser.settings import Runtime  # noqa: PLC0415
        from anonymiser.stages import load_stages  # noqa: PLC0415

        check(load_stages(Runtime(runtime)))
    except ImportError as error:
        return Finding(name, False, f"not tried, because a package is missing ({error.name})")
    except AnonymiserError as error:
        return Finding(name, False, f"{error.message}. {error.remedy}")
    return Finding(name, True, "each gives the right answers on a test picture")


def _opening() -> Finding:
    name = "opening pictures"
    try:
        from anonymiser.canary import PICTURE  # noqa: PLC0415
        from anonymiser.isolation import IsolatedDecoder  # noqa: PLC0415
        from anonymiser.photo.decode import DecodeLimits  # noqa: PLC0415

        decode = IsolatedDecoder()
        decode(PICTURE.read_bytes(), DecodeLimits())
        confined = decode.start()
        decode.close()
    except ImportError as error:
        return Finding(name, False, f"not tried, because a package is missing ({error.name})")
    except AnonymiserError as error:
        return Finding(name, False, f"{error.message}. {error.remedy}")
    if not confined.opens_nothing:
        detail = "this system does not shut it off from files and network"
    elif not confined.landlock:
        detail = "it can open no file and no connection"
    else:
        detail = f"it can open no file and no connection, and reach no other process (Landlock {confined.landlock})"
    return Finding(name, True, f"in a process of their own; {detail}")


def _memory() -> Finding:
    try:
        import psutil  # noqa: PLC0415
    except ImportError:
        return Finding("memory", False, "cannot be measured without psutil")
    gib = psutil.virtual_memory().total / 2**30
    return Finding("memory", gib >= _LEAST_MEMORY_GIB, f"{gib:.1f} GiB")


def _keyring() -> Finding:
    try:
        import keyring  # noqa: PLC0415 - asks the operating system
        import keyring.backends.fail  # noqa: PLC0415
    except ImportError:
        return Finding("keyring", False, "cannot be looked for")
    backend = keyring.get_keyring()
    if isinstance(backend, keyring.backends.fail.Keyring):
        return Finding("keyring", True, "none here: the key of the register is in a file in the data folder")
    return Finding("keyring", True, f"{type(backend).__module__} (found; whether it keeps a key is not tried)")


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
