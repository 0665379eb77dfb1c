"""Consent files brought into the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.csv_import import ParsedFile, parse_file
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.proposal import propose
from anonymiser.consent.register import Register
from anonymiser.consent.tabular import Sheet
from anonymiser.errors import ImportRefused, UsageError
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Imported:
    """A consent file that was read, and what it changed or (dry run) would change."""

    report: ImportReport
    parsed: ParsedFile
    version: int
    """The register's, afterwards."""


@dataclass(frozen=True, slots=True)
class MappingNeeded:
    """Nobody has said yet what this export means; a proposal for a person to check was written beside it."""

    proposal: Path
    inverted: tuple[str, ...]
    """Headings under which a yes may mean no."""

    @property
    def refusal(self) -> ImportRefused:
        """The same as an error."""
        return ImportRefused(
            "the program does not know yet what the columns of this export mean",
            remedy=f"Check {self.proposal}, set confirmed = true, and run again with --mapping {self.proposal.name}",
        )


@dataclass(frozen=True, slots=True)
class BiometricsImported:
    """A list of consents to face recognition, recorded or (dry run) merely read."""

    recorded: int
    """Rows that say something clear about somebody in the register."""
    because: Mapping[PersonId, Reason | None]
    """Why the face of each of these people may not be processed; None where it may."""
    doubtful: Mapping[int, str]
    """Rows that record nothing, by number, and why."""


def import_consents(
    register: Register,
    file: Path,
    mapping: Path | None,
    purposes: tuple[str, ...],
    coverage: Coverage,
    *,
    again: bool,
    dry_run: bool,
) -> Imported | MappingNeeded:
    """All of the file, or nothing. Raises ImportRefused where it is not safe to import."""
    parsed = parse_file(file, mapping, purposes)
    if isinstance(parsed, Sheet):
        return _proposed(file, parsed)
    report = register.import_consents(parsed, coverage, again=again, dry_run=dry_run)
    return Imported(report, parsed, register.version)


def _proposed(file: Path, sheet: Sheet) -> MappingNeeded:
    proposal = propose(sheet)
    target = file.with_name(f"{file.stem}.mapping.toml")
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(proposal.text)
    except FileExistsError:
        pass  # somebody may have worked on it already
    except OSError as error:
        raise ImportRefused(
            f"this export needs a mapping, and {target} cannot be written: {error.strerror}",
            remedy="Copy the export to a folder of your own and try again.",
        ) from error
    return MappingNeeded(target, proposal.inverted)


def import_biometrics(register: Register, file: Path, *, dry_run: bool) -> BiometricsImported:
    """Every clear row; the others are listed. Raises ImportRefused where the file is no such list."""
    listed = read_biometric_file(file)
    entries = []
    doubtful = dict(listed.doubtful)
    for row in listed.rows:
        try:
            entries.append((register.find(row.person), row.record, row.evidence))
        except UsageError as error:
            doubtful[row.row] = error.message
    rulings = register.record_biometrics(entries, dry_run=dry_run)
    because = {person: ruling.because for (person, _, _), ruling in zip(entries, rulings, strict=True)}
    return BiometricsImported(len(entries), because, dict(sorted(doubtful.items())))
