"""Writes what `anonymise ... --help` says into docs/commands.md, under the heading of each command.

Usage: python tools/update_commands.py
Whatever else stands in the file is written by hand and stays. A command without a heading gets one after the
command before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from anonymiser.cli import cli

COMMANDS = Path(__file__).parents[1] / "docs" / "commands.md"
_COLUMNS = 100


def help_pages(
    command: click.Command = cli, parent: click.Context | None = None, name: str = "anonymise"
) -> Iterator[tuple[str, str]]:
    """Each command as it is typed, and its help text; a group before its own commands."""
    context = click.Context(command, parent, name, terminal_width=_COLUMNS, **command.context_settings)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from help_pages(found, context, child)


def updated(text: str) -> str:
    """The text of docs/commands.md with every help text as it is now."""
    end = len(text)
    for name, page in help_pages():
        heading, block = f"## `{name}`\n\n", f"```text\n{page}\n```\n"
        found = re.search(re.escape(heading) + r"```text\n.*?\n```\n", text, re.DOTALL)
        if found is None:
            text = f"{text[:end]}\n{heading}{block}{text[end:]}"
            end += len(f"\n{heading}{block}")
        else:
            text = text[: found.start()] + heading + block + text[found.end() :]
            end = found.start() + len(heading + block)
    return text


if __name__ == "__main__":
    COMMANDS.write_text(updated(COMMANDS.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
