"""Which event a file belongs to: the folder's name, an optional event.toml in it, and the command line above both."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
import time
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from pydantic import BaseModel, ConfigDict, ValidationError

from anonymiser.delivery import files
from anonymiser.errors import UsageError
from anonymiser.intake.claim import EVENT_FILE, finished_name
from anonymiser.settings import Publishing
from anonymiser.settings_errors import explained, parsed, unreadable_line
from anonymiser.values.consent import Event, Medium, Purpose
from anonymiser.values.slug import slug

DEFAULT_LABEL = "School photo"
LONGEST_LABEL = 80
_LARGEST_EVENT_FILE = 64 * 1024
_MOST_FOLDERS = 1000
_FRESH_SECONDS = 1.0
"""For so long the names in a folder are remembered, so that a large folder is not listed once for each photo."""

_TEXT_SUFFIX = re.compile(
    r"\.(toml|tml|tom|txt|text|rtf|rtfd|docx?|odt|pages|xlsx?|ods|numbers|ini|cfg|conf|ya?ml|json|csv|md|html?|log"
    r"|bak|old|orig|swp|lnk|url|webloc|desktop)$"
)
_KEPT_BESIDE = ("~", "#", ".bak", ".old", ".orig", ".save", ".swp", ":zone.identifier")
_WITHIN = re.compile(r"\bevents?[\W_]*toml\b")
_AS_UTF8 = "Save it again as plain text in UTF-8: in Notepad, File > Save as, and UTF-8 beside Encoding."
_COUNTED = re.compile(r"(\s*\(\d+\)|[\s_-]+(copy|kopie|copie|shortcut|alias)(\s*\(?\d*\)?)?)$")
"""What computers add to a name that is taken, or to a link: "event (1).toml", "event - Copy.toml"."""


def is_misnamed_event_file(name: str) -> bool:
    """Whether somebody meant this file to be event.toml, and the name is another ("Event.TOML", "event.rtf").

    So is one that is still being written, that stands for one in a cloud, or that leads to one.
    """
    if name == EVENT_FILE or name.startswith("._"):
        return False
    seen = "".join(sign for sign in finished_name(name) if unicodedata.category(sign) != "Cf")
    plain = unicodedata.normalize("NFKC", seen).casefold().strip(" .~")
    if plain.endswith(".toml") or _WITHIN.search(plain.replace("_", " ")):
        return True
    stem = plain
    while (shorter := _COUNTED.sub("", _TEXT_SUFFIX.sub("", stem)).strip(" .-_")) != stem:
        stem = shorter
    return re.fullmatch(r"events?([\s._-]*toml)?", stem) is not None


@dataclass(frozen=True, slots=True)
class EventOverrides:
    """What the command line says about every photo of a run; None if it says nothing."""

    label: str | None = None
    purposes: tuple[str, ...] = ()
    medium: Medium | None = None
    group: str | None = None


class _EventFile(BaseModel):
    """The keys that event.toml may contain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | None = None
    purpose: str | tuple[str, ...] = ()
    group: str | None = None
    date: dt.date | None = None

    @property
    def purposes(self) -> tuple[str, ...]:
        """One or several; none where the file does not say."""
        return (self.purpose,) if isinstance(self.purpose, str) else self.purpose

    def filled_from(self, above: _EventFile) -> _EventFile:
        """With what this one does not say taken from the one of a folder above."""
        return _EventFile(
            label=self.label or above.label,
            purpose=self.purpose or above.purpose,
            group=self.group or above.group,
            date=self.date or above.date,
        )


class Events:
    """Answers for every file of one folder tree."""

    def __init__(
        self,
        root: Path,
        publishing: Publishing,
        names_someone: Callable[[str], bool | None],
        overrides: EventOverrides | None = None,
    ) -> None:
        """`names_someone` says whether a text tells of somebody in the register, or None if nobody can be sure.

        Then a name of a folder, or a label that somebody typed, does not become the label: a general one does.

        Raises UsageError if the overrides themselves cannot be used.
        """
        self._root = root
        self._publishing = publishing
        self._names_someone = names_someone
        self._overrides = overrides or EventOverrides()
        self.generalised: list[str] = []
        """What became no label because it may tell of somebody: a folder, an event.toml, or "--event", each once."""
        self.unnamed = self._events(_EventFile(), folder_label=DEFAULT_LABEL, place="the command line")[0]
        """The event of files about which nothing else is said."""
        self._names: dict[PurePath, tuple[float, frozenset[str]]] = {}
        """By folder: when it was listed, and what looks like an event file in it."""

    def of(self, relative: PurePath) -> tuple[Event, ...]:
        """The event of the file at `relative`, once for each purpose for which a copy is wanted.

        Raises UsageError if the folder's name or event.toml cannot be used; the message names no one.
        """
        folder = relative.parent
        whole = _EventFile()
        nearest = label_at = None
        for place in (folder, *folder.parents):
            found = self._read(place)
            self._refuse_misnamed(place)
            if found is not None:
                nearest = place if nearest is None else nearest
                label_at = place if label_at is None and found.label else label_at
                whole = whole.filled_from(found)
        if nearest is not None:
            where = nearest if label_at is None else label_at / EVENT_FILE
            return self._events(whole, folder_label=nearest.name or DEFAULT_LABEL, place=EVENT_FILE, where=where)
        label = folder.parts[0] if folder.parts else DEFAULT_LABEL
        where = PurePath(*folder.parts[:1])
        return self._events(whole, folder_label=label, place="the folder's name", where=where)

    def again(self, before: Event) -> tuple[Event, ...]:
        """The event of a file that is taken once more: as it was, except for what the command line says this time.

        Raises UsageError if that can no longer be used.
        """
        file = _EventFile(label=before.label, purpose=before.purpose, group=before.group, date=before.date)
        return self._events(file, folder_label=DEFAULT_LABEL, place="the first run")

    def source(self, relative: PurePath) -> PurePath:
        """What is wrong with the event of the file at `relative`: an event.toml, or a folder with a file like it.

        If neither is, then what says the event: the event.toml that has the label, the nearest one, or a folder.
        """
        folder = relative.parent
        nearest = labelled = None
        for place in (folder, *folder.parents):
            file = place / EVENT_FILE
            try:
                found = self._read(place)
                self._refuse_misnamed(place)
            except UsageError:
                return file if os.path.lexists(self._root / file) else place
            if found is not None:
                nearest = nearest or file
                labelled = labelled or (file if found.label else None)
        return labelled or nearest or PurePath(*folder.parts[:1])

    def sources(self, relative: PurePath) -> tuple[PurePath, ...]:
        """Everything that may have been wrong with the event of the file at `relative`."""
        return tuple(place for folder in relative.parents for place in (folder / EVENT_FILE, folder))

    def _refuse_misnamed(self, folder: PurePath) -> None:
        if self._misnamed(folder):
            raise UsageError(
                f"a file beside the photos looks like {EVENT_FILE}, but that is not exactly its name",
                remedy=f"Save it as plain text under the name {EVENT_FILE}, in small letters, with nothing behind it "
                "(in Windows Explorer, View > Show > File name extensions shows the whole name), or take it away.",
            )

    def _misnamed(self, folder: PurePath) -> frozenset[str]:
        at, found = self._names.get(folder, (float("-inf"), frozenset[str]()))
        if time.monotonic() - at < _FRESH_SECONDS:
            return found
        try:
            names = files.names_in(self._root / folder)
        except OSError:
            names = []  # nothing in it can be taken then
        if len(self._names) > _MOST_FOLDERS:
            self._names.clear()
        found = frozenset(
            name
            for name in names
            # "Events" is what a school calls a folder of folders; "event.rtfd" is a Mac's document, and a folder too.
            if is_misnamed_event_file(name) and ("." in name or not (self._root / folder / name).is_dir())
        )
        if EVENT_FILE in names:  # what an editor keeps beside the file that it wrote
            found = frozenset(name for name in found if not name.lower().endswith(_KEPT_BESIDE))
        self._names[folder] = (time.monotonic(), found)
        return found

    def _events(
        self, file: _EventFile, *, folder_label: str, place: str, where: PurePath | None = None
    ) -> tuple[Event, ...]:
        overrides, publishing = self._overrides, self._publishing
        label = _clean(overrides.label or file.label or folder_label)
        named = self._names_someone(label)
        if named is None:
            label = DEFAULT_LABEL
            said = "--event" if overrides.label else where.as_posix() if where else place
            self.generalised += [said] if said not in self.generalised else []
        if named:
            raise UsageError(
                f"the event's label ({place}) holds the name of somebody in the register",
                remedy='Give it a general label such as "Sports day": it becomes part of published file names.',
            )
        purposes = overrides.purposes or file.purposes or (publishing.default_purpose,)
        self._check(purposes, place)
        return tuple(
            Event(
                label=label,
                purpose=Purpose(purpose),
                medium=overrides.medium or Medium.IMAGE,
                group=overrides.group or file.group,
                date=file.date,
            )
            for purpose in dict.fromkeys(purposes)
        )

    def _read(self, folder: PurePath) -> _EventFile | None:
        path = self._root / folder / EVENT_FILE
        try:
            status = path.lstat()
        except OSError:
            return None
        remedy = "It may hold label, purpose, group and date, one a line, such as: date = 2026-06-19."
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_EVENT_FILE:
            raise UsageError(f"{EVENT_FILE} is not a small text file", remedy=remedy)
        try:
            text = path.read_text(encoding="utf-8-sig")
            found = _EventFile.model_validate(parsed(text))
        except UnicodeDecodeError as error:
            raise UsageError(f"{EVENT_FILE} is not plain text in UTF-8", remedy=_AS_UTF8) from error
        except OSError as error:
            raise UsageError(f"{EVENT_FILE} cannot be read", remedy=remedy) from error
        except tomllib.TOMLDecodeError as error:
            raise UsageError(
                f"{EVENT_FILE}, {unreadable_line(error)}, cannot be understood",
                remedy="Each line is a key, an equals sign and a value, with quotation marks around words.",
            ) from error
        except ValidationError as error:
            raise UsageError(f"{EVENT_FILE}, {explained(error, text, _EventFile)}", remedy=remedy) from error
        if not self._overrides.purposes:
            self._check(found.purposes, EVENT_FILE)
        return found

    def _check(self, purposes: tuple[str, ...], place: str) -> None:
        known = self._publishing.purposes
        if not set(purposes) <= set(known):
            raise UsageError(
                f"the purpose given by {place} is none of: {', '.join(known)}",
                remedy="Use one of these, or add the purpose to anonymiser.toml.",
            )


def _clean(label: str) -> str:
    """One line of visible characters, not too long."""
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in label)
    return " ".join(visible.split())[:LONGEST_LABEL].strip() or DEFAULT_LABEL


def output_stem(event: Event, taken_on: str | None, today: dt.date) -> str:
    """`outbox/<purpose>/<label>-<date>`: the name of a released copy before its number."""
    date = event.date.isoformat() if event.date else taken_on or today.isoformat()
    return f"outbox/{slug(event.purpose)}/{slug(event.label)}-{date}"
