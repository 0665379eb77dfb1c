"""What commands leave behind when they end well, are killed, crash or meet a defect: nothing that can be read."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from anonymiser.consent.register import Register
from anonymiser.errors import ExitCode
from anonymiser.samples import sample_images
from anonymiser.settings import Recognition
from anonymiser.values.consent import Event, Purpose
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace

FORENAME, SURNAME, LEAVER = "Quenilda", "Okonkwo-Zephyr", "Wulfhild"
WEBSITE = Event("Sports day", Purpose("website"))
EVIDENCE = "letter by Mrs Zephyr"
_QUIET = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
"""Variables under which ONNX Runtime writes nothing to the folder for temporary files of its own accord."""
END = """
import faulthandler, os, signal, sys
from sqlalchemy import Engine, event

how, *arguments = sys.argv[1:]

@event.listens_for(Engine, "commit")
def end(connection):
    if not connection.get_execution_options().get("writing") or how == "well":
        return
    if how == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if how == "crash":
        faulthandler._sigsegv()
    raise RuntimeError("Quenilda Okonkwo-Zephyr")

from anonymiser.cli import main
sys.argv[1:] = arguments
main()
"""
"""Runs the command line, and ends it where the first change has been written and is not yet committed."""


@dataclass
class School:
    """A workspace, and every place where its commands could leave something, in one folder."""

    folder: Path
    workspace: Workspace
    seen: list[bytes] = field(default_factory=list)
    """Contents of every file after each command, and everything that the commands said."""

    def anonymise(self, *arguments: object, how: str = "well") -> int:
        temporary, home = self.folder / "temporary", self.folder / "home"
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"), str(temporary))
        homes = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home))
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", END, how, *map(str, arguments)],
            cwd=home,
            env={name: value for name, value in os.environ.items() if name not in _QUIET}
            | places
            | homes
            | {
                "PYTHONPATH": os.pathsep.join(sys.path),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
                "ANONYMISER_WORKSPACE": str(self.workspace.root),
            },
            capture_output=True,
            timeout=300,
            check=False,
        )
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        self.seen += [done.stdout, done.stderr, *(path.read_bytes() for path in files)]
        self.seen += [str(path.relative_to(self.folder)).encode() for path in files]
        assert [path for path in files if path.is_relative_to(temporary)] == []
        assert [path.name for path in files if path.is_relative_to(home)] == []
        return done.returncode

    def shows(self, secret: bytes) -> bool:
        return any(secret in content for content in self.seen)


@pytest.fixture
def school(tmp_path: Path) -> School:
    folder = tmp_path / "watched"
    for name in ("temporary", "home"):
        (folder / name).mkdir(parents=True)
    return School(folder, Workspace.create(folder / "school"))


def spellings(text: str) -> list[bytes]:
    return [form.encode(code) for form in (text, text.lower(), text.upper()) for code in ("utf-8", "utf-16-le")]


@pytest.mark.parametrize("how", ["kill", "crash", "defect"])
def test_nothing_readable_is_left_however_a_command_ends(school: School, tmp_path: Path, how: str) -> None:
    """Import and enrolment that end amid a change, then a record's whole life: no name, portrait or template.

    Searched are the register with its log, the key file, the folders for temporary files, home and work, and what is
    said on the terminal, the fault handler's report included; nothing at all is left outside the workspace.
    """
    ended = {"kill": {-9, signal.SIGTERM}, "crash": {-11, 0xC0000005}, "defect": {ExitCode.INTERNAL}}[how]
    consents = tmp_path / "consents.csv"
    consents.write_text(
        "person_id,forename,surname,class,website\n"
        f"p00,{FORENAME},{SURNAME},3A,granted\np01,{LEAVER},{SURNAME},3A,granted\n",
        encoding="utf-8",
    )
    portraits = tmp_path / "portraits"
    (portraits / "p00").mkdir(parents=True)
    shutil.copyfile(sample_images() / "enrolment" / "pupil-001" / "1.jpg", portraits / "p00" / f"{FORENAME}.jpg")

    assert school.anonymise("status") == ExitCode.DONE
    Register.open(school.workspace).close()
    assert school.anonymise("consent", "import", consents, how=how) in ended
    with Register.open(school.workspace) as register:
        assert register.people() == ()
    assert school.anonymise("consent", "import", consents) == ExitCode.DONE
    with Register.open(school.workspace) as register:
        person = register.find("p00")
        register.open_gate("DPIA 7", "Head")
        register.record_biometric_consent(person, evidence=EVIDENCE, parents_notified=dt.date(2025, 9, 1))
    assert school.anonymise("enrol", portraits, "--json", how=how) in ended
    assert school.anonymise("enrol", portraits, "--json") == ExitCode.DONE
    with Register.open(school.workspace) as register:
        templates = register.gallery(WEBSITE, model_sha256(ModelId.SFACE), Recognition()).templates
    assert school.anonymise("consent", "withdraw", "p01", "--evidence", EVIDENCE) == ExitCode.DONE
    assert school.anonymise("forget", "p00") == ExitCode.DONE

    assert len(templates) == 1
    for secret in (FORENAME, SURNAME, LEAVER, EVIDENCE):
        assert not any(map(school.shows, spellings(secret))), secret
    for kind in (np.float16, np.float32, np.float64):
        data = templates.astype(kind).tobytes()
        assert not any(school.shows(data[at : at + 16]) for at in range(0, len(data), 16))
    assert not any(school.shows(str(value).encode()) for value in templates.ravel())
    picture = (portraits / "p00" / f"{FORENAME}.jpg").read_bytes()
    assert not any(school.shows(picture[at : at + 32]) for at in range(1000, len(picture) - 32, 997))
    assert school.shows(b"SQLite format 3")
    assert school.shows(b"Segmentation fault") == (how == "crash" and os.name == "posix")


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="Windows keeps no such limit")
def test_a_process_that_has_opened_a_register_dumps_no_core(workspace: Workspace) -> None:
    """Nor does a process that it starts, whatever the limit was before."""
    code = f"""
import os, resource, signal, subprocess, sys
from pathlib import Path
import keyring
from keyring.backends.fail import Keyring
keyring.set_keyring(Keyring())
from anonymiser.consent.register import Register
from anonymiser.workspace import Workspace
os.chdir({str(workspace.root)!r})
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
Register.open(Workspace.open(Path())).close()
child = "import os, resource, signal; assert resource.getrlimit(resource.RLIMIT_CORE)[0] in (0, 1)"
subprocess.run([sys.executable, "-c", child], check=True)
os.kill(os.getpid(), signal.SIGSEGV)
"""
    arguments = [sys.executable, "-c", code]
    _, status = os.waitpid(os.posix_spawn(sys.executable, arguments, os.environ), 0)
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert not list(workspace.root.glob("core*"))
