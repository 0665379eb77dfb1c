"""What is built, installed and tested is what pyproject.toml and constraints.txt say."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from structure_kit import PACKAGE, PYPROJECT, ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PROJECT = PYPROJECT["project"]
BUILD = [Requirement(text) for text in PYPROJECT["build-system"]["requires"]]
EXTRAS = {extra: [Requirement(text) for text in texts] for extra, texts in PROJECT["optional-dependencies"].items()}
REQUIREMENTS = [*map(Requirement, PROJECT["dependencies"]), *itertools.chain.from_iterable(EXTRAS.values())]


def constraints() -> dict[str, Version]:
    """Every line of constraints.txt, which may only pin."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


@pytest.mark.skipif(os.environ.get("ANONYMISER_TEST_INSTALLED") != "1", reason="only CI tests an installed wheel")
def test_the_package_under_test_is_the_installed_one() -> None:
    """CI tests the wheel: `anonymiser` comes from site-packages, and no source lies beside the tests."""
    assert PACKAGE.parent.resolve() == Path(sysconfig.get_path("purelib")).resolve()
    assert not (ROOT / "anonymiser").exists()
    assert ".whl" in (metadata.distribution("anonymiser").read_text("direct_url.json") or "")


def test_nothing_but_mediapipe_brings_another_opencv() -> None:
    """The suite runs with the headless OpenCV that a school gets: only the extra `mediapipe` names another."""
    others = {"mediapipe", "opencv-contrib-python", "opencv-python"}
    assert {extra for extra, wanted in EXTRAS.items() if others & {r.name for r in wanted}} == {"mediapipe"}
    assert [r.name for r in map(Requirement, PROJECT["dependencies"]) if r.name in others] == []


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_the_measured_version_of_every_requirement_is_allowed_and_written_down(requirement: Requirement) -> None:
    """constraints.txt has a version for each direct requirement, and pyproject.toml allows it."""
    pin = constraints().get(canonicalize_name(requirement.name))
    assert pin is not None, "constraints.txt says how to add it"
    assert pin in requirement.specifier


@pytest.mark.parametrize("requirement", BUILD, ids=str)
def test_constraints_do_not_forbid_what_builds_the_wheel(requirement: Requirement) -> None:
    """The weights are converted with the exact packages of build-system.requires, whatever is constrained."""
    pin = constraints().get(canonicalize_name(requirement.name))
    assert pin is None or pin in requirement.specifier


def test_the_workflow_follows_the_schema_of_github_actions() -> None:
    """Every key of the workflow is one that GitHub knows."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*check, WORKFLOW], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason='no actionlint here: pip install ".[actionlint]"')
def test_the_workflow_pleases_actionlint() -> None:
    """Expressions, runner labels and the inputs of actions are right."""
    done = subprocess.run(["actionlint", WORKFLOW], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_runs_the_same_script_everywhere() -> None:
    """Linux, Windows and macOS run .ci/run under bash, with every Python that the package allows."""
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["test"]
    assert {system.split("-")[0] for system in job["strategy"]["matrix"]["os"]} == {"ubuntu", "windows", "macos"}
    assert job["defaults"]["run"]["shell"] == "bash"
    (run,) = [step for step in job["steps"] if step.get("run") == "bash .ci/run"]
    pythons = {
        step["id"]: step["with"]["python-version"] for step in job["steps"] if "python-version" in step.get("with", ())
    }
    assert set(pythons.values()) == supported_pythons() == set(re.findall(r"3\.\d+", script_line("for version in 3")))
    assert set(re.findall(r"steps\.(\w+)\.outputs\.python-path", run["env"]["PYTHONS"])) == pythons.keys()


def test_actions_are_pinned_to_commits() -> None:
    """A tag can be moved to other code; a commit cannot."""
    used = re.findall(r"uses: (\S+)", WORKFLOW.read_text(encoding="utf-8"))
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)


def supported_pythons() -> set[str]:
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier
    return {f"3.{minor}" for minor in range(30) if f"3.{minor}.0" in allowed}


def script_line(start: str) -> str:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(start))


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_script_keeps_to_old_bash() -> None:
    """It parses, and uses nothing that the bash 3.2 of macOS lacks."""
    for name in ("run", "postgresql", "chromium"):
        script = ROOT / ".ci" / name
        done = subprocess.run(
            ["bash", "-n", script.name], cwd=script.parent, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        assert not re.search(
            r"\b(mapfile|readarray|declare -A|local -n)\b|\$\{\w+(,,|\^\^|@)", script.read_text("utf-8")
        )
