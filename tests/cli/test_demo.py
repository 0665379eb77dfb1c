"""The demo as a user runs it, with every way to the network closed, and what it left behind."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import demo_run
import pytest
from PIL import Image

from anonymiser.cli import cli
from anonymiser.enrol import EnrolmentResult
from anonymiser.errors import ExitCode
from anonymiser.evaluate.truth import Truth
from anonymiser.evaluate.verdicts import Published, check
from anonymiser.recognise.calibrate import NoPromise
from anonymiser.samples import sample_images
from anonymiser.school.demo import LOOSENED, Calibrated, Demo
from anonymiser.school.faces import Enrolment


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder, what was said, and the log of attempts to reach the network: of a run that CI has made, or of its own."""
    if made := os.environ.get("ANONYMISER_TEST_DEMO"):
        base, said = Path(made), demo_run.earlier(Path(made))
    else:
        base = tmp_path_factory.mktemp("demo")
        said = demo_run.run(base, sys.path)
    return base / "school", said, demo_run.network_log(base)


def count(done, what):
    """The two numbers of a line of the verdict."""
    met, of = re.search(rf"(\d+) of (\d+)\s+{re.escape(what)}", done.stderr).groups()
    return int(met), int(of)


def test_the_demo_succeeds_and_says_where_to_look(demo):
    """Exit code 0, the folders named, no traceback, nothing but people's text on standard error."""
    folder, done, _ = demo
    assert done.returncode == 0, done.stderr
    assert str(folder / "outbox") in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_nothing_is_asked_of_the_network(demo):
    """No process of the run tried to reach anything."""
    assert not demo[2].exists(), demo[2].read_text()


def test_every_face_that_must_be_hidden_is_destroyed(demo):
    """Zero false keeps, in the pixels of the copies."""
    met, of = count(demo[1], "faces that must not be shown: destroyed")
    assert met == of >= 80


def test_every_planted_name_is_destroyed(demo):
    """Badges, board, pegs, tray and certificates."""
    met, of = count(demo[1], "names on badges, boards and certificates: destroyed")
    assert met == of == 8


def test_every_clear_face_of_somebody_who_agreed_is_kept(demo):
    """A tool that blurs everybody would pass the other tests."""
    met, of = count(demo[1], "clear faces of people who agreed: kept")
    assert met == of >= 20


def test_every_file_that_must_wait_was_held_back(demo):
    """The child on hold, and what is no photo: none of them is in the outbox."""
    met, of = count(demo[1], "files that must wait or be refused: held back")
    assert met == of == 4


def test_what_the_demo_loosens_is_said(demo):
    """Every limit with the school's own beside it and the reason; nobody is said to have compared anybody."""
    said = " ".join(demo[1].stderr.split())
    for limit in LOOSENED:
        assert f"{limit.what}: {limit.here} (in a school: {limit.in_a_school}) {limit.why}" in said
    assert re.search(r"Pairs that the demo declared different \(in a school, a person does\): \d+", said)
    assert "compared them" not in said


def test_copies_hold_nothing_but_pixels(demo):
    """No EXIF, profile, comment, thumbnail or trailing byte in any copy, and neutral names."""
    copies = [path for place in ("outbox", "review") for path in (demo[0] / place).rglob("*.jpg")]
    assert len(copies) >= 15
    for copy in copies:
        data = copy.read_bytes()
        assert data.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF")
        assert data.endswith(b"\xff\xd9")
        assert not any(marker in data for marker in (b"Exif", b"http", b"ICC_PROFILE", b"ftyp", b"MPF\x00"))
        with Image.open(io.BytesIO(data)) as image:
            assert not image.getexif()
        assert re.fullmatch(r"[a-z-]+-\d{4}-\d\d-\d\d-\d{3}\.jpg|\d{8}-\d{6}\.jpg", copy.name)


def test_no_name_of_the_register_is_in_anything_the_program_recorded(demo):
    """Not in the ledger, the register's file, the notes or what was printed, and in no file name outside originals."""
    names = re.findall(r"^[^,]+,([^,]+),([^,]+),", (sample_images() / "consents.csv").read_text("utf-8"), re.MULTILINE)[
        1:
    ]
    recorded = [path for path in demo[0].rglob("*") if path.is_file() and path.suffix != ".jpg"]
    recorded = [path for path in recorded if path.parts[len(demo[0].parts)] not in {"originals", "inbox"}]
    texts = {path: path.read_bytes() for path in recorded}
    texts[Path("printed")] = demo[1].stderr.encode()
    for forename, surname in names:
        full = f"{forename} {surname}".encode()
        for path, text in texts.items():
            assert full not in text, path
    named = [path.name for path in demo[0].rglob("*") if path.parts[len(demo[0].parts)] != "originals"]
    assert not any(f"{forename} {surname}" in name for name in named for forename, surname in names)


def test_every_file_is_accounted_for(demo):
    """Status finds nothing waiting in the inbox and no difference between ledger and folders."""
    command = [sys.executable, "-c", "from anonymiser.cli import main; main()", "status", "--json"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*command, "--workspace", str(demo[0])], env=environment, capture_output=True, text=True, check=False
    )
    status = json.loads(done.stdout.splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert status["inbox"] == 0
    assert status["differences"] == []


@pytest.fixture
def quick_demo(monkeypatch):
    """The demo without faces to learn, and with workers that release every photo."""
    learned = Enrolment(EnrolmentResult((), (), 0), frozenset(), ())
    monkeypatch.setattr(Demo, "enrol", lambda *_: learned)
    monkeypatch.setattr(Demo, "calibrate", lambda *_: Calibrated(NoPromise("too few faces", 0, 0), 0))

    def look(self, results):
        published = {result.relative: Published(result.report.kind, None) for result in results}
        return check(Truth.load(self.samples / "truth.json"), published, self._original)

    monkeypatch.setattr(Demo, "verdicts", look)


@pytest.mark.usefixtures("quick_demo")
def test_the_demo_fails_where_a_photo_that_must_wait_was_released(tmp_path, invoke):
    """Whatever else is right: the exit code is 5, and the photo is named."""
    code, _, said = invoke("demo", tmp_path / "school")
    assert code == ExitCode.REFUSED
    assert "0 of 4" in said
    assert "Class assembly/DSC_0102.jpg: must be review (files that must wait" in said
    assert "a photo that has to wait was released" in said
    assert "too few faces; the strict standard thresholds stay" in said
    assert "this demo loosens, and why" in said


def test_the_demo_refuses_a_folder_with_other_things_in_it(tmp_path, invoke):
    """Nobody's files are swept away by a demonstration."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    code, _, said = invoke("demo", tmp_path / "mine")
    assert code == 2
    assert "another folder" in said
    assert (tmp_path / "mine" / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_every_command_of_the_contract_exists():
    """The names that scripts rely on."""
    commands = set(cli.list_commands(None))
    assert {
        "init", "demo", "batch", "watch", "enrol", "consent", "recognition", "review", "models", "status", "doctor"
    } <= commands  # fmt: skip
    for name in commands:
        assert cli.get_command(None, name) is not None


def test_help_loads_no_model_and_no_heavy_package():
    """`anonymise --help` is quick because it imports next to nothing."""
    code = (
        "import sys\n"
        "from anonymiser.cli import main\n"
        "sys.argv = ['anonymise', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'cv2', 'numpy', 'onnxruntime', 'PIL', 'sqlalchemy', 'cryptography', 'pydantic', 'rich'}\n"
        "sys.stderr.write(','.join(sorted(heavy & sys.modules.keys())))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert "Publish school photographs" in done.stdout
    assert done.stderr == ""
