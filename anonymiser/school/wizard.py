"""A consent export that somebody brings in step by step: what its columns mean, what would change, then the change.

The export lies in the folder for what is being processed until it is recorded or dropped. What was said of its columns
is kept for the next export, as the same mapping file that the command line uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.header import normalised
from anonymiser.consent.importing import Coverage
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.proposal import Proposal, Question, propose, samples
from anonymiser.consent.register import Register
from anonymiser.consent.table import Sheet
from anonymiser.delivery import files
from anonymiser.errors import ImportRefused
from anonymiser.school.consents import Choices, Imported, MappingNeeded, import_consents
from anonymiser.school.upload import Upload
from anonymiser.workspace import Workspace

_MAPPING = ".mapping.toml"
SAVED_MAPPING = "consents.mapping.toml"
"""In the workspace's `data` folder: what the columns of the last export meant."""


@dataclass(slots=True)
class ConsentFile:
    """One export on its way into the register."""

    path: Path
    saved: Path
    """Where the mapping is kept for the next export."""
    purposes: tuple[str, ...]
    proposal: Proposal | None = None
    """What is known of the columns; None if the file needs no mapping."""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Headings, and a few cells of each."""
    changed: str = ""
    """Why the mapping of the last export does not fit this one."""
    mapping: Path | None = None
    """What a person has confirmed."""

    def read(self) -> None:
        """Look at the file: does it need a mapping, and is there one from last time? Raises ImportRefused."""
        with _the_file_is_named(self.path):
            sheet = parse_file(self.path, None, self.purposes)
            if not isinstance(sheet, Sheet):
                return
            if self.saved.is_file():
                try:
                    parse_file(self.path, self.saved, self.purposes)
                except ImportRefused as refusal:
                    self.changed = refusal.message
                else:
                    self.mapping = self.saved
                    return
            self.proposal = propose(sheet)
            self.columns = samples(sheet)

    def confirm(self, proposal: Proposal) -> None:
        """What a person says the columns mean. Raises ImportRefused if it cannot be written."""
        needed = MappingNeeded(self.path.with_suffix(_MAPPING), proposal)
        needed.keep(proposal)
        self.proposal, self.mapping = proposal, needed.target

    def apply(self, register: Register, coverage: Coverage, **choices: Unpack[Choices]) -> Imported:
        """Record all of it, or in a dry run say what would change. Raises ImportRefused."""
        with _the_file_is_named(self.path):
            done = import_consents(register, self.path, self.mapping, self.purposes, coverage, **choices)
        if isinstance(done, MappingNeeded):
            raise done.refusal
        if not choices.get("dry_run"):
            if self.mapping is not None and self.mapping != self.saved:
                files.replace(self.mapping, self.saved)
            self.discard()
        return done

    def discard(self) -> None:
        """Remove the export, and what was said of it."""
        files.unlink(self.path)
        files.unlink(self.path.with_suffix(_MAPPING))

    @property
    def name(self) -> str:
        """Of the upload, for whoever wants to know whether it is the same."""
        return self.path.stem


class ConsentUpload(Upload):
    """An export that comes in pieces."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.work)
        self._workspace = workspace

    def finish(self) -> ConsentFile:
        """All of it has come. Raises ImportRefused if it is no list of consents."""
        self.close()
        workspace = self._workspace
        found = ConsentFile(self.part, workspace.data / SAVED_MAPPING, workspace.settings.publishing.purposes)
        found.read()
        self.kept = True
        return found


def answers(question: Question) -> tuple[str, ...]:
    """Answers that may mean agreement, each once however it is spelt."""
    found = {normalised(value): value for value in reversed(question.values)}
    return tuple(value for key, value in reversed(found.items()) if key not in NEVER_AGREED)


def silent_answers(question: Question) -> tuple[str, ...]:
    """Answers that never mean agreement, whatever anybody says."""
    return tuple(value for value in question.values if normalised(value) in NEVER_AGREED)


def answered(question: Question, purpose: str, media: tuple[str, ...], granted: tuple[str, ...]) -> Question:
    """The question with everything that a person says of it."""
    return replace(question.meaning_yes(granted), purpose=purpose, media=media)


@contextmanager
def _the_file_is_named(path: Path) -> Iterator[None]:
    """Errors speak of "the file": its name is ours, and tells nobody anything."""
    try:
        yield
    except ImportRefused as error:
        message = error.message
        for name in (str(path.with_suffix(_MAPPING)), str(path), path.with_suffix(_MAPPING).name, path.name):
            message = message.replace(name, "the file")
        raise ImportRefused(message, remedy=error.remedy) from None
