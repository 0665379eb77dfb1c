"""The documentation says what the program does: its commands, settings, exit codes, reasons and links."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import re
import shlex
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import anonymiser
from anonymiser.cli import cli
from anonymiser.errors import ExitCode
from anonymiser.intake.results import Result, Summary
from anonymiser.school.demo import LOOSENED
from anonymiser.settings import Settings
from anonymiser.values.consent import Purpose
from anonymiser.values.reasons import WAITING
from anonymiser.values.report import Failed, PhotoReport
from anonymiser.wording import say

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "models" / "README.md", ROOT / "sample_images" / "README.md",
    *sorted(DOCS.glob("*.md")),
]  # fmt: skip
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Without fenced code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every row of every table as its cells, with the heading that it stands under."""
    heading = ""
    for line in prose(text).splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| ") and not set(line) <= set("|- "):
            yield heading, [cell.strip() for cell in line.strip("| ").split(" | ")]


# --- commands ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def update_commands() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_commands", ROOT / "tools" / "update_commands.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_page_is_what_help_says(update_commands):
    """Every command and option stands in docs/commands.md as --help prints it; else run tools/update_commands.py."""
    written = read(DOCS / "commands.md")
    assert written == update_commands.updated(written)
    headings = re.findall(r"^## `(anonymise[^`]*)`$", written, re.MULTILINE)
    assert headings == [name for name, _ in update_commands.help_pages()]


def test_a_command_that_is_new_gets_its_place_and_a_changed_one_its_new_text(update_commands):
    """The tool repairs a page that lacks a command, and one with an outdated option, and leaves the rest alone."""
    written = read(DOCS / "commands.md")
    missing = re.sub(r"\n## `anonymise models verify`\n\n```text\n.*?\n```\n", "", written, flags=re.DOTALL)
    outdated = written.replace("--strict ", "--severe ")
    assert missing != written != outdated
    assert update_commands.updated(missing) == written
    assert update_commands.updated(outdated) == written


def test_the_json_line_is_described_key_by_key():
    """Every key of a photo's line and of the summary is explained on the command page."""
    described = set(re.findall(r"`([a-z0-9_]+)`", read(DOCS / "commands.md")))
    line = Result("a.jpg", "20260619-000001", None, PhotoReport(Failed(())), Purpose("website")).to_json()
    assert set(line) | set(Summary().to_json()) | {"summary"} <= described


def command_lines(page: Path) -> Iterator[str]:
    """Lines of code blocks that begin with `anonymise`, at a prompt or not, alone or after `&&`."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            for part in line.removeprefix("$ ").split("&&"):
                if part.strip().startswith("anonymise "):
                    yield part.strip()


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words that are left for it."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            raise click.UsageError(f"no such command: {words[0]}")
        command, words = found, words[1:]
    if isinstance(command, click.Group) and not words:
        raise click.UsageError("a group alone does nothing")
    return command, words


def parse(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse a command line without running it; whether its files exist does not matter."""
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: value)
    command, words = find_command(shlex.split(line, comments=True)[1:])
    with contextlib.suppress(click.exceptions.Exit):  # --help ends there
        command.make_context("anonymise", words)


@each_page
def test_every_command_line_can_be_typed_as_it_stands(page, monkeypatch):
    """Commands, options, required values and choices of every example are those of the program."""
    for line in command_lines(page):
        try:
            parse(line, monkeypatch)
        except click.ClickException as error:
            pytest.fail(f"{line!r}: {error.format_message()}")


@pytest.mark.parametrize(
    "line",
    [
        "anonymise review lists --workspace school",
        "anonymise nothing",
        "anonymise batch --no-such-option",
        "anonymise consent hold 1001 never-mind",
        "anonymise consent withdraw 1001",
        "anonymise init one two",
    ],
)
def test_a_wrong_command_line_would_be_noticed(line, monkeypatch):
    """The check above is no rubber stamp."""
    with pytest.raises(click.ClickException):
        parse(line, monkeypatch)


@each_page
def test_commands_named_in_a_sentence_exist(page):
    """`anonymise ...` in running text names a command that exists, with options that it has."""
    for mention in re.findall(r"`anonymise ([^`]+)`", prose(read(page)).replace("\n", " ")):
        words = [word for word in mention.split() if word not in {"...", "[DIR]"}]
        if not words or words[0].isupper():
            continue
        command = cli
        rest: list[str] = []
        for word in words:
            found = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
            if found is None:
                rest.append(word)
            else:
                command = found
        known = {option for param in command.params for option in param.opts} | {"--help", "--version"}
        assert command is not cli or set(words) <= known, f"anonymise {mention}"
        assert {word for word in rest if word.startswith("--")} <= known, f"anonymise {mention}"


# --- settings, exit codes, reasons ---------------------------------------------------------------------------


def test_the_settings_page_has_every_key_with_its_default():
    """Sections, keys and defaults are those of settings.py, no more and no fewer."""
    described: dict[str, dict[str, object]] = {}
    for heading, cells in tables(read(DOCS / "settings.md")):
        if cells[0] != "key":
            value = None if cells[1] == "none" else tomllib.loads(f"value = {cells[1].strip('`')}")["value"]
            described.setdefault(heading.strip("`[]"), {})[cells[0].strip("`")] = value
    assert described == Settings().model_dump(mode="json")


def test_the_settings_page_explains_every_choice():
    """A setting with a closed list of values names each of them."""
    rows = {cells[0].strip("`"): cells[2] for _, cells in tables(read(DOCS / "settings.md"))}
    for section in Settings.model_fields.values():
        for key, field in section.get_default().__class__.model_fields.items():
            for choice in getattr(field.annotation, "__members__", {}).values():
                assert f'"{choice.value}"' in rows[key]


def test_the_exit_codes_are_those_of_the_program():
    """Number and name of every code, in order."""
    rows = [cells for _, cells in tables(read(DOCS / "exit-codes.md")) if cells[0].isdigit()]
    assert [(int(cells[0]), cells[1]) for cells in rows] == [(code.value, code.name) for code in ExitCode]


def test_every_reason_to_wait_is_explained_to_the_reviewer():
    """Whatever can make a photo wait stands in the table of docs/review.md."""
    explained = {cells[0] for _, cells in tables(read(DOCS / "review.md"))}
    said = {say(code(**dict.fromkeys(code.fields, "..."))).replace("the ...,", "the ...,") for code in WAITING}
    assert said <= explained, said - explained


def program_texts() -> list[str]:
    """Every string in the program's source, f-strings piece by piece."""
    folder = Path(str(anonymiser.__file__)).parent
    return [
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("name", ["review.md", "recognition.md"])
def test_messages_that_tables_explain_are_messages_of_the_program(name):
    """Every quoted message is in the source word for word; "..." stands for what the program fills in."""
    texts = program_texts()
    explains, section = False, ""
    for heading, (first, *_rest) in tables(read(DOCS / name)):
        explains, section = explains and heading == section, heading
        if first in {"the note says", "it says", "key"}:
            explains = True
        elif explains:
            for piece in first.split("..."):
                assert any(piece.strip(" :") in text for text in texts), first


# --- links and words -----------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Fragments that the headings of a page get."""
    headings = re.findall(r"^#+ (.*)$", prose(read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_link_leads_somewhere(page):
    """Relative links name files that exist, and headings that those files have."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(read(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not fragment or fragment in anchors(linked), target


AVOID = {
    r"\d %": "4.5%, without a space",
    r"\bdearest\b": "best and most expensive",
    r"\bby lot\b": "at random",
    r"\bheld wrongly\b": "turned the wrong way",
    r"\bas ever\b": "as before",
    r"\b(the|whole) way of (a|one|the) (file|photo)": "path of a photo",
    r"\bstrange (faces?|persons?|people)\b": "stranger",
}
"""What makes a native reader stumble -> what to write instead."""


def stumbles(text: str) -> list[str]:
    """A sentence for each phrase to avoid that is in the text, with what to write instead."""
    plain = " ".join(text.split())
    return [
        f"...{plain[max(0, found.start() - 30) : found.end()]!r} makes a reader stumble; write: {better}"
        for avoid, better in AVOID.items()
        for found in re.finditer(avoid, plain)
    ]


def written_by_hand(module: Path) -> Iterator[str]:
    """Strings, docstrings and comments of a module."""
    prose_tokens = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    with module.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type in prose_tokens:
                yield token.string


@each_page
def test_no_page_makes_a_reader_stumble(page):
    """No page has a space before a percent sign, or a phrase that a native reader has to read twice."""
    found = stumbles(read(page))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["anonymiser", "models", "tools", "benchmarks"])
def test_no_sentence_of_the_program_makes_a_reader_stumble(folder):
    """The same for messages, docstrings and comments; sentences of earlier versions stay as they were."""
    source = Path(str(anonymiser.__file__)).parent if folder == "anonymiser" else ROOT / folder
    modules = [path for path in source.rglob("*.py") if path.name != "earlier.py"]
    assert modules
    found = [f"{path.name}: {each}" for path in modules for text in written_by_hand(path) for each in stumbles(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text", ["a share of 4.5 %", "people drawn\n    by lot", "the way of a photo", "a strange face"]
)
def test_a_phrase_to_avoid_would_be_noticed(text):
    """The check above is no rubber stamp, and a line break hides nothing from it."""
    assert stumbles(text)
    assert not stumbles("a share of 4.5%, drawn at random, on the path of a photo")


def test_the_page_on_the_sample_images_says_what_the_demo_loosens():
    """Each limit, here and in a school, and why, as the demo itself shows them."""
    rows = [cells for heading, cells in tables(read(ROOT / "sample_images" / "README.md")) if "loosens" in heading]
    assert rows[1:] == [[limit.what, limit.here, limit.in_a_school, limit.why] for limit in LOOSENED]


@each_page
def test_no_page_promises_too_much(page):
    """Copies are obscured; nobody can know that they are anonymous."""
    assert not re.search(r"\b(fully |completely )?anonymi[sz]ed\b|100 ?%", read(page), re.IGNORECASE)
