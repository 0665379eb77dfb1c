"""The pictures of the terminal in the documentation show what the program says today."""

from __future__ import annotations

import html
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
REMEDY = "run: python tools/terminal_pictures.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("terminal_pictures", ROOT / "tools" / "terminal_pictures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(svg: str) -> str:
    """The text of a picture, line by line, without the time at which it was drawn."""
    lines = re.findall(r"<text class=\"[^\"]*\" x=\"[^\"]*\" y=\"([\d.]+)\"[^>]*>(.*?)</text>", svg)
    text = "".join(f"{y} {html.unescape(words)}\n" for y, words in lines).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\d\d/\d\d/\d{4} \d\d:\d\d", "TIME", text)


def test_the_office_pictures_are_what_the_commands_say(tool: ModuleType, tmp_path: Path) -> None:
    """Import, refusals, withdrawal and the next import, typed again, give the pictures of the page."""
    drawn = dict(tool.office(tmp_path))
    assert {"terminal-mapping.svg", "terminal-withdraw.svg"} <= drawn.keys()
    for name, svg in drawn.items():
        assert len(shown(svg).splitlines()) > 3
        assert shown((tool.PICTURES / name).read_text(encoding="utf-8")) == shown(svg), REMEDY


def test_the_page_shows_every_picture_and_its_command(tool: ModuleType) -> None:
    """No picture is missing or left over, and what is typed in it can be copied from the page."""
    page = tool.PAGE.read_text(encoding="utf-8")
    pictures = {path.name: path.read_text(encoding="utf-8") for path in tool.PICTURES.glob("terminal-*.svg")}
    assert set(re.findall(r"!\[[^\]]{30,}\]\(images/(terminal-[^)]*)\)", page)) == pictures.keys()
    for name, svg in pictures.items():
        words = [line.split(" ", 1)[1] for line in shown(svg).splitlines()]
        commands = [line for line in words if line.startswith("$ anonymise ")]
        assert any(command.strip() in page for command in commands), name


def test_pictures_fetch_nothing_and_show_no_path(tool: ModuleType) -> None:
    """A reader's browser is sent nowhere, and nobody learns where the pictures were drawn."""
    for path in tool.PICTURES.glob("terminal-*.svg"):
        svg = path.read_text(encoding="utf-8")
        assert "@font-face" not in svg
        assert "url(http" not in svg
        assert not re.search(r"(^|[\s(])/\w|[A-Z]:\\", shown(svg))
