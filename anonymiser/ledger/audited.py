"""The audit record of a ledger's workspace: asked, and told of what is not a change of a row."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from anonymiser.audit.chain import Recorder, about, audit_secrets, head, page, secret
from anonymiser.audit.entry import Datum, Head, Kind, Row, parsed
from anonymiser.consent.changes import Changes
from anonymiser.ledger.noting import agree, says_where
from anonymiser.ledger.store import LedgerStore, recall, remember
from anonymiser.ledger.tables import from_row, items

_NOTED = "audit-register"
_NEVER: dict[str, str | int | float] = {"version": 0, "at": ""}


class AuditedLedger(LedgerStore):
    """The part of the ledger that is the audit record."""

    noted_version = 0
    """Of the register: the newest that this process knows to be in the record."""

    def audit_rows(self) -> Iterator[Row]:
        """Every entry, as it is stored, a page at a time. Raises LedgerDamaged if it cannot be read."""
        last: int | None = None  # not 0: a number that somebody made negative is no longer seen then
        while True:
            with self._begin() as connection:
                rows = page(connection, last)
            if not rows:
                return
            yield from rows
            if last is not None and rows[-1].number <= last:
                return
            last = rows[-1].number

    def audit_head(self) -> Head:
        """The newest entry."""
        with self._begin() as connection:
            return head(connection)

    def agrees_about(self, item_id: str) -> bool:
        """Whether the photo's row, at this moment, is as the last entry about it says."""
        with self._begin() as connection:
            entries = (parsed(row.text) for row in about(connection, item_id))
            last = next(filter(says_where, entries), None)
            row = connection.execute(sa.select(items).where(items.c.id == item_id)).one_or_none()
        return agree(last, None if row is None else from_row(row._mapping))  # noqa: SLF001 - public in SQLAlchemy

    def audit_secrets(self) -> dict[str, bytes]:
        """Every key of hashes in the record, by what they are about."""
        s = audit_secrets.c
        with self._begin() as connection:
            return {row.subject: row.secret for row in connection.execute(sa.select(s.subject, s.secret))}

    def audit_secret(self, subject: str) -> bytes | None:
        """The key of the hashes about a subject; None if it has none, or they have been made meaningless."""
        with self._begin() as connection:
            return secret(connection, subject)

    def noted_change(self) -> tuple[int, str]:
        """Version and moment of the newest change of the register that is in the record."""
        with self._begin() as connection:
            noted = recall(connection, _NOTED) or _NEVER
        self.noted_version = int(noted["version"])
        return self.noted_version, str(noted["at"])

    def note_changes(self, changes: Changes) -> None:
        """Write down what became of the register; changes that are in the record already are passed over."""
        with self._begin() as connection:
            recorder = Recorder(connection)
            noted = recall(connection, _NOTED) or _NEVER
            if changes.replaced and int(noted["version"]) == changes.after:
                recorder.add(Kind.REGISTER_REPLACED, data={"version": changes.after})
                noted = _NEVER
            for change in changes.rows:
                if change.version <= int(noted["version"]):
                    continue
                data: dict[str, Datum] = {"version": change.version, "what": change.kind}
                data |= {"since": change.at.isoformat(), "rows": dict(change.counts)}
                data |= {} if change.sha256 is None else {"file": change.sha256}
                data |= {} if change.gate_open is None else {"open": change.gate_open}
                recorder.add(_KINDS.get(change.kind, Kind.CONSENTS), data=data, people=change.people)
                noted = {"version": change.version, "at": change.at.isoformat()}
            remember(connection, _NOTED, noted)
        self.noted_version = int(noted["version"])

    def note_refusal(self, what: str, why: str, item_id: str | None = None, *, by: str = "") -> None:
        """The program did not do `what` it was asked for, for the reason with the code `why`."""
        with self._begin() as connection:
            Recorder(connection).add(Kind.REFUSED, item_id, {"what": what, "why": why}, by=by)

    def note_devices(self, what: str, number: int) -> None:
        """The list of devices was changed with the program: `what` was done to it, and how many entries it has now."""
        with self._begin() as connection:
            Recorder(connection).add(Kind.DEVICES, data={"what": what, "entries": number})

    def note_sign_in(self, by: str, role: str = "") -> None:
        """Somebody has opened the desk in a browser; with a `role`, somebody of the staff list has signed in."""
        with self._begin() as connection:
            Recorder(connection).add(Kind.SIGNED_IN, data={"role": role} if role else None, by=by)

    def note_staff(self, what: str, role: str, whom: str, by: str) -> None:
        """The staff list has changed: `what` happened to somebody with this role."""
        with self._begin() as connection:
            Recorder(connection).add(Kind.STAFF, data={"what": what, "role": role}, by=by, whom=whom)


_KINDS = {"import": Kind.IMPORT, "gate": Kind.GATE}
