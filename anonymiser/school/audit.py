"""The audit record for the data protection officer: is it whole, what does it say of one photo or one person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser import wording
from anonymiser.audit.chain import is_marked, keyed, of_person, of_photo, of_signer
from anonymiser.audit.entry import BEFORE_THE_FIRST, Broken, Entry, Head, Kind, Row, check, to_line
from anonymiser.audit.export import Page, Table
from anonymiser.audit.head import head_from_json, head_to_json, signing_key
from anonymiser.audit.story import tell
from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.errors import AuditBroken, LedgerDamaged, UsageError, WorkspaceError
from anonymiser.ledger.item import Whereabouts
from anonymiser.ledger.noting import agree, says_where, where_alone
from anonymiser.school.copies import showing
from anonymiser.school.worksheet import to_do
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId

_PHOTO_ID = re.compile(r"\d{8}-\d{6,}")
_WHAT_NOW = (
    "Keep this computer as it is, and tell the data protection officer: the entries before this one are as they were "
    "written. A backup of data/ shows what the record was."
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The record is whole, and agrees with the ledger."""

    head: Head
    kept: Head | None
    """The hash that was kept elsewhere, if one was given: it is in the record."""
    signed_with: str | None
    """The public key that had signed it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Files that were written for the officer."""

    files: tuple[Path, ...]
    head: Head
    new_key: bool
    """Whether the key for signing was made just now."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened."""

    at: dt.datetime
    """Aware."""
    what: str
    """In plain English."""
    entry: int | None
    """Its number in the audit record; None if it is the register that says so."""
    photo: str | None = None
    by: str = field(default="", repr=False)
    """Who did it, if the ledger still has the name that fits the record's hash."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the program knows of one photo, or holds of one person."""

    about: str
    """The id."""
    is_person: bool
    told: tuple[Told, ...]
    """In order of time."""
    held: tuple[str, ...] = field(repr=False)
    """What is kept now, and why, in plain English."""


class Audit:
    """Made by `School.audit`. Every method raises AuditBroken if the record is not as it was written."""

    def __init__(self, site: Site, register: Callable[[], Register | None]) -> None:
        self._site = site
        self._register = register
        site.note_changes()

    def verify(self, kept: Path | None = None) -> Verified:
        """Check every entry, and that ledger and record agree; with a `kept` head.json, that nothing is missing since.

        The error names the first entry that does not fit. Raises UsageError if `kept` is no such file.
        """
        known = head_from_json(_read(kept)) if kept is not None else None
        last: dict[str, Entry] = {}
        for entry in self._entries(known.head if known else None):
            if entry.about is not None and says_where(entry):
                last[entry.about] = where_alone(entry)
        self._agree(last)
        head = self._site.ledger.audit_head()
        return Verified(head, known.head if known else None, known.signed_with if known else None)

    def export(
        self, folder: Path, *, since: dt.date | None = None, sign: Path | None = None, at: dt.datetime | None = None
    ) -> Exported:
        """Write audit.html, audit.csv, audit.chain and head.json into `folder`, for entries `since` a day if given.

        `sign` is the officer's key (PEM); it is made if there is no such file. The chain is always the whole of it.
        Raises UsageError if the key cannot be used, WorkspaceError if the files cannot be written.
        """
        key, is_new = signing_key(sign) if sign is not None else (None, False)
        lines, table, page = bytearray(), Table(), Page()
        head = Head(0, BEFORE_THE_FIRST)

        def keep(row: Row) -> None:
            nonlocal head
            lines.extend(to_line(row))
            head = Head(row.number, row.hash)

        for entry in self._entries(None, keep):
            if since is None or entry.at.astimezone().date() >= since:
                table.add(entry)
                page.add(entry)
        now = at or dt.datetime.now().astimezone()
        kept = head_to_json(head, now, key)
        signed_with = head_from_json(kept).signed_with
        contents = {
            "audit.html": page.html(head, now, signed_with).encode(),
            "audit.csv": table.text().encode("utf-8-sig"),
            "audit.chain": bytes(lines),
            "head.json": kept.encode(),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in contents.items():
                (folder / name).write_bytes(data)
        except OSError as error:
            raise WorkspaceError(
                f"{folder} cannot be written to: {error.strerror}", remedy="Choose another place."
            ) from error
        return Exported(tuple(folder / name for name in contents), head, is_new)

    def page(self, at: dt.datetime | None = None) -> str:
        """The page that `export` writes, unsigned."""
        page = Page()
        for entry in self._entries(None):
            page.add(entry)
        return page.html(self._site.ledger.audit_head(), at or dt.datetime.now().astimezone(), None)

    def explain(self, text: str) -> Story:
        """The story of one photo, by its id, or of one person, by id or name.

        Of a person, it is what a request for access asks: what is held, why, and since when. Raises UsageError if the
        record knows nothing of it.
        """
        return self._photo(text) if _PHOTO_ID.fullmatch(text) else self._person(text)

    def signed_in(self, by: str) -> None:
        """Somebody opened the desk in a browser; `by` is the account that runs it."""
        self._site.ledger.note_sign_in(by)

    def sign_in_refused(self) -> None:
        """Somebody tried to open the desk without the right link."""
        self._site.ledger.note_refusal("sign-in", "wrong-link")

    def entries(self) -> Iterator[Entry]:
        """Every entry in order, each checked against the one before."""
        return self._entries(None)

    # --- parts -----------------------------------------------------------------------------------------------

    def _entries(self, kept: Head | None, keep: Callable[[Row], None] = lambda _: None) -> Iterator[Entry]:
        def rows() -> Iterator[Row]:
            for row in self._site.ledger.audit_rows():
                keep(row)
                yield row

        try:
            for found in check(rows(), kept):
                if isinstance(found, Broken):
                    raise AuditBroken(f"the audit record is broken: {found.why}", remedy=_WHAT_NOW)
                yield found
        except LedgerDamaged as error:
            raise AuditBroken("the audit record cannot be read: its file is damaged", remedy=_WHAT_NOW) from error

    def _agree(self, last: dict[str, Entry]) -> None:
        """Raise AuditBroken if a row of the ledger is not as its last entry says."""
        for row in self._site.ledger.whereabouts():
            self._agree_about(row.id, last.pop(row.id, None), row)
        for item_id, entry in last.items():
            self._agree_about(item_id, entry, None)

    def _agree_about(self, item_id: str, entry: Entry | None, row: Whereabouts | None) -> None:
        # Asked again at one moment, because a run beside this one may have gone on since.
        if not agree(entry, row) and not self._site.ledger.agrees_about(item_id):
            raise AuditBroken(
                f"ledger and audit record do not agree about photo {item_id}: "
                + (f"entry {entry.number} says otherwise" if entry else "no entry tells of it"),
                remedy=_WHAT_NOW,
            )

    def _photo(self, item_id: str) -> Story:
        entries = [entry for entry in self._entries(None) if entry.about == item_id]
        if not entries:
            raise UsageError("the audit record knows no photo with this id", remedy="See: anonymise status")
        return Story(item_id, is_person=False, told=tuple(self._tell(entries)), held=tuple(self._held_of(item_id)))

    def _tell(self, entries: list[Entry]) -> Iterator[Told]:
        signers = {name.removeprefix(of_signer("")): key for name, key in self._site.ledger.audit_secrets().items()
                   if name.startswith(of_signer(""))}  # fmt: skip
        for entry in entries:
            by = next((name for name, key in signers.items() if is_marked(key, entry, "by")), "")
            yield Told(entry.at, f"{tell(entry)}{self._where(entry)}", entry.number, entry.about, by)

    def _where(self, entry: Entry) -> str:
        """Where a copy was published or taken down, if the ledger still says so, in the words of that day."""
        if entry.kind not in {Kind.PUBLISHED, Kind.TAKEN_DOWN} or entry.about is None:
            return ""
        item, key = self._site.ledger.get(entry.about), self._site.ledger.audit_secret(of_photo(entry.about))
        ledger = self._site.ledger
        places = (*ledger.places(item), *ledger.taken_down(item)) if item is not None else ()
        return next((f": {place}" for place in places if key and keyed(key, "where", place) == entry.data["where"]), "")

    def _held_of(self, item_id: str) -> Iterator[str]:
        item = self._site.ledger.get(item_id)
        if item is None:
            yield "nothing but the entries of this record: its row is gone"
            return
        workspace = self._site.workspace
        if any(entry.kind in {Kind.SEALED, Kind.REFERRED} for entry in self._entries(None) if entry.about == item_id):
            yield "it is sealed: only the safeguarding lead may deal with it"
            return
        yield f"its row in the ledger: event, purpose ({item.event.purpose}), outcome, where faces are"
        if self._site.deliverer.source_of(item) is not None:
            yield "the original, archived in originals/ so that a copy can be made again after a withdrawal"
        if item.output and (workspace.root / item.output).is_file():
            yield f"the copy: {item.output}"
        for reason in item.report.reasons:
            yield f"decided because: {wording.say(reason)}"

    def _person(self, text: str) -> Story:
        register = self._register()
        if register is None:
            raise UsageError("this workspace has no register", remedy="Give the id of a photo.")
        person = register.find(text)
        key = self._site.ledger.audit_secret(of_person(person))
        entries = [entry for entry in self._entries(None) if key is not None and is_marked(key, entry)]
        purposes = map(Purpose, self._site.workspace.settings.publishing.purposes)
        dossier = register.dossier(person, purposes)
        told = [*self._tell(entries), *(Told(entry.at, entry.what, None) for entry in dossier.entries)]
        return Story(
            person,
            is_person=True,
            told=tuple(sorted(told, key=lambda one: one.at)),
            held=tuple(self._held_about(register, person, dossier.templates, dossier.templates_expire)),
        )

    def _held_about(
        self, register: Register, person: PersonId, templates: int, expire: dt.date | None
    ) -> Iterator[str]:
        known = next(known for known in register.people() if known.id == person)
        groups = f", groups {', '.join(sorted(known.groups))}" if known.groups else ""
        yield f"in the register: names (encrypted), role {known.role}{groups}: to apply the family's choices"
        yield "every consent, refusal and withdrawal, listed above with its time: the proof of consent"
        if templates:
            last = f", until {expire:%d/%m/%Y}" if expire else ""
            yield f"face templates: {templates} (encrypted){last}: to recognise them, as the written consent allows"
        copies = showing(self._site, register, person)
        yield f"released copies that show them, or may: {len(copies)}"
        for shown in copies:
            agreed = "still agreed" if shown.agreed else f"no longer agreed: {to_do(shown)}"
            yield f"    photo {shown.item.id}, for {shown.item.event.purpose}, {shown.date:%d/%m/%Y}; {agreed}"
        yield "originals may show them too, whether or not they were recognised: look through originals/ by eye"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", remedy="Give the head.json of an export.") from error
