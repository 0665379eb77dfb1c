"""Whatever people do at the desk, with the folders and with the register, in any order: what may then be published."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from intake_kit import FAST_SETTINGS, InlinePool, fake_workers, import_consents, new_workspace

from anonymiser.decide import decide
from anonymiser.errors import AnonymiserError
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.school import School
from anonymiser.school.views import PhotoView, Standing, Summary
from anonymiser.values.consent import ConsentSnapshot, Hold, Purpose
from anonymiser.values.decision import Keep, Policy, Verdict
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Identity, Known, Unknown, Unsure
from anonymiser.values.labels import NameLabel
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, FaceReport, Job, LabelReport, OutcomeKind, PhotoReport, Released, Waits
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Show, combined, moved
from anonymiser.values.suitability import Suitability

PEOPLE = tuple(map(PersonId, ("p1", "p2", "p3")))
WIDTH, HEIGHT = 400, 200
PLACES: tuple[Box, ...] = tuple((left, 80.0, left + 40.0, 120.0) for left in (20.0, 120.0, 220.0))
ON_BOARD: Box = (350.0, 10.0, 390.0, 20.0)
SCENES = (("p1", "?", "p2?"), ("p2", "p3"), ("?", "?", "board p1"))
"""What the program sees in each photo: somebody, perhaps somebody, a stranger, or a board with somebody's name."""
EVENTS = {"Fair": "website", "News": "newsletter"}
RUNS = int(os.environ.get("ANONYMISER_DESK_RUNS", "25"))
"""Histories; raise it through the environment for a long run."""
HARMLESS = Suitability(swimwear=0.0, unsuitable=0.0)
BY = "office"


def look(job: Job) -> tuple[Faces, tuple[Identity, ...], tuple[NameLabel, ...], np.ndarray]:
    """The faces and names of the scene that the file names, in the frame of what a person wants to keep of it."""
    crop = (job.rulings.crop if job.rulings else None) or (0.0, 0.0, float(WIDTH), float(HEIGHT))
    corner = np.array([crop[:2] * 2], np.float32)
    boxes: list[Box] = []
    identities: list[Identity] = []
    labels: list[NameLabel] = []
    scene = SCENES[int(job.source.read_text(encoding="ascii")[0])]
    for place, what in zip((*PLACES[: len(scene)],), scene, strict=True):
        left, top, right, bottom = ON_BOARD if what.startswith("board") else place
        if not (crop[0] <= (left + right) / 2 <= crop[2] and crop[1] <= (top + bottom) / 2 <= crop[3]):
            continue
        person = PersonId(what[-2:] if what.startswith("board") else what[:2])
        could_be = job.context.consents.alike(person) | {person}
        if what.startswith("board"):
            quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
            labels.append(NameLabel(quad - corner[0, :2], frozenset({person})))
            continue
        boxes.append((left, top, right, bottom))
        if what == "?":
            identities.append(Unknown())
        elif what.endswith("?"):
            identities.append(Unsure(could_be, Code.NOT_CLEAR()))
        else:
            identities.append(Known(person, 0.9, could_be))
    xyxy = np.array(boxes, np.float32).reshape(-1, 4) - corner
    faces = Faces(xyxy, np.ones(len(xyxy), np.float32), np.full((len(xyxy), 5, 2), np.nan, np.float32))
    return faces, tuple(identities), tuple(labels), corner


def process(job: Job) -> PhotoReport:
    """Decide as the pipeline does, and write a copy that says what it shows."""
    faces, identities, labels, corner = look(job)
    acts = None if job.rulings is None else moved(job.rulings.acts, job.rulings.crop, 1.0)
    decision = decide(faces, (), identities, labels, HARMLESS, job.context.consents, Policy(), acts=acts)
    kept = [
        (tuple(map(float, box)), face)
        for box, face in zip(faces.xyxy + corner, decision.faces, strict=True)
    ]  # fmt: skip
    shown = {json.dumps(box): face.person for box, face in kept if isinstance(face, Keep)}
    readable = [str(sorted(label.people)) for label, what in zip(labels, decision.labels, strict=True) if keeps(what)]
    scene = job.source.read_text(encoding="ascii")
    data = json.dumps([scene, job.context.event.purpose, str(job.rulings and job.rulings.crop), shown, readable])
    job.staging.write_text(data, encoding="ascii")
    copy = Copy(
        sha256_of(data.encode()),
        (WIDTH, HEIGHT),
        (WIDTH, HEIGHT),
        faces=tuple(FaceReport(box, 0.9, face) for box, face in kept),
        labels=tuple(LabelReport(ON_BOARD, what) for what in decision.labels),
        answers=decision.answers,
    )
    released = decision.verdict is Verdict.RELEASE
    return PhotoReport(Released(copy) if released else Waits(copy, decision.reasons))


def keeps(what: object) -> bool:
    return isinstance(what, Keep)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Pool(InlinePool):
    """Workers in this process, which remember what they have written and checked."""

    checked: set[str] = set()  # noqa: RUF012 - of the machine that is running, which empties it

    def __init__(self, *_: object) -> None:
        super().__init__(self._process)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def close(self, *, gently: bool) -> None:
        """Nothing to end."""

    @staticmethod
    def _process(job: Job) -> PhotoReport:
        report = process(job)
        if report.made is not None:
            Pool.checked.add(report.made.sha256)
        return report


places = st.one_of(
    st.sampled_from(PLACES),
    st.sampled_from([(15.0, 75.0, 65.0, 125.0), (0.0, 0.0, 200.0, 200.0), (300.0, 50.0, 340.0, 90.0)]),
)
shows = st.builds(Show, places, st.sampled_from([*PEOPLE, PersonId("nobody")]))
covers = st.builds(Cover, places)
others = st.one_of(
    st.builds(NotAFace, places, st.booleans()),
    st.builds(NotAName, st.just(ON_BOARD), st.booleans()),
    st.builds(Crop, st.sampled_from([(0.0, 0.0, 200.0, 200.0), (100.0, 0.0, 400.0, 200.0)])),
)
answers = st.sampled_from(["granted", "granted", "refused", ""])
everybody = st.fixed_dictionaries(dict.fromkeys(PEOPLE, st.tuples(answers, answers)))
people = st.sampled_from(PEOPLE)
which = st.integers(0, 20)


def last_word_is_cover(acts: tuple[Act, ...], place: Box) -> bool:
    """Whether nobody said anything about this very box after it was covered."""
    about = [act for act in acts if act.box == place and not isinstance(act, Crop | NotAName)]
    return bool(about) and isinstance(about[-1], Cover)


class Desk(RuleBasedStateMachine):
    """A school on one computer: an inbox, a register, a person at the desk, and a run now and then."""

    @initialize(
        given=everybody,
        held=st.none() | st.tuples(people, st.sampled_from(Hold)),
        alike=st.booleans(),
        events=st.lists(st.sampled_from(sorted(EVENTS)), min_size=1, max_size=2),
    )
    def begin(
        self, given: dict[PersonId, tuple[str, str]], held: tuple[PersonId, Hold] | None, alike: bool, events: list[str]
    ) -> None:
        """Every family has been asked, and the first photos are there."""
        self._stack = contextmanager(self._opened)()
        self.school = self._stack.__enter__()
        self.seen: dict[str, str] = {}
        """Copies in the outbox that were looked at, with what was in them."""
        self.said: dict[str, tuple[Act, ...]] = {}
        """What was said last about a picture, whatever it is used for."""
        self.known: set[str] = set()
        self.answer(given)
        self.lookalikes(alike)
        if held is not None:
            self.hold(*held, on=True)
        for scene, event in enumerate(events):
            self.drop(scene, event, edited=False)

    def _opened(self) -> Iterator[School]:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
            patch.setattr("anonymiser.school.runs.Pool", Pool)
            patch.setattr("anonymiser.school.desk.Pool", Pool)
            Pool.checked = set()
            workspace = new_workspace(Path(folder) / "school", FAST_SETTINGS)
            for label, purpose in EVENTS.items():
                event = workspace.inbox / label
                event.mkdir()
                (event / "event.toml").write_text(f'purpose = "{purpose}"\n', encoding="utf-8")
            with School(workspace, workers=fake_workers) as school:
                yield school

    def teardown(self) -> None:
        """Close every file."""
        if hasattr(self, "_stack"):
            self._stack.__exit__(None, None, None)

    # --- the register ----------------------------------------------------------------------------------------

    @rule(given=everybody)
    def answer(self, given: dict[PersonId, tuple[str, str]]) -> None:
        """An export is imported."""
        rows = [f"{one},F{one},S{one},3A,{website},{news}" for one, (website, news) in given.items()]
        with suppress(AnonymiserError):
            text = "person_id,forename,surname,class,website,newsletter\r\n" + "\r\n".join(rows) + "\r\n"
            import_consents(self.school.workspace, text)

    @rule(person=people, purpose=st.sampled_from([*EVENTS.values(), None]))
    def withdraw(self, person: PersonId, purpose: str | None) -> None:
        """A letter comes."""
        self.school.register.withdraw(person, "letter", None if purpose is None else Purpose(purpose))

    @rule(person=people, kind=st.sampled_from(Hold), on=st.booleans())
    def hold(self, person: PersonId, kind: Hold, on: bool) -> None:
        """Somebody sets or lifts a hold."""
        register = self.school.register
        (register.set_hold if on else register.lift_hold)(person, kind)

    @rule(alike=st.booleans())
    def lookalikes(self, alike: bool) -> None:
        """Two of them look alike, or are told apart."""
        self.school.register.declare_lookalikes(PEOPLE[:2], alike=alike)

    @rule(person=people)
    def take_down(self, person: PersonId) -> None:
        """Every copy that shows somebody who no longer agrees leaves the outbox."""
        self.school.take_back(person)
        for name, item in self._released().items():
            if item.report.shows(person):
                assert person in self._consents(item).granted, name

    # --- files -----------------------------------------------------------------------------------------------

    @rule(scene=st.integers(0, len(SCENES) - 1), event=st.sampled_from(sorted(EVENTS)), edited=st.booleans())
    def drop(self, scene: int, event: str, edited: bool) -> None:
        """A photo arrives, or the same once more, or a changed one of the same name; it is processed at once."""
        content = f"{scene}{' edited' if edited else ''}"
        (self.school.workspace.inbox / event / f"{scene}.jpg").write_text(content, encoding="ascii")
        self.run()

    @rule()
    def run(self) -> None:
        """A run takes what is in the inbox, verdicts made by moving, and what is unfinished."""
        with self.school.run(jobs=1) as run:
            list(run)

    @rule(number=which, folder=st.sampled_from(["approve", "reject"]))
    def move(self, number: int, folder: str) -> None:
        """Somebody moves a copy; the next run carries it out."""
        copies = sorted(self.school.workspace.review.glob("*.jpg"))
        if copies:
            copy = copies[number % len(copies)]
            copy.rename(getattr(self.school.workspace, folder) / copy.name)

    @rule(number=which)
    def edit_copy(self, number: int) -> None:
        """Somebody paints on a copy that waits."""
        copies = sorted(self.school.workspace.review.glob("*.jpg"))
        if copies:
            copies[number % len(copies)].write_text("painted on", encoding="ascii")

    # --- the desk --------------------------------------------------------------------------------------------

    @rule(number=which, act=shows, more=st.none() | shows, approve=st.booleans())
    def show(self, number: int, act: Act, more: Act | None, approve: bool) -> None:
        """Somebody names a face, perhaps two, and may be content with that."""
        self._say(number, act, more, approve=approve)

    @rule(number=which, act=covers, more=st.none() | others, approve=st.booleans())
    def cover(self, number: int, act: Act, more: Act | None, approve: bool) -> None:
        """Somebody covers a place, and perhaps keeps a part of the photo, or says what is no face and no name."""
        self._say(number, more, act, approve=approve)

    def _say(self, number: int, *more: Act | None, approve: bool) -> None:
        if (view := self._photo(number, Standing.WAITS, Standing.RELEASED)) is not None:
            acts = combined(tuple(ruled.act for ruled in view.rulings), filter(None, more))
            self._rule(view, acts, approve=approve)

    @rule(number=which, approve=st.booleans())
    def undo(self, number: int, approve: bool) -> None:
        """Somebody takes back the last thing that they did."""
        if (view := self._photo(number, Standing.WAITS, Standing.RELEASED)) is not None:
            self._rule(view, tuple(ruled.act for ruled in view.rulings[:-1]), approve=approve)

    @rule(number=which)
    def approve(self, number: int) -> None:
        """Somebody approves what is on the screen."""
        if (view := self._photo(number, Standing.WAITS)) is not None:
            self._approve(view)

    def _approve(self, view: PhotoView) -> None:
        with suppress(AnonymiserError):
            self.school.desk.approve(view.id, by=BY, seen=view.sha256 or "")

    @rule(number=which, what=st.sampled_from(["reject", "take_back", "reopen", "again"]))
    def decide(self, number: int, what: str) -> None:
        """Somebody rejects a photo, changes their mind, or wants it processed again."""
        if (view := self._photo(number)) is None:
            return
        with suppress(AnonymiserError):
            if what == "again":
                self.school.review.again(view.id)
            else:
                self._heard(getattr(self.school.desk, what)(view.id, by=BY))

    def _photo(self, number: int, *where: Standing) -> PhotoView | None:
        lines: list[Summary] = [one for one in self.school.desk.photos() if not where or one.standing in where]
        return self.school.desk.photo(lines[number % len(lines)].id) if lines else None

    def _rule(self, view: PhotoView, acts: tuple[Act, ...], *, approve: bool) -> None:
        with suppress(AnonymiserError):
            view = self.school.desk.rule(view.id, acts, by=BY, seen=view.sha256 or "")
            self._heard(view)
            if approve:
                self._approve(view)

    def _heard(self, view: PhotoView) -> None:
        item = self.school.review.get(view.id)
        self.known.add(item.id)
        if item.sha256 is not None:
            self.said[item.sha256] = tuple(ruled.act for ruled in view.rulings)

    # --- what must hold --------------------------------------------------------------------------------------

    def _consents(self, item: Item) -> ConsentSnapshot:
        return self.school.register.snapshot(item.event)

    def _released(self) -> dict[str, Item]:
        """Every copy in the outbox, with its row."""
        ledger = self.school._site.ledger
        rows = {item.output: item for item in ledger.every() if item.output}
        root = self.school.workspace.root
        names = [path.relative_to(root).as_posix() for path in self.school.workspace.outbox.rglob("*.jpg")]
        return {name: rows[name] for name in names}

    @invariant()
    def nobody_is_published_against_the_rules(self) -> None:
        """What has come into the outbox since the last step shows only people who may be shown at this moment."""
        if not hasattr(self, "seen"):
            return
        for name, item in self._released().items():
            data = (self.school.workspace.root / name).read_text(encoding="ascii")
            if self.seen.get(name) == data:
                continue
            self.seen[name] = data
            assert item.state is State.DONE
            assert item.outcome is OutcomeKind.RELEASED or item.verdict is ReviewVerdict.APPROVED
            assert sha256_of(data.encode()) == item.output_sha256
            assert item.output_sha256 in Pool.checked
            self._may_be_shown(item, data)

    def _may_be_shown(self, item: Item, data: str) -> None:
        consents = self._consents(item)
        _, purpose, _, shown, _ = json.loads(data)
        assert purpose == item.event.purpose
        for who in filter(None, shown.values()):
            person = PersonId(who)
            assert {person} | consents.alike(person) <= consents.granted
            assert not ({person} | consents.alike(person)) & consents.holds.keys()
        named = [who for who in shown.values() if who is not None]
        assert len(named) == len(set(named))
        said = self.school._site.ledger.rulings(item.id)
        for place in PLACES:
            if said is not None and last_word_is_cover(said.acts, place):
                assert json.dumps(place) not in shown

    @invariant()
    def a_no_outlives_the_photo_that_it_was_said_about(self) -> None:
        """Whatever is made of the same bytes later begins with it."""
        if not hasattr(self, "seen"):
            return
        ledger = self.school._site.ledger
        for item in ledger.every():
            if item.id in self.known or item.sha256 is None or item.outcome is OutcomeKind.DUPLICATE:
                continue
            self.known.add(item.id)
            begun = ledger.rulings(item.id)
            for place in PLACES:
                if last_word_is_cover(self.said.get(item.sha256, ()), place):
                    assert begun is not None
                    assert last_word_is_cover(begun.acts, place)


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=RUNS,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
