"""An import that is killed leaves the old register or the new one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.register import Register
from anonymiser.values.consent import Event
from anonymiser.workspace import Workspace

PEOPLE = 400
RUNS = int(os.environ.get("ANONYMISER_KILL_RUNS", "8"))
"""Kills; raise it through the environment for a long run."""
IMPORT = """
import sys
from pathlib import Path
import keyring
from keyring.backends.fail import Keyring
keyring.set_keyring(Keyring())
from anonymiser.consent.csv_import import parse_file
from anonymiser.values.consent import STANDARD_PURPOSES
from anonymiser.consent.register import Register
from anonymiser.workspace import Workspace
with Register.open(Workspace.open(Path(sys.argv[1]))) as register:
    parsed = parse_file(Path(sys.argv[2]), None, STANDARD_PURPOSES)
    for _ in sys.stdin:
        print("begun", flush=True)
        register.import_consents(parsed, accept_new_yes=True, accept_turned=True)
        print("done", flush=True)
"""


def consents(answer: str) -> str:
    rows = "".join(f"g{i:03d},N{i}x,S{i}x,3A,{answer},{answer},{answer}\n" for i in range(PEOPLE))
    return "person_id,forename,surname,class,website,press,display\n" + rows


def test_a_killed_import_leaves_the_old_or_the_new_register(
    workspace: Workspace,
    register: Register,
    load: Callable[..., ImportReport],
    website: Event,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Wherever the kill strikes, either everybody has the old answer or everybody has the new one."""
    load(consents("granted"))
    newer = tmp_path / "newer.csv"
    granted, version = True, register.version
    rng = random.Random(7)  # noqa: S311 - moments to kill at, not keys
    longest, inside = 0.0, 0
    for run in range(RUNS + 1):
        newer.write_text(
            consents("refused" if granted else "granted") + f"x{rng.random()},N,S,3A,,,\n".replace(".", "")
        )
        with subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(workspace.root), str(newer)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == b"begun"
            if run == 0:
                started = time.monotonic()
                assert process.stdout.readline().strip() == b"done"
                longest = time.monotonic() - started
            else:
                time.sleep(rng.uniform(0, longest))
            process.kill()
            inside += run > 0 and b"done" not in process.stdout.read()
        snapshot = register.snapshot(website)
        assert len(snapshot.granted) in {0, PEOPLE}
        assert (snapshot.version > version) == ((len(snapshot.granted) > 0) != granted)
        granted, version = len(snapshot.granted) > 0, snapshot.version
    record_testsuite_property("kills", RUNS)
    record_testsuite_property("kills inside the import", inside)
    assert inside > 0


def test_a_failing_import_leaves_nothing(
    register: Register,
    load: Callable[..., ImportReport],
    read: Callable[..., ParsedFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect after half of the rows have been written undoes them."""
    load(consents("granted"))
    before = register.version

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("anonymiser.consent.importing._Import._write_holds", fail)
    with pytest.raises(MemoryError):
        register.import_consents(read(consents("refused")), Coverage.USUAL, accept_turned=True)
    assert register.version == before
