"""Photos that come as a stream of bytes, put into the inbox for an event as if staff had dropped them there."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anonymiser.consent.people import group_key
from anonymiser.consent.register import Register
from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import UsageError
from anonymiser.intake.claim import EVENT_FILE, is_left_alone
from anonymiser.intake.events import LONGEST_LABEL, EventOverrides, Events
from anonymiser.photo.sniff import Picture, sniff
from anonymiser.school.upload import Upload
from anonymiser.workspace import Workspace

_HEAD_BYTES = 4096
_MOST_FOLDERS = 99
"""Events of one label that differ in purpose, group or date."""
_UNUSABLE = re.compile(r"[@_$#].*|(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows allows for no folder, and those that systems and sync clients begin theirs with."""
_SUFFIXES = {
    Picture.JPEG: ".jpg", Picture.PNG: ".png", Picture.WEBP: ".webp", Picture.TIFF: ".tif", Picture.BMP: ".bmp",
    Picture.GIF: ".gif", Picture.HEIC: ".heic", Picture.AVIF: ".avif",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drop:
    """A folder of the inbox, with what was said about its photos."""

    folder: Path
    work: Path
    label: str

    def receive(self) -> Arriving:
        """A photo that is about to come; use it as a context manager."""
        return Arriving(self)


class Arriving(Upload):
    """One photo that comes in pieces. Nobody sees it before `finish`; without that, it never was."""

    def __init__(self, drop: Drop) -> None:
        super().__init__(drop.work)
        self._drop = drop
        self._head = b""

    def write(self, piece: bytes) -> None:
        """The next bytes. Raises DiskFullError."""
        if len(self._head) < _HEAD_BYTES:
            self._head += piece[: _HEAD_BYTES - len(self._head)]
        super().write(piece)

    def finish(self) -> None:
        """All of it has come: put it into the inbox, under a name of ours. Raises DiskFullError, OSError."""
        self.close()
        kind = sniff(self._head)
        suffix = _SUFFIXES[kind] if isinstance(kind, Picture) else ".bin"
        with files.full_disk_is_said():
            files.make_folder(self._drop.folder)
            files.move_new(self.part, self._drop.folder / f"photo-{secrets.token_hex(6)}{suffix}")


def prepare_drop(
    site: Site,
    register: Register | None,
    label: str,
    purposes: Sequence[str],
    *,
    group: str | None,
    date: dt.date | None,
) -> Drop:
    """A folder named after the event, with an event.toml that says what its photos are for.

    Raises UsageError if the label is empty, too long or names somebody, or a purpose or group does not exist.
    """
    workspace = site.workspace
    if not label.strip() or not any(map(str.isalnum, label)):
        raise UsageError("the event has no name", remedy='Give it a general one, such as "Sports day".')
    if len(label.strip()) > LONGEST_LABEL:
        raise UsageError("the name of the event is too long", remedy=f"Use at most {LONGEST_LABEL} characters.")
    if not purposes:
        raise UsageError("nobody said what the photos are for", remedy="Choose at least one purpose.")
    if group and not _exists(register, group):
        raise UsageError("the register has nobody in this group", remedy="Choose a group from the list, or none.")
    overrides = EventOverrides(label=label, purposes=tuple(purposes), group=group or None)
    event = Events(workspace.inbox, workspace.settings.publishing, site.contexts.names_someone, overrides).unnamed
    text = _event_file(event.label, purposes, group, date)
    return Drop(_folder(workspace, event.label, text), workspace.work, event.label)


def groups_of(register: Register | None) -> tuple[str, ...]:
    """Every group of the school's list, in order."""
    if register is None:
        return ()
    found = {group_key(group): group for person in register.people() if person.present for group in person.groups}
    return tuple(found[key] for key in sorted(found))


def _exists(register: Register | None, group: str) -> bool:
    return group_key(group) in map(group_key, groups_of(register))


def _event_file(label: str, purposes: Iterable[str], group: str | None, date: dt.date | None) -> str:
    lines = [f"label = {_quoted(label)}", f"purpose = [{', '.join(map(_quoted, dict.fromkeys(purposes)))}]"]
    lines += [f"group = {_quoted(group)}"] if group else []
    lines += [f"date = {date.isoformat()}"] if date else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is a TOML basic string


def _folder(workspace: Workspace, label: str, text: str) -> Path:
    """The folder with exactly this event.toml, or a new one."""
    name = files.safe_name(label, limit_bytes=80)
    if _UNUSABLE.fullmatch(name) or is_left_alone(name):
        name = f"Event {name.replace('.', ' ')}"
    for number in range(1, _MOST_FOLDERS + 1):
        folder = workspace.inbox / (name if number == 1 else f"{name} {number}")
        said = folder / EVENT_FILE
        if said.is_file() and said.read_text(encoding="utf-8-sig") == text:
            return folder
        if not folder.exists():
            files.make_folder(folder)
            files.write_text(said, text)
            return folder
    raise UsageError("there are too many events of this name", remedy="Give the event another name.")
