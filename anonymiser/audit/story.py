"""Entries in plain English, for the officer who reads them."""

from __future__ import annotations

from anonymiser.audit.entry import Entry, Kind

_SAID = {
    Kind.TAKEN_OVER: "known to an earlier version of the program; the record begins here",
    Kind.RECEIVED: "a photo arrived",
    Kind.CLAIMED: "its bytes were read",
    Kind.DECIDED: "the program decided",
    Kind.REVIEWED: "a person decided",
    Kind.APPROVED_FIRST: "one person approved it, and a second has to",
    Kind.RULED: "a person's corrections count for it",
    Kind.FILED: "put away without a copy",
    Kind.REJECTED: "not used: its copy is deleted",
    Kind.SEALED: "sealed for the safeguarding lead",
    Kind.REFERRED: "referred to the safeguarding lead by a person, and sealed",
    Kind.REOPENED: "to be processed again",
    Kind.UNDECIDED: "the decision could not be carried out: it waits for a person again",
    Kind.PUBLISHED: "recorded as published",
    Kind.TAKEN_DOWN: "recorded as taken down",
    Kind.DROPPED: "not taken, or left where it came from: the program keeps nothing of it",
    Kind.REGISTER_REPLACED: "the register is not the one that was here before, or an older copy of it",
    Kind.ERASED: "a person was forgotten",
    Kind.SIGNED_IN: "somebody opened the desk",
}
_ACTS = {
    "Cover": "covered", "Show": "shown", "NotAFace": "no face", "NotAName": "no name", "Crop": "cropped",
}  # fmt: skip
_STAFF: dict[str, str] = {
    "added": "somebody was put into the staff list",
    "begun-anew": "a new staff list was begun, because the old one was lost or damaged",
    "removed": "somebody was taken out of the staff list",
    "password": "somebody got a new password",
}
_STAFF_WORDS: dict[Kind, tuple[str, str, dict[str, str]]] = {
    Kind.STAFF: ("what", "", _STAFF),
    Kind.SIGNED_IN: ("role", "somebody signed in as ", {}),
    Kind.SEAL_ANSWERED: ("what", "the safeguarding lead recorded what was done: ", {"police": "handed to the police"}),
}
"""For what members of staff do: which part of the data says what, the words before it, and its own words."""
_PLACES = {"outbox": "the copy may be published: it is in the outbox", "review": "the copy waits for a person"}
_CHANGES = {
    "withdrawal": "a family withdrew its consent",
    "written-consent": "a written consent was recorded",
    "hold": "a hold was set",
    "hold-lifted": "a hold was lifted",
    "biometric": "a decision about face recognition was recorded",
    "look-alikes": "look-alikes were declared",
    "templates": "face templates were stored",
    "templates-deleted": "face templates were destroyed",
    "templates-expired": "face templates whose time was over were destroyed",
    "calibration": "thresholds were measured",
    "forgotten": "a person was deleted from the register",
}


def tell(entry: Entry) -> str:
    """The entry in one line."""
    return "; ".join(part for part in (_what(entry), *_details(entry)) if part)


def _what(entry: Entry) -> str:
    data = entry.data
    if (found := _STAFF_WORDS.get(entry.kind)) is not None and (word := data.get(found[0])) is not None:
        return f"{found[1]}{found[2].get(str(word), word)}"
    match entry.kind:
        case Kind.WRITTEN:
            return _PLACES.get(str(data.get("place")), "the copy is written")
        case Kind.REISSUED:
            return f"its copy is replaced by that of photo {data.get('by_photo')}"
        case Kind.DELETED:
            return f"deleted: {data.get('what')}"
        case Kind.CONSENTS:
            return _CHANGES.get(str(data.get("what")), f"the register changed: {data.get('what')}")
        case Kind.IMPORT:
            return "consents were imported"
        case Kind.GATE:
            return "face recognition was switched on" if data.get("open") else "face recognition was switched off"
        case Kind.DEVICES:
            return f"the list of devices: an entry was {data.get('what')}, and it has {data.get('entries')} now"
        case Kind.REFUSED:
            return f"refused for safety: {data.get('what')} ({data.get('why')})"
    return _SAID[entry.kind]


def _details(entry: Entry) -> list[str]:
    data = entry.data
    said = []
    if entry.kind is Kind.DECIDED:
        said.append(str(data.get("outcome")))
    if entry.kind is Kind.REVIEWED:
        said.append(str(data.get("verdict") or "the verdict before was taken back"))
    if isinstance(why := data.get("why"), list) and why:
        said.append(f"why: {', '.join(why)}")
    if isinstance(faces := data.get("faces"), dict) and faces:
        said.append(f"faces shown {faces['shown']}, covered {faces['covered']}, names covered {faces['labels']}")
    if isinstance(acts := data.get("acts"), dict):
        said.append(", ".join(f"{_ACTS.get(act, act)}: {number}" for act, number in acts.items()) or "look at it again")
    if isinstance(rows := data.get("rows"), dict) and rows and entry.kind is Kind.IMPORT:
        said.append(", ".join(f"{table} {number}" for table, number in sorted(rows.items())))
    said += [f"{words}{data[name]}" for name, words in _PLAIN.items() if name in data]
    return said


_PLAIN = {"device": "device: ", "file": "file ", "purpose": "for ", "version": "register version "}
"""Data that are told as they are, and the words before them."""
