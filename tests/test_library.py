"""The public face of the package, and the page that shows it."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import anonymiser
from anonymiser import errors
from anonymiser.evaluate.covered import box_quad, destroyed
from anonymiser.evaluate.truth import Truth
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.verify import verify
from anonymiser.samples import sample_images
from anonymiser.school import picture
from anonymiser.settings import Publishing, RedactionStyle, Settings
from anonymiser.values.faces import Detection, Faces
from anonymiser.values.suitability import Suitability

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
PHOTO = "Star of the week/IMG_0103.jpg"
SMALL = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)


def python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh process, in `folder`."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(anonymiser.__file__).parents[1]), *filter(None, sys.path)]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    (folder / "program.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "program.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


# --- names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", anonymiser.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each can be had from the package, and is told by `dir`."""
    assert getattr(anonymiser, name) is not None
    assert name in dir(anonymiser)


def test_no_public_name_is_also_a_module() -> None:
    """Importing a module of that name would put it in the place of the public one."""
    modules = {module.name for module in pkgutil.iter_modules(anonymiser.__path__)}
    assert modules.isdisjoint(anonymiser.__all__)
    importlib.import_module("anonymiser.redaction")
    assert callable(anonymiser.redact)


def test_every_error_is_public() -> None:
    """Whoever calls the package can name whatever it raises."""

    def tree(cls: type) -> set[str]:
        return {cls.__name__, *(name for child in cls.__subclasses__() for name in tree(child))}

    defined = {name for name in tree(errors.AnonymiserError) if hasattr(errors, name)}
    assert defined <= set(anonymiser.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute"):
        anonymiser.nothing_of_the_kind  # noqa: B018 - the question is what it raises


def test_the_import_is_light_and_keeps_the_runtime_quiet(tmp_path: Path) -> None:
    """No network, picture library or database is loaded, and telemetry is off before anything could send it."""
    done = python(
        "import sys, os, anonymiser\n"
        "heavy = {'cv2', 'numpy', 'onnxruntime', 'PIL', 'sqlalchemy', 'pydantic', 'click'} & set(sys.modules)\n"
        "print(sorted(heavy), os.environ['ORT_DISABLE_TELEMETRY'], issubclass(anonymiser.UsageError, Exception))\n",
        tmp_path,
    )
    assert done.stdout.strip() == "[] 1 True", done.stderr


# --- the page ------------------------------------------------------------------------------------------------


def test_the_code_of_the_page_runs_as_it_stands(tmp_path: Path) -> None:
    """One picture and a whole school, copied from the page into a file."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "photos").mkdir()
    for target in ("photo.jpg", "photos/one.jpg"):
        shutil.copyfile(sample_images() / "inbox" / PHOTO, tmp_path / target)
    shutil.copyfile(sample_images() / "consents.csv", tmp_path / "consents.csv")
    one = python(f"{blocks[0]}print(pixels.dtype, pixels.shape == again.shape, copy)\n", tmp_path)
    assert one.stdout.split() == ["uint8", "True", "copy.jpg"], one.stderr
    whole = python(blocks[1], tmp_path)
    assert whole.returncode == 0, whole.stderr
    assert re.match(r"\d{8}-000001 released outbox/website/.*\.jpg\n", whole.stdout)
    assert "released=1" in whole.stdout


def test_the_page_names_only_what_there_is() -> None:
    """Every call in its table is a public name of School, or of what it returns."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"`(?:School\.)?(\w+)", " ".join(rows)))
    there = {*dir(anonymiser.School), *dir(anonymiser.ReviewQueue)}
    assert named
    assert named <= there


# --- one picture ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faces_of_the_photo() -> tuple[np.ndarray, list[tuple[float, ...]]]:
    """A sample photo's pixels and where its faces are."""
    truth = Truth.load(sample_images() / "truth.json")
    boxes = [face.box for photo in truth.photos if photo.file == PHOTO for face in photo.faces]
    return decode((sample_images() / "inbox" / PHOTO).read_bytes(), DecodeLimits()).pixels, boxes


def test_everybody_in_an_array_is_destroyed(faces_of_the_photo) -> None:
    """The result has the array's size, no face of it, and the array itself is untouched."""
    pixels, boxes = faces_of_the_photo
    before = pixels.copy()
    redacted = anonymiser.redact(pixels)
    assert redacted.shape == pixels.shape
    assert redacted.dtype == np.uint8
    assert boxes
    assert all(destroyed(pixels, redacted, box_quad(np.array(box))) for box in boxes)
    assert np.array_equal(pixels, before)


def test_a_file_becomes_a_verified_file(faces_of_the_photo, tmp_path: Path) -> None:
    """Nothing but pixels is written, and no face of the original is in them."""
    pixels, boxes = faces_of_the_photo
    written = anonymiser.redact_file(sample_images() / "inbox" / PHOTO, tmp_path / "copy.jpg")
    assert written == tmp_path / "copy.jpg"
    with Image.open(written) as image:
        copy = np.asarray(image)
    verify(written.read_bytes(), (copy.shape[1], copy.shape[0]))
    assert all(destroyed(pixels, copy, box_quad(np.array(box))) for box in boxes)


class Stubs:
    """Stages that find what a test wants found."""

    def __init__(self, *, swimwear: float = 0, unsuitable: float = 0, heads: int = 0, faces: int = 0) -> None:
        self.scores = Suitability(swimwear, unsuitable)
        self.found = {"heads": heads, "detect": faces}
        self.classifier = self.detector = self.people = self.embedder = self.reader = self
        self.seen = 0

    def unsuitable(self, pixels: np.ndarray) -> float:
        return self.scores.unsuitable

    def swimwear(self, pixels: np.ndarray, heads: np.ndarray) -> float:
        return self.scores.swimwear

    def detect(self, pixels: np.ndarray) -> Faces:
        self.seen += 1
        return self._faces("detect")

    def examine(self, pixels: np.ndarray) -> Detection:
        return Detection(self.detect(pixels))

    def heads(self, pixels: np.ndarray) -> Faces:
        return self._faces("heads")

    def _faces(self, what: str) -> Faces:
        count = self.found[what]
        box = np.tile(np.array([20, 20, 40, 44], np.float32), (count, 1))
        return Faces(box, np.full(count, 0.9, np.float32), np.full((count, 5, 2), np.nan, np.float32))


def stub(monkeypatch: pytest.MonkeyPatch, **found: float) -> Stubs:
    stubs = Stubs(**found)
    monkeypatch.setattr(picture, "_stages", lambda: stubs)
    return stubs


@pytest.mark.parametrize(("found", "why"), [({"heads": 1}, "somebody may be"), ({"swimwear": 0.9}, "swimwear")])
def test_doubt_is_refused_until_a_person_looks(monkeypatch: pytest.MonkeyPatch, found: dict, why: str) -> None:
    """There is no review folder to wait in, so the caller has to say that somebody looks at the result."""
    stub(monkeypatch, **found)
    with pytest.raises(anonymiser.SafetyRefusal, match=why) as refusal:
        anonymiser.redact(SMALL)
    assert "reviewed=True" in refusal.value.remedy
    assert anonymiser.redact(SMALL, reviewed=True).shape == SMALL.shape


def test_what_may_be_indecent_is_always_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's word makes the program hand it out, and nothing else looks at it."""
    stubs = stub(monkeypatch, unsuitable=0.99)
    with pytest.raises(anonymiser.SafetyRefusal, match="indecent"):
        anonymiser.redact(SMALL, reviewed=True)
    assert stubs.seen == 0


def test_a_face_is_painted_in_the_style_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a school serve here too."""
    stub(monkeypatch, faces=1)
    settings = Settings(publishing=Publishing(style=RedactionStyle.FILL))
    redacted = anonymiser.redact(SMALL, settings=settings)
    assert (redacted[30, 30] == redacted[34, 32]).all()
    assert (redacted != SMALL).any()


@given(
    st.sampled_from([np.uint8, np.uint16, np.float32, np.bool_]),
    st.lists(st.integers(0, 40), min_size=0, max_size=4).map(tuple),
)
def test_whatever_is_no_picture_is_refused(dtype: type, shape: tuple[int, ...]) -> None:
    """Wrong types, shapes and sizes are errors with a remedy before a network is loaded."""
    array = np.zeros(shape, dtype)
    if dtype is np.uint8 and len(shape) == 3 and shape[2] == 3 and min(shape[:2]) >= 32:
        return
    with pytest.raises((anonymiser.UsageError, anonymiser.UnreadablePhoto)):
        anonymiser.redact(array)


def test_a_view_of_a_larger_array_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strides do not matter: a mirrored view gives the mirrored result."""
    stub(monkeypatch)
    assert np.array_equal(anonymiser.redact(SMALL[:, ::-1]), SMALL[:, ::-1])


def test_missing_and_damaged_files_are_named_errors(tmp_path: Path) -> None:
    """No file, and a file that is no photo."""
    with pytest.raises(anonymiser.UsageError):
        anonymiser.redact(tmp_path / "missing.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(anonymiser.PhotoError):
        anonymiser.redact(tmp_path / "text.jpg")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture in a file, and nobody in it."""
    stub(monkeypatch)
    Image.fromarray(SMALL).save(tmp_path / "source.png")
    return tmp_path / "source.png"


def test_a_file_that_is_there_is_never_replaced(source: Path, tmp_path: Path) -> None:
    """Neither another file nor the source itself."""
    (tmp_path / "there.jpg").write_bytes(b"mine")
    for target in (tmp_path / "there.jpg", source, tmp_path / "copy.png"):
        with pytest.raises(anonymiser.UsageError):
            anonymiser.redact_file(source, target)
    assert (tmp_path / "there.jpg").read_bytes() == b"mine"


def test_a_place_that_cannot_be_written_is_an_error(source: Path, tmp_path: Path) -> None:
    """The folder is missing."""
    with pytest.raises(anonymiser.WorkspaceError):
        anonymiser.redact_file(source, tmp_path / "nowhere/copy.jpg")


def test_a_write_that_went_wrong_leaves_no_file(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes on the disk than were checked, or a disk that is full: an error, and no copy."""
    monkeypatch.setattr(picture, "encode", lambda pixels, quality: b"not a JPEG")
    with pytest.raises(anonymiser.VerificationFailed):
        anonymiser.redact_file(source, tmp_path / "copy.jpg")
    monkeypatch.undo()
    stub(monkeypatch)
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path)[: -1 if path.suffix == ".jpg" else None])
    with pytest.raises(anonymiser.VerificationFailed, match="not the one that was checked"):
        anonymiser.redact_file(source, tmp_path / "copy.jpg")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(picture.os, "fsync", full)
    with pytest.raises(anonymiser.WorkspaceError):
        anonymiser.redact_file(source, tmp_path / "copy.jpg")
    assert not (tmp_path / "copy.jpg").exists()
