"""What a new workspace starts with: every setting, explained, and a note for staff."""

from __future__ import annotations

import enum
import textwrap
from pathlib import Path

import tomlkit
from pydantic import BaseModel
from tomlkit.container import Container
from tomlkit.items import Table

from anonymiser.errors import UsageError
from anonymiser.settings import FILE_NAME, Settings
from anonymiser.workspace import Workspace

_COMMENT_COLUMNS = 110

STAFF_README = """\
What the folders are for

inbox        Put photos here. A folder inside it is an event ("Sports day"); never name it after a child.
outbox       Finished copies that may be published, a folder for each purpose.
review       Copies that wait for a person. Read the .txt beside each photo. To publish the photo, move it into
             the folder "approve"; if it must not be used, into "reject". Do not edit it.
quarantine   Files that could not be processed. Read the .txt beside each.
sealed       For the designated safeguarding lead only. Do not open.
originals    The photos as they arrived. Not for publishing.
data         The program's own records. Do not change anything in it.

A child is obscured unless the program is sure who it is and that the family has agreed. Anything unclear waits in
review. Nothing leaves this computer.
"""


def new_workspace(root: Path, settings: Settings | None = None) -> Workspace:
    """Make a workspace with its settings file and README.txt; safe to call again on a workspace.

    `settings` are written if there is no settings file yet (default: every key at its default). Raises UsageError if
    `root` holds other things, WorkspaceError if it cannot be written to.
    """
    was_one = (root / "data").is_dir()  # its settings file was deleted: written again with every default
    if root.is_dir() and any(root.iterdir()) and not (root / FILE_NAME).exists() and not was_one:
        raise UsageError(f"{root} is not empty and is not a workspace", remedy="Choose a new or an empty folder.")
    workspace = Workspace.create(root, settings_text(settings))
    readme = workspace.root / "README.txt"
    if not readme.exists():
        readme.write_text(STAFF_README, encoding="utf-8")
    return workspace


def settings_text(settings: Settings | None = None) -> str:
    """anonymiser.toml with every key of `settings` (default: the defaults), each under its explanation."""
    document = tomlkit.document()
    document.add(tomlkit.comment("Settings of this workspace. A key that is left out has the value shown here."))
    for name, section in settings or Settings():
        if not isinstance(section, BaseModel):
            raise TypeError(f"{name} is not a section")
        document.add(tomlkit.nl())
        _add_comment(document, type(section).__doc__)
        table = _section(section)
        document.add(name, table)
        table.trivia.indent = ""  # no blank line between a section and its explanation
    return tomlkit.dumps(document)


def _section(section: BaseModel) -> Table:
    table = tomlkit.table()
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        _add_comment(table, field.description)
        if isinstance(value, enum.Enum):
            table.add(tomlkit.comment(f"One of: {', '.join(member.value for member in type(value))}."))
        if value is None:
            table.add(tomlkit.comment(f"{key} ="))  # TOML has no word for "not given"
        else:
            table.add(key, value.value if isinstance(value, enum.Enum) else value)
    return table


def _add_comment(place: Container | Table, text: str | None) -> None:
    for line in textwrap.wrap(" ".join((text or "").split()), _COMMENT_COLUMNS):
        place.add(tomlkit.comment(line))
