"""Draws the terminal pictures of docs/consents.md: runs the commands for real and writes docs/images/terminal-*.svg.

Usage: python tools/terminal_pictures.py
The pupils of the first pictures are those of the export that docs/consents.md prints; the later ones are the demo's.
Nothing but dates and the numbers of photos differs from run to run.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"
PAGE = ROOT / "docs" / "consents.md"
LETTER = '--evidence "letter of 12 June, file 7"'
_COLUMNS = 100
_SVG = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Rich's drawing without its fonts, which a browser would fetch from elsewhere."""


class Terminal:
    """A folder in which commands are typed one after another, and what the screen then shows of it; no path to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._screen = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)

    def type(self, line: str) -> None:
        """Run a command and show it and its answer."""
        self._screen.print(Text(f"$ {line}", style="bold"))
        self._screen.print(Text.from_ansi(self.run(line)))

    def run(self, line: str) -> str:
        """Run a command unseen; its answer with the terminal's colours."""
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line.removeprefix("anonymise "))]
        environment = os.environ | {
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": str(_COLUMNS),
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
        }
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-c", "from anonymiser.cli import main; main()", *words],
            cwd=self._folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return done.stdout.decode().rstrip().replace(f"{self._folder}{os.sep}", "")

    def draw(self, name: str) -> tuple[str, str]:
        """The picture's file name and its SVG; the screen is empty afterwards."""
        svg = self._screen.export_svg(title="Terminal", code_format=_SVG, unique_id=name)
        return f"terminal-{name}.svg", re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def office(folder: Path) -> Iterator[tuple[str, str]]:
    """From a ParentMail export to a withdrawal, with the export that docs/consents.md shows."""
    terminal = Terminal(folder)
    block = re.search(r"^```csv\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if block is None:
        raise ValueError("docs/consents.md shows no export")
    export, mapping = folder / "consents.csv", folder / "consents.mapping.toml"
    export.write_text(block[1], encoding="utf-8")
    terminal.run("anonymise init school")
    terminal.run("anonymise consent list --workspace school")

    terminal.type("anonymise consent import consents.csv --workspace school")
    yield terminal.draw("mapping")

    proposed, _, _ = mapping.read_text(encoding="utf-8").rpartition("[[consent]]")
    checked = proposed.replace("confirmed = false", "confirmed = true")
    mapping.write_text(checked.replace("[columns]", '[columns]\nhold = "Do NOT photograph"'), encoding="utf-8")
    terminal.type("anonymise consent import consents.csv --mapping consents.mapping.toml --dry-run --workspace school")
    yield terminal.draw("dry-run")

    terminal.run("anonymise consent import consents.csv --mapping consents.mapping.toml --workspace school")
    terminal.type('anonymise consent show "Ella Example" --workspace school')
    yield terminal.draw("show")

    terminal.type(f"anonymise consent withdraw MAN-2021-00001 {LETTER} --workspace school")
    yield terminal.draw("withdraw")

    rows = block[1].splitlines(keepends=True)
    (folder / "july.csv").write_text("".join([*rows[:2], rows[2].replace("Yes,,", "No,,"), rows[4]]), encoding="utf-8")
    for ending in ("", " --complete"):
        terminal.type(f"anonymise consent import july.csv --mapping consents.mapping.toml{ending} --workspace school")
    yield terminal.draw("import-again")


def take_down(folder: Path) -> Iterator[tuple[str, str]]:
    """Copies of a child who was published and is withdrawn, then forgotten: the demo's."""
    terminal = Terminal(folder)
    terminal.run("anonymise demo school")
    copy = min(path.name for path in (folder / "school" / "outbox" / "newsletter").glob("class-assembly-*.jpg"))
    terminal.run(f'anonymise published {copy} --place "www.school.example/news" --workspace school')
    terminal.run(
        'anonymise consent withdraw pupil-001 --evidence "letter of 12 June, office file 7" --workspace school'
    )
    terminal.type("anonymise find pupil-001 --reissue --workspace school")
    yield terminal.draw("find")

    terminal.type("anonymise forget pupil-001 --workspace school")
    yield terminal.draw("forget")


def main() -> None:
    """Draw every picture anew."""
    for story in (office, take_down):
        with tempfile.TemporaryDirectory() as folder:
            for name, svg in story(Path(folder)):
                (PICTURES / name).write_text(svg, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
