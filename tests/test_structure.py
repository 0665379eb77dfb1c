"""The house keeps its floors, and no room grows beyond what a reader can hold."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from structure_kit import PACKAGE, PYPROJECT, ROOT

MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_CLASS = 250
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of pyproject.toml on the package in `folder`, or on the installed one where it has none."""
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(PACKAGE.parent), "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_nothing_imports_from_a_higher_floor() -> None:
    """Every contract of pyproject.toml holds: floors, stages apart from each other, values that need nothing."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source alone, to be broken."""
    folder = tmp_path_factory.mktemp("house")
    for source in PACKAGE.rglob("*.py"):
        target = folder / "anonymiser" / source.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


@pytest.mark.parametrize(
    ("module", "statement", "complaint"),
    [
        ("consent/rules", "import anonymiser.intake.batch", "anonymiser.consent.rules -> anonymiser.intake.batch"),
        ("settings", "from anonymiser.consent import vault", "anonymiser.settings -> anonymiser.consent.vault"),
        ("labels/names", "import anonymiser.detect.merge", "anonymiser.labels.names -> anonymiser.detect.merge"),
        ("photo/encode", "import anonymiser.decide", "anonymiser.photo.encode -> anonymiser.decide"),
        ("intake/claim", "import anonymiser.review.queue", "anonymiser.intake.claim -> anonymiser.review.queue"),
        ("workers/pool", "import anonymiser.ledger.item", "anonymiser.workers.pool -> anonymiser.ledger.item"),
        ("cli/status", "import anonymiser.pipeline", "anonymiser.cli.status -> anonymiser.pipeline"),
        ("values/people", "import cv2", "anonymiser.values.people -> cv2"),
        ("attic/__init__", "", "anonymiser.attic"),
    ],
)
def test_a_wrong_import_would_be_noticed(copy: Path, module: str, statement: str, complaint: str) -> None:
    """The contracts are no rubber stamp: an import that breaks one, or a room without a floor, is named."""
    file = copy / "anonymiser" / f"{module}.py"
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    try:
        file.write_text(f"{before or ''}\n{statement}\n", encoding="utf-8")
        done = lint(copy)
    finally:
        shutil.rmtree(file.parent) if before is None else file.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert complaint in done.stdout


def test_the_list_of_what_values_may_not_import_is_complete() -> None:
    """The contract names every package outside the standard library, apart from NumPy, that anonymiser imports."""
    contract = next(c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if "NumPy" in c["name"])
    graph = grimp.build_graph("anonymiser", include_external_packages=True, cache_dir=None)
    outside = {name for name in graph.modules if graph.is_module_squashed(name)}
    assert "numpy" in outside
    assert outside - sys.stdlib_module_names - {"numpy"} <= set(contract["forbidden_modules"])


def sources() -> Iterator[Path]:
    """The package, and whatever of the build, the tools and the benchmarks is beside the tests."""
    yield from PACKAGE.rglob("*.py")
    for folder in ("models", "tools", "benchmarks", "tests"):
        yield from (ROOT / folder).rglob("*.py")


def classes(source: str) -> Iterator[tuple[str, int]]:
    """Every class, nested ones too, with its number of lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_and_no_class_is_too_long() -> None:
    """A module has at most 400 lines and a class 250: beyond that it does more than one thing."""
    too_long = []
    for path in sources():
        source = path.read_text(encoding="utf-8")
        lines = len(source.splitlines())
        if lines > MOST_LINES_OF_A_MODULE:
            too_long.append(f"{path}: {lines} lines")
        too_long += [
            f"{path}: class {name} of {length} lines"
            for name, length in classes(source)
            if length > MOST_LINES_OF_A_CLASS
        ]
    assert not too_long, "\n".join(too_long)


def test_the_length_of_a_class_is_counted_from_its_name_to_its_last_line() -> None:
    """The count above is right for a class within a class."""
    assert dict(classes("class A:\n    x = 1\n\n    class B:\n        y = 2\n\nz = 3\n")) == {"A": 5, "B": 2}


def test_every_file_that_a_contributor_is_sent_to_exists() -> None:
    """Whatever CONTRIBUTING.md names in backticks as a file is in the package or in the checkout."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./]+\.(?:py|toml|txt|md|yml))`", page)) - {"anonymiser.toml"}
    assert len(named) >= 8
    assert [name for name in sorted(named) if not ((PACKAGE / name).exists() or (ROOT / name).exists())] == []


def test_the_house_is_drawn_as_it_is_checked() -> None:
    """The drawing in CONTRIBUTING.md has the same rooms on the same floors as the contract."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawing = re.search(r"^```\n(__main__ .*?)^```", page, re.MULTILINE | re.DOTALL)
    assert drawing
    drawn = [re.split(r" {3,}", line)[0].split() for line in drawing[1].splitlines()]
    floors = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert drawn == [re.findall(r"\w+", floor) for floor in floors]
