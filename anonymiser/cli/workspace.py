"""`anonymise init`: a new workspace with commented settings and a note for staff."""

from __future__ import annotations

import datetime as dt
import enum
import json
import textwrap
from pathlib import Path

import click
from pydantic import BaseModel

from anonymiser.cli.console import say
from anonymiser.errors import UsageError
from anonymiser.settings import FILE_NAME, Settings
from anonymiser.workspace import Workspace

STAFF_README = """\
What the folders are for

inbox        Put photos here. A folder inside it is an event ("Sports day"); never name it after a child.
outbox       Finished copies that may be published, a folder for each purpose.
review       Copies that wait for a person. Read the .txt beside each photo. Move the photo into the folder
             "approve" to publish it or into "reject" not to use it. Do not edit it.
quarantine   Files that could not be processed. Read the .txt beside each.
sealed       For the designated safeguarding lead only. Do not open.
originals    The photos as they came. Not for publishing.
data         The program's own records. Do not change anything in it.

A photo of a child is obscured unless the program is sure who it is and that the family has agreed. Whatever is
unclear waits in review. Nothing leaves this computer.
"""


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Make a new workspace in DIR: its folders, anonymiser.toml with every setting, and a README.txt for staff."""
    settings_file = directory / FILE_NAME
    if directory.is_dir() and any(directory.iterdir()) and not settings_file.exists():
        raise UsageError(f"{directory} is not empty and is no workspace", remedy="Choose a new or an empty folder.")
    workspace = Workspace.create(directory, settings_text())
    readme = workspace.root / "README.txt"
    if not readme.exists():
        readme.write_text(STAFF_README, encoding="utf-8")
    say(f"The workspace is ready: [bold]{workspace.root}[/]")
    say("Next: import consents, and drop photos into inbox.")


def settings_text() -> str:
    """anonymiser.toml with every key at its default, each under the explanation that settings.py gives."""
    lines = ["# Settings of this workspace. A key that is left out has the value shown here.", ""]
    for name, field in Settings.model_fields.items():
        section = field.get_default()
        if not isinstance(section, BaseModel):
            raise TypeError(f"{name} is not a section")
        lines += [*_comment(type(section).__doc__), f"[{name}]"]
        for key, setting in type(section).model_fields.items():
            value = getattr(section, key)
            lines += _comment(setting.description)
            if isinstance(value, enum.Enum):
                lines.append(f"# One of: {', '.join(member.value for member in type(value))}.")
            lines.append(f"# {key} =" if value is None else f"{key} = {_toml(value)}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _comment(text: str | None) -> list[str]:
    plain = " ".join((text or "").split())
    return [f"# {line}" for line in textwrap.wrap(plain, 110)]


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case enum.Enum():
            return _toml(value.value)
        case dt.date():
            return value.isoformat()
        case int() | float():
            return repr(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
    raise TypeError(f"no TOML for {type(value).__name__}")
