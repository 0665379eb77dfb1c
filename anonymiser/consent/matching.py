"""Which person of the register each row of a file is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from anonymiser.consent.database import Session
from anonymiser.consent.parsed import Listed, ParsedFile, Problem, ProblemKind
from anonymiser.consent.people import Person, choose_id, name_key, read_people, source_key
from anonymiser.consent.spelling import NamesAlike
from anonymiser.values.consent import Hold
from anonymiser.values.people import PersonId, Role


@dataclass(slots=True)
class Matching:
    """Who is who, between one file and the register."""

    session: Session
    parsed: ParsedFile
    known: dict[PersonId, Person] = field(init=False)
    """Everybody in the register."""
    taken: set[str] = field(init=False)
    """Casefolded ids in use."""
    matched: dict[PersonId, Listed] = field(init=False, default_factory=dict)
    joined: dict[PersonId, Person] = field(init=False, default_factory=dict)
    """Matched people who are new."""
    doubted: set[PersonId] = field(init=False, default_factory=set)
    """People that a row may be about, without any certainty."""
    holds: dict[PersonId, set[Hold]] = field(init=False, default_factory=lambda: defaultdict(set))
    """Holds that the file sets, also those of rows in doubt."""
    problems: list[Problem] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.known = read_people(self.session)
        self.taken = {person.casefold() for person in self.known}
        self.match()

    def doubtful(self, person: PersonId, listed: Listed) -> bool:
        """Whether it is uncertain that the listed row is about the person."""
        return person in self.doubted or bool(listed.names.keys & self.parsed.doubtful)

    def match(self) -> None:
        """Find each listed person in the register; people who are certainly new join it, doubtful ones are noted."""
        by_id = {source_key(person.names.source_id or person.id): person.id for person in self.known.values()}
        by_name: dict[str, set[PersonId]] = defaultdict(set)
        for person in self.known.values():
            for key in person.names.keys:
                by_name[key].add(person.id)
        unknown = []
        for listed in self.parsed.people:
            found = by_id.get(source_key(listed.names.source_id)) if listed.names.source_id else None
            if found is None:
                unknown.append(listed)
            else:
                self.matched[found] = listed
        for listed in self.parsed.nameless:
            if (found := by_id.get(source_key(listed.names.source_id))) is not None:
                self.matched.setdefault(found, listed)
        self._match_by_names(unknown, by_name)
        for name in self.parsed.doubtful:
            self.doubted |= by_name.get(name, set())
        self._suspect(by_id, by_name)
        for matched, listed in self.matched.items():
            self.holds[matched] |= listed.holds

    def _match_by_names(self, unknown: Sequence[Listed], by_name: Mapping[str, set[PersonId]]) -> None:
        """First whoever is called exactly so, then the others: only somebody who is missing may be misspelt."""
        alike = NamesAlike(self.known.values())
        later = []
        for listed in unknown:
            if not listed.names.source_id and not self._namesakes(listed.names.keys, by_name) and alike.to(listed):
                later.append(listed)
            else:
                self._match_by_name(listed, by_name)
        for listed in later:
            if free := alike.to(listed) - self.matched.keys():
                self._doubt(listed, free, f"may be {', '.join(sorted(free))} under another spelling")
            else:
                self._match_by_name(listed, by_name)

    def _suspect(self, by_id: Mapping[str, PersonId], by_name: Mapping[str, set[PersonId]]) -> None:
        """Doubt everybody whom a row may be about, and hold them if it says so."""
        new = {person: known.names.keys for person, known in self.joined.items()}
        for suspected in self.parsed.suspected:
            people = {by_id[key] for key in suspected.ids if key in by_id}
            people |= set().union(*(by_name.get(name, set()) for name in suspected.names))
            if suspected.parts:
                people |= {
                    person
                    for person, known in (*self.known.items(), *self.joined.items())
                    if suspected.may_mean(known.names, known.groups)
                }
            people |= {person for person, keys in new.items() if keys & suspected.names}
            self.doubted |= people
            for person in people:
                self.holds[person] |= suspected.holds

    def _match_by_name(self, listed: Listed, by_name: Mapping[str, set[PersonId]]) -> None:
        """Decide about a row whose id is new, or that has none, among the people who share its name."""
        namesakes = self._namesakes(listed.names.keys, by_name)
        free = namesakes - self.matched.keys()
        if listed.names.source_id:
            # Known by name only so far: the school's id is new. Known by another id: not certainly the same child.
            same = {person for person in free if not self.known[person].names.source_id}
            doubt = f"the register has this name under another id ({', '.join(sorted(free))})"
        else:
            same, free = free, namesakes
            doubt = "several people have this name, and there is no id to tell them apart"
        if not free:
            free = self._namesakes(listed.names.turned, by_name)
            free = free - self.matched.keys() if listed.names.source_id else free
            same = set()
            doubt = f"may be {', '.join(sorted(free))} under another name order"
        elif any(self._only_known_as(listed, person) for person in same):
            same = set()
            doubt = f"may be {', '.join(sorted(free))} under the name in daily use"
        if len(same) == len(free) == 1:
            self.matched[next(iter(same))] = listed
        elif free:
            self._doubt(listed, free, doubt)
        else:
            self._join(listed)

    def _doubt(self, listed: Listed, people: Set[PersonId], doubt: str) -> None:
        """The row may be about any of `people`."""
        self.doubted |= people
        for person in people:
            self.holds[person] |= listed.holds
        self.problems.append(Problem(ProblemKind.UNMATCHED, doubt, (listed.row,)))

    def _only_known_as(self, listed: Listed, person: PersonId) -> bool:
        """Whether the forenames differ, and a name in daily use is all that is the same."""
        return name_key(listed.names.full[0]) != name_key(self.known[person].names.full[0])

    @staticmethod
    def _namesakes(keys: Iterable[str], by_name: Mapping[str, set[PersonId]]) -> set[PersonId]:
        return set[PersonId]().union(*(by_name.get(key, set()) for key in keys))

    def _join(self, listed: Listed) -> None:
        person = choose_id(listed.names, self.taken)
        self.taken.add(person.casefold())
        self.joined[person] = Person(
            id=person,
            names=listed.names,
            groups=listed.groups or (),
            role=listed.role or Role.PUPIL,
            present=True,
            wrapped_key=self.session.vault.new_data_key(person),
        )
        self.matched[person] = listed
