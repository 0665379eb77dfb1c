"""Consent files brought into the register, and which person or purpose of it a user means."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

from anonymiser.consent.biometric_import import BiometricRow, read_biometric_file
from anonymiser.consent.csv_import import parse, parse_file
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.mapping import load_mapping
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.proposal import Proposal, propose
from anonymiser.consent.register import Register
from anonymiser.consent.rules import BiometricFact, BiometricRecord
from anonymiser.consent.table import Sheet
from anonymiser.errors import ImportRefused, UsageError
from anonymiser.settings import Settings
from anonymiser.settings_errors import parsed
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Reason


class Choices(TypedDict, total=False):
    """What a person may say about an import; each is False if nobody does."""

    again: bool
    """The file was imported before and followed by another, but is still the newest."""
    dry_run: bool
    """Say what would change, and change nothing."""
    accept_new_yes: bool
    """A no on record may become a yes, although no date shows which is newer."""
    accept_turned: bool
    """Most answers for a purpose may be the opposite of before."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A consent file that was read, and what it changed or, in a dry run, would change."""

    report: ImportReport
    parsed: ParsedFile
    version: int
    """Version of the register afterwards."""


@dataclass(frozen=True, slots=True)
class MappingNeeded:
    """Nobody has yet said what this export means."""

    target: Path
    """Where the mapping belongs: beside the export, with its name."""
    proposal: Proposal
    """For a person to complete and to check."""

    @property
    def untouched(self) -> bool:
        """Whether nobody has worked on the file at `target` yet."""
        return not self.target.exists() or self.target.read_text(encoding="utf-8") == self.proposal.text

    def keep(self, confirmed: Proposal) -> None:
        """Write what a person has confirmed. Raises ImportRefused if it cannot be written."""
        self._write(confirmed.render(confirmed=True))

    def leave_proposal(self) -> None:
        """Write the proposal if there is no file yet. Raises ImportRefused like `keep`."""
        if not self.target.exists():
            self._write(self.proposal.text)

    def _write(self, text: str) -> None:
        try:
            self.target.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ImportRefused(
                f"this export needs a mapping, and {self.target} cannot be written: {error.strerror}",
                remedy="Copy the export to a folder of your own and try again.",
            ) from error

    @property
    def refusal(self) -> ImportRefused:
        """The same as an error."""
        return ImportRefused(
            "the program does not know yet what the columns of this export mean",
            remedy=f"Check {self.target}, set confirmed = true, and run again with --mapping {self.target.name}",
        )


@dataclass(frozen=True, slots=True)
class BiometricsImported:
    """A list of consents to face recognition, recorded or, in a dry run, only read."""

    recorded: int
    """Rows that say something clear about somebody in the register."""
    because: Mapping[PersonId, Reason | None]
    """Why the face of each of these people may not be processed; None if it may."""
    doubtful: Mapping[int, str]
    """Rows that record neither a consent nor a refusal, by number, and why; whoever they are about is in doubt."""
    noticed: Mapping[int, str] = field(default_factory=dict)
    """Rows that count, but that a person should look at, and why."""


def import_consents(
    register: Register,
    file: Path,
    mapping: Path | None,
    purposes: tuple[str, ...],
    coverage: Coverage,
    **choices: Unpack[Choices],
) -> Imported | MappingNeeded:
    """All of the file, or nothing; `mapping` defaults to a confirmed one beside it.

    Raises ImportRefused if it is not safe to import.
    """
    parsed = parse_file(file, mapping, purposes)
    if isinstance(parsed, Sheet):
        target = file.with_name(f"{file.stem}.mapping.toml")
        if not _is_confirmed(target):
            return MappingNeeded(target, propose(parsed))
        parsed = parse(parsed, load_mapping(target))
    report = register.import_consents(parsed, coverage, **choices)
    return Imported(report, parsed, register.version)


def find_person(register: Register | None, text: str) -> PersonId:
    """Whom a user means by an id or a name. Raises UsageError if nobody was registered, or it is unclear."""
    if register is None:
        raise UsageError("this workspace has no register", remedy="Import consents: anonymise consent import")
    return register.find(text)


def known_purpose(settings: Settings, text: str) -> Purpose:
    """One of the school's purposes. Raises UsageError for any other."""
    purposes = settings.publishing.purposes
    if text not in purposes:
        raise UsageError(f"this school has no purpose {text!r}", remedy=f"Use one of: {', '.join(purposes)}.")
    return Purpose(text)


def _is_confirmed(target: Path) -> bool:
    """Whether a person has confirmed the mapping; one that cannot be read is reported when it is loaded."""
    try:
        return parsed(target.read_text(encoding="utf-8-sig")).get("confirmed") is True
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def import_biometrics(register: Register, file: Path, *, dry_run: bool) -> BiometricsImported:
    """Every clear row; whoever another row may be about is in doubt, and no longer recognised until a person decides.

    Raises ImportRefused if the file is not such a list.
    """
    listed = read_biometric_file(file)
    doubtful = dict(listed.doubtful)
    cells = {cell for found in listed.may_be_about.values() for cell in found}
    in_doubt = {person for cell in cells for person in _found(register, cell)}
    clear: dict[PersonId, list[BiometricRow]] = {}
    for row in listed.rows:
        try:
            clear.setdefault(register.find(row.person), []).append(row)
        except UsageError as error:
            doubtful[row.row] = error.message
    entries = []
    for person, rows in clear.items():
        consents = [row for row in rows if row.record.fact is BiometricFact.CONSENT]
        if len({row.record for row in consents}) > 1:
            doubtful |= {row.row: "another row about the same person has other dates: delete one" for row in consents}
            in_doubt.add(person)
            consents = []
        refusals = [row for row in rows if row.record.fact.refuses]
        entries += [(person, row.record, row.evidence) for row in (*consents, *refusals)]
    doubts = [(person, BiometricRecord(0, BiometricFact.DOUBT), "") for person in sorted(in_doubt)]
    rulings = register.record_biometrics([*entries, *doubts], dry_run=dry_run)  # a doubt counts against a clear row
    because = {person: ruling.because for (person, _, _), ruling in zip([*entries, *doubts], rulings, strict=True)}
    return BiometricsImported(len(entries), because, dict(sorted(doubtful.items())), dict(listed.noticed))


def _found(register: Register, cell: str) -> Iterable[PersonId]:
    try:
        yield register.find(cell)
    except UsageError:
        return
