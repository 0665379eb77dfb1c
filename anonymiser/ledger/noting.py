"""What the ledger writes into the audit record, in the same transaction as the row that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from anonymiser.audit.chain import Recorder, audit_secrets, delete_secrets, of_person, of_photo, of_signer
from anonymiser.audit.entry import Datum, Entry, Kind
from anonymiser.ledger.item import Item, ReviewVerdict, Whereabouts
from anonymiser.ledger.tables import from_row, items
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import CLUES
from anonymiser.values.report import OutcomeKind, PhotoReport
from anonymiser.values.ruling import Rulings, Show

LEDGER_ROW = "ledger row"
"""What an entry of the kind `deleted` calls the row of a photo."""
_ASKED = ("state", "outcome", "verdict", "what")
"""The data by which `agree` compares an entry with a row."""


def note(
    connection: sa.Connection,
    kind: Kind,
    item: Item,
    data: dict[str, Datum] | None = None,
    *,
    people: frozenset[PersonId] = frozenset(),
    by: str = "",
) -> None:
    """An entry about the row of `item`, as it is now; the last one of each photo agrees with its row."""
    Recorder(connection).add(kind, item.id, {**standing(item), **(data or {})}, people=people, by=by)


def standing(item: Item | Whereabouts) -> dict[str, Datum]:
    """Where a photo stands, as the record has it."""
    return {"state": item.state, "outcome": item.outcome, "verdict": item.verdict}


def where_alone(entry: Entry) -> Entry:
    """The entry with no more than what `agree` asks of it."""
    return replace(entry, data={key: entry.data[key] for key in _ASKED if key in entry.data})


def says_where(entry: Entry) -> bool:
    """Whether the entry tells where its photo stands, or that its row is gone."""
    return entry.about is not None and ("state" in entry.data or is_end(entry))


def is_end(entry: Entry) -> bool:
    """Whether the photo's row is gone with this entry."""
    return entry.kind is Kind.DROPPED or (entry.kind is Kind.DELETED and entry.data.get("what") == LEDGER_ROW)


def agree(entry: Entry | None, item: Item | Whereabouts | None) -> bool:
    """Whether a photo's row is as the last entry that tells where it stands."""
    if entry is None or is_end(entry):
        return item is None
    return item is not None and all(entry.data.get(name) == value for name, value in standing(item).items())


def note_decided(connection: sa.Connection, item: Item, by: str | None, made_by: Mapping[str, str]) -> None:
    """What is about to happen to the photo: by the program's decision, or because of what a person said."""
    recorder = Recorder(connection)
    kind = Kind.DECIDED if by is None else Kind.REVIEWED
    data = standing(item) | {
        "copy": recorder.keyed(item.id, "copy", item.output_sha256),
        "basis": recorder.keyed(item.id, "basis", item.context),
        "place": _place(item),
    }
    if by is None:
        data |= {"why": _codes(item), "faces": _counts(item.report), **made_by}
        data |= {} if item.report.device_evidence is None else {"device": item.report.device_evidence}
    recorder.add(kind, item.id, data, people=_shown(item.report), by=by or "")


def note_done(connection: sa.Connection, item: Item) -> None:
    """What was decided has happened."""
    copy = Recorder(connection).keyed(item.id, "copy", item.output_sha256)
    note(connection, _done(item), item, {"copy": copy, "place": _place(item)})


def note_ruled(connection: sa.Connection, item_id: str, said: Rulings) -> None:
    """What a person, or what was said of the same picture before, wants covered or shown."""
    acts = dict(Counter(type(act).__name__ for act in said.acts))
    shown = {act.person for act in said.acts if isinstance(act, Show)}
    Recorder(connection).add(Kind.RULED, item_id, {"acts": acts}, people=shown, by=said.by)


def note_erased(connection: sa.Connection, person: PersonId, known_as: tuple[str, ...], mentions: int) -> None:
    """The person is forgotten here: no hash of the record can be told to be about them any more."""
    subject = audit_secrets.c.subject
    signed = [
        sa.and_(subject.startswith(of_signer("")), subject.contains(name, autoescape=True)) for name in known_as if name
    ]
    gone = delete_secrets(connection, subject == of_person(person), *signed)
    if gone or mentions:
        Recorder(connection).add(Kind.ERASED, data={"mentions": mentions})


def note_dropped(connection: sa.Connection, item_id: str) -> None:
    """The row is gone, and with it what its hashes meant."""
    Recorder(connection).add(Kind.DROPPED, item_id)
    delete_secrets(connection, audit_secrets.c.subject == of_photo(item_id))


def take_over(connection: sa.Connection) -> None:
    """Begin the record with the rows that a ledger of an earlier version holds, as they stand."""
    recorder = Recorder(connection)
    for row in connection.execute(sa.select(items).order_by(items.c.id)):
        item = from_row(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        recorder.add(
            Kind.TAKEN_OVER,
            item.id,
            standing(item) | {"copy": recorder.keyed(item.id, "copy", item.output_sha256), "place": _place(item)},
            people=_shown(item.report),
        )


def _done(item: Item) -> Kind:
    match item.verdict, item.outcome:
        case ReviewVerdict.REFERRED, _:
            return Kind.REFERRED
        case ReviewVerdict.REJECTED, _:
            return Kind.REJECTED
        case _, OutcomeKind.SEALED:
            return Kind.SEALED
        case _, OutcomeKind.RELEASED | OutcomeKind.REVIEW:
            return Kind.WRITTEN
    return Kind.FILED


def _place(item: Item) -> str | None:
    """The folder, without the copy's name, which has the event's label in it."""
    return None if item.output is None else item.output.partition("/")[0]


def _codes(item: Item) -> list[str]:
    """Why, without data; nothing of a sealed photo, of which nobody is told more than that it is."""
    if item.outcome is OutcomeKind.SEALED:
        return []
    return [reason.code.stable_name for reason in item.report.reasons]


def _counts(report: PhotoReport) -> dict[str, int]:
    if report.made is None:
        return {}
    shown = sum(isinstance(face.decision, Keep) for face in report.faces)
    names = sum(
        isinstance(label.decision, Obscure) and label.decision.reason.code not in CLUES for label in report.labels
    )
    return {"shown": shown, "covered": len(report.faces) - shown, "labels": names}


def _shown(report: PhotoReport) -> frozenset[PersonId]:
    """Everybody who is visible in the copy, or may be."""
    if report.made is None:
        return frozenset()
    kept = [face.decision for face in report.faces if isinstance(face.decision, Keep)]
    people = {person for decision in kept for person in (decision.person, *decision.could_be)}
    return frozenset(person for person in people if person is not None)
