"""Runs the demo as a user does, with every way to the network closed, and keeps what it said.

    python tests/demo_run.py FOLDER

leaves the demo in FOLDER/school and what it said in FOLDER/said.json; the tests of the demo take it from there if
ANONYMISER_TEST_DEMO names the folder. So the demo that is tested can be one of an installation without any test in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_NO_NETWORK = """
import socket

def refused(self, address, *_):
    if self.family in (socket.AF_INET, getattr(socket, "AF_INET6", None)):
        open(r"{log}", "a").write(repr(address) + "\\n")
        raise OSError("no network in this test")
    return connect(self, address)

connect = socket.socket.connect
socket.socket.connect = socket.socket.connect_ex = refused

def unresolved(*name):
    open(r"{log}", "a").write(repr(name) + "\\n")
    raise OSError("no network in this test")

socket.getaddrinfo = socket.gethostbyname = unresolved
"""
"""Put in front of every process of the run, workers included, as sitecustomize."""


@dataclass(frozen=True)
class Said:
    """What a process printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def network_log(folder: Path) -> Path:
    """Where each attempt to reach the network is written; not there if there was none."""
    return folder / "network.log"


def run(folder: Path, places: list[str] | None = None) -> Said:
    """The demo in `folder`/school, with `places` to import from before those that the interpreter has."""
    (folder / "block").mkdir()
    (folder / "block" / "sitecustomize.py").write_text(_NO_NETWORK.format(log=network_log(folder)), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder / "block"), *(places or [])]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "COLUMNS": "200",
    }
    command = [sys.executable, "-c", "from anonymiser.cli import main; main()", "demo", str(folder / "school")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def earlier(folder: Path) -> Said:
    """What the run that is kept in `folder` said."""
    return Said(**json.loads((folder / "said.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    kept = Path(sys.argv[1]).absolute()
    kept.mkdir()
    said = run(kept)
    (kept / "said.json").write_text(json.dumps(asdict(said)), encoding="utf-8")
    sys.stderr.write(said.stderr)
    sys.exit(said.returncode)
