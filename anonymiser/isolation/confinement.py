"""Takes away from a process what it does not need, by whatever this system offers for it without administrator rights.

There is no kept package that does this on the Pythons and systems of schools: the bindings of Landlock on PyPI are
development versions, and those of seccomp need a library of the system. The calls are few and their numbers the same on
every architecture of today, so they are made here.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource

MOST_MEMORY_GIB = 4
"""Address space of the process: JPEG, PNG and BMP of 198 megapixels took up to 2.3 GiB, with every pixel kept."""

_NO_NEW_PRIVILEGES, _DUMPABLE = 38, 4
"""PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE (linux/prctl.h)."""
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""Landlock's system calls (linux/landlock.h), the same on every architecture."""
_ASK_VERSION = 1
_CAPABILITY_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3 (linux/capability.h)."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a process can no longer do, as far as the system confirmed it."""

    opens_nothing: bool = False
    """No file, folder, socket or pipe can be opened any more (POSIX: the limit of open files is 0)."""
    landlock: int = 0
    """Version of Landlock that shuts files, TCP, other processes and their memory off; 0 where there is none."""
    memory: bool = False
    """Whether the address space is limited to MOST_MEMORY_GIB."""


def confine() -> Confinement:
    """Take away files, connections, other processes and most memory from the calling process, for ever.

    Everything that is needed later must have been imported and opened before. Raises nothing: what a system does not
    offer is missing in what is returned.
    """
    if sys.platform == "win32":
        return Confinement()
    landlock = _confine_linux() if sys.platform == "linux" else 0
    # As in OpenSSH's sandbox: no number is left that an open file could have.
    _limited(resource.RLIMIT_CORE, 0)
    _limited(resource.RLIMIT_FSIZE, 0)
    opens_nothing = _limited(resource.RLIMIT_NOFILE, 0)
    # macOS takes the limit of memory and does nothing.
    memory = sys.platform == "linux" and _limited(resource.RLIMIT_AS, MOST_MEMORY_GIB * 2**30)
    return Confinement(opens_nothing, landlock, memory)


def _limited(what: int, value: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        resource.setrlimit(what, (value, value))
        return resource.getrlimit(what) == (value, value)
    except (OSError, ValueError):
        return False


def _confine_linux() -> int:
    """Give up capabilities, hide the memory from other processes, and enter a Landlock domain without a rule."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl(_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return 0
    landlock = _enter_landlock(libc)
    # Root could raise limits again; nobody else has capabilities to give up.
    libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24))
    return landlock


def _enter_landlock(libc: ctypes.CDLL) -> int:
    """The version of Landlock that now holds for every thread, or 0."""
    if len(list(Path("/proc/self/task").iterdir())) != 1:  # it holds for the calling thread and those that come
        return 0
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_VERSION)))
    if version < 1:
        return 0
    rules = handled(version)
    ruleset = int(libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), ctypes.c_uint(0)))
    if ruleset < 0:
        return 0
    try:
        return version if libc.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0)) == 0 else 0
    finally:
        os.close(ruleset)


def handled(version: int) -> bytes:
    """Landlock's `struct landlock_ruleset_attr` with every right that this version can deny (linux/landlock.h)."""
    files = (1 << 13) - 1
    for since, right in ((2, 13), (3, 14), (5, 15)):  # moving between folders, truncating, controlling devices
        if version >= since:
            files |= 1 << right
    parts = [files]
    if version >= 4:
        parts.append(0b11)  # binding and connecting TCP
    if version >= 6:
        parts.append(0b11)  # abstract Unix sockets and signals to processes outside
    return struct.pack(f"={len(parts)}Q", *parts)
