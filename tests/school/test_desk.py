"""The desk as a front end works with it; the workers do what a photo's first line says."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from intake_kit import drop, fake_workers, import_consents, tree

from anonymiser.consent.register import Register
from anonymiser.errors import ChangedSince, SafetyRefusal, UsageError, WorkspaceBusy
from anonymiser.ledger.item import ReviewVerdict
from anonymiser.locks import review_lock
from anonymiser.school import School
from anonymiser.school.desk import Desk
from anonymiser.school.views import FaceState, Hand, Standing, View
from anonymiser.values.consent import Hold, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Act, Cover, Crop, Rulings, Show, then

PUPILS = (
    "person_id,forename,surname,class,website\r\n"
    "p1,Ben,Okafor,3A,granted\r\n"
    "p2,Amelia,Khan,3A,refused\r\n"
    "p3,Zoe,Adams,3B,granted\r\n"
    "p4,Yan,Adams,3A,\r\n"
)
BEN, AMELIA, ZOE = map(PersonId, ("p1", "p2", "p3"))
HERE, THERE = (20.0, 10.0, 24.0, 15.0), (30.0, 10.0, 34.0, 15.0)
BY = "office"
NOON = dt.datetime(2026, 6, 22, 12)  # noqa: DTZ001 - as every moment of the ledger


@pytest.fixture
def desk(school: School) -> Desk:
    import_consents(school.workspace, PUPILS)
    return school.desk


def arrive(school: School, content: str, event: str = "Fair") -> str:
    """Process one photo; its id."""
    drop(school.workspace.inbox / event, a=content)
    with school.run(jobs=1) as run:
        (result,) = run
    return result.item


def seen(desk: Desk, photo_id: str) -> str:
    sha256 = desk.photo(photo_id).sha256
    assert sha256 is not None
    return sha256


def rule(desk: Desk, photo_id: str, *acts: Act):
    return desk.rule(photo_id, acts, by=BY, seen=seen(desk, photo_id))


def test_a_photo_that_waits_is_shown_as_it_is(school: School, desk: Desk) -> None:
    """What it waits for, its faces in reading order, the copy's own bytes, and nothing that anybody ruled."""
    photo_id = arrive(school, "review show p1")
    (line,) = desk.queue()
    view = desk.photo(photo_id)
    assert view.summary == line
    assert (line.id, line.event.label, line.standing) == (photo_id, "Fair", Standing.WAITS)
    assert (line.counts.shown, line.counts.covered) == (0, 1)
    assert [(face.number, face.state, face.by) for face in view.faces] == [(1, FaceState.COVERED, Hand.PROGRAM)]
    assert (view.size, view.frame, view.copy_size) == ((40, 30), (0, 0, 40, 30), (20, 15))
    assert view.original_kept
    assert (view.rulings, view.ruled_by, view.output) == ((), "", None)
    copy = desk.picture(photo_id, View.PUBLISHED, 100)
    assert hashlib.sha256(copy).hexdigest() == view.sha256
    assert desk.queue("Another event") == ()
    assert desk.photos("Fair") == (line,)


def test_a_ruling_leads_to_another_copy_that_waits(school: School, desk: Desk) -> None:
    """Who said what stands in the view, in the note and in the ledger; an act that was refused says why."""
    photo_id = arrive(school, "review")
    before = seen(desk, photo_id)
    view = rule(desk, photo_id, Show(HERE, BEN), Show(THERE, AMELIA))
    assert (view.id, view.summary.standing) == (photo_id, Standing.WAITS)
    assert view.sha256 != before
    assert [(ruled.act.box, ruled.why_not) for ruled in view.rulings] == [(HERE, None), (THERE, Code.NO_RECORD())]
    assert [(face.person, face.state, face.by) for face in view.faces[1:]] == [
        (BEN, FaceState.SHOWN, Hand.PERSON),
        (AMELIA, FaceState.COVERED, Hand.PROGRAM),
    ]
    assert (view.ruled_by, view.summary.counts.shown) == (BY, 1)
    assert Code.CHANGED_BY_PERSON() in view.summary.reasons
    note = (school.workspace.review / f"{photo_id}.txt").read_text()
    assert "Asked for, but not done:" in note
    (copy,) = [path for path in school.workspace.review.iterdir() if path.suffix == ".jpg"]
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == view.sha256


def test_undo_is_the_list_without_the_act(school: School, desk: Desk) -> None:
    """The program's own copy comes back, byte for byte, and still waits; every list stays in the ledger."""
    photo_id = arrive(school, "review")
    before = seen(desk, photo_id)
    acts: tuple[Act, ...] = ()
    for act in (Cover(HERE), Show(THERE, BEN)):
        acts = then(acts, act)
        assert tuple(ruled.act for ruled in rule(desk, photo_id, *acts).rulings) == acts
    assert rule(desk, photo_id).sha256 == before
    assert [len(said.acts) for said in school.review._site.ledger.ruled(photo_id)] == [1, 2, 0]


def test_a_copy_that_changed_meanwhile_is_told(school: School, desk: Desk) -> None:
    """Whoever looked at an older copy neither rules on it nor approves it; nothing is done."""
    photo_id = arrive(school, "review")
    old = seen(desk, photo_id)
    now = rule(desk, photo_id, Cover(HERE))
    with pytest.raises(ChangedSince):
        desk.rule(photo_id, (), by=BY, seen=old)
    with pytest.raises(ChangedSince):
        desk.approve(photo_id, by=BY, seen=old)
    assert desk.photo(photo_id) == now
    with pytest.raises(ChangedSince), WithChangedCopy(school, photo_id):
        desk.picture(photo_id, View.PUBLISHED, 100)


class WithChangedCopy:
    """Somebody edits the copy in the review folder."""

    def __init__(self, school: School, photo_id: str) -> None:
        self._copy = school.workspace.review / f"{photo_id}.jpg"

    def __enter__(self) -> None:
        self._before = self._copy.read_bytes()
        self._copy.write_bytes(b"edited")

    def __exit__(self, *_: object) -> None:
        self._copy.write_bytes(self._before)


def test_approval_releases_the_copy_that_was_on_the_screen(school: School, desk: Desk) -> None:
    """And records who approved; a hold still stands above everybody."""
    photo_id = arrive(school, "review")
    sha256 = rule(desk, photo_id, Show(HERE, BEN)).sha256
    view = desk.approve(photo_id, by=BY, seen=str(sha256))
    assert view.summary.standing is Standing.RELEASED
    assert hashlib.sha256((school.workspace.root / str(view.output)).read_bytes()).hexdigest() == sha256
    assert [(given.verdict, given.by) for given in school.review._site.ledger.given(photo_id)] == [
        (ReviewVerdict.APPROVED, BY)
    ]
    assert [shown.item.id for shown in school.find(BEN)] == [photo_id]
    with school.register as register:
        register.set_hold(ZOE, Hold.NEVER_PUBLISH)
    held = arrive(school, "hold")
    with pytest.raises(SafetyRefusal, match="must not be shown"):
        desk.approve(held, by=BY, seen=seen(desk, held))


def test_consents_that_changed_are_asked_again(school: School, desk: Desk) -> None:
    """A child whom somebody showed is covered again once the family has withdrawn, whoever approves or rules."""
    photo_id = arrive(school, "review")
    shown = rule(desk, photo_id, Show(HERE, BEN))
    with Register.open(school.workspace) as register:
        register.withdraw(BEN, "letter", Purpose("website"))
    with pytest.raises(SafetyRefusal, match="consents have changed"):
        desk.approve(photo_id, by=BY, seen=str(shown.sha256))
    assert desk.photo(photo_id).summary.standing is Standing.IN_WORK
    with school.resume(jobs=1) as run:
        list(run)
    view = desk.photo(photo_id)
    assert view.rulings[0].why_not == Code.NO_RECORD()
    assert view.summary.counts.shown == 0


def test_a_released_photo_is_reopened_under_a_new_id(school: School, desk: Desk) -> None:
    """Its copy leaves the outbox, the places where it was published are to be taken down, and it is asked anew."""
    photo_id = arrive(school, "show p1")
    released = desk.photo(photo_id)
    school.record_place([str(released.output)], "school website")
    assert desk.photo(photo_id).published_at == ("school website",)
    view = rule(desk, photo_id, Cover(HERE))
    assert (view.replaces, view.take_down, view.published_at) == (photo_id, ("school website",), ())
    assert (view.summary.standing, desk.photo(photo_id).summary.standing) == (Standing.WAITS, Standing.REPLACED)
    assert desk.photo(photo_id).replaced_by == view.id
    assert tree(school.workspace.outbox) == []
    assert {shown.item.id for shown in school.find(BEN)} == {photo_id}
    with pytest.raises(UsageError, match=f"replaced by {view.id}"):
        rule(desk, photo_id, Cover(HERE))
    approved = desk.approve(view.id, by=BY, seen=str(view.sha256))
    again = desk.reopen(view.id, by=BY)
    assert [ruled.act for ruled in again.rulings] == [Cover(HERE)]
    assert approved.output not in {f"outbox/{name}" for name in tree(school.workspace.outbox)}


def test_a_verdict_is_taken_back(school: School, desk: Desk) -> None:
    """An approved copy waits again, byte for byte; a rejected photo is processed again, and waits in any case."""
    photo_id = arrive(school, "review")
    approved = desk.approve(photo_id, by=BY, seen=seen(desk, photo_id))
    back = desk.take_back(photo_id, by=BY)
    assert (back.summary.standing, back.sha256, back.output) == (Standing.WAITS, approved.sha256, None)
    assert tree(school.workspace.outbox) == []
    assert desk.reject(photo_id, by=BY).summary.standing is Standing.REJECTED
    again = desk.take_back(photo_id, by=BY)
    assert (again.id, again.summary.standing) == (photo_id, Standing.WAITS)
    assert again.summary.reasons[-1] == Code.CHANGED_BY_PERSON()
    assert [given.verdict for given in school.review._site.ledger.given(photo_id)] == [
        ReviewVerdict.APPROVED, None, ReviewVerdict.REJECTED, None
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["moved out of the outbox", "recorded as published"])
def test_a_copy_that_may_be_out_is_not_quietly_taken_back(school: School, desk: Desk, how: str) -> None:
    """It is reopened instead, which says where it has to be taken down."""
    photo_id = arrive(school, "review")
    output = school.workspace.root / str(desk.approve(photo_id, by=BY, seen=seen(desk, photo_id)).output)
    if how.startswith("moved"):
        output.rename(school.workspace.root.parent / "taken.jpg")
    else:
        school.record_place([output.name], "newsletter of June")
    with pytest.raises(UsageError, match="left the outbox"):
        desk.take_back(photo_id, by=BY)
    assert desk.photo(photo_id).summary.standing is Standing.RELEASED
    assert desk.reopen(photo_id, by=BY).summary.standing is Standing.WAITS


def test_what_is_sealed_is_only_known_to_exist(school: School, desk: Desk) -> None:
    """No picture, no face, no reason; nobody takes a referral back, nor looks at the same picture elsewhere."""
    other = arrive(school, "review the same picture", "Fete")
    photo_id = arrive(school, "review the same picture")
    view = desk.refer(photo_id, by=BY)
    assert (view.summary.standing, view.faces, view.sha256, view.summary.reasons) == (Standing.SEALED, (), None, ())
    assert not view.original_kept
    for sealed in (photo_id, other):
        for which in View:
            with pytest.raises(SafetyRefusal, match="sealed"):
                desk.picture(sealed, which, 100)
    for act in (desk.take_back, desk.reopen):
        with pytest.raises(UsageError):
            act(photo_id, by=BY)


def test_everybody_is_a_choice_or_says_why_not(school: School, desk: Desk) -> None:
    """The event's group first, each part by surname; whoever is shown already cannot be chosen again."""
    drop(school.workspace.inbox / "Fair", a="review")
    (school.workspace.inbox / "Fair" / "event.toml").write_text('group = "3A"\n', encoding="utf-8")
    with school.run(jobs=1) as run:
        (result,) = run
    school.register.declare_lookalikes([ZOE, AMELIA])
    found = desk.candidates(result.item)
    assert [(one.surname, one.in_group) for one in found] == [
        ("Adams", True), ("Khan", True), ("Okafor", True), ("Adams", False)
    ]  # fmt: skip
    assert [one.why_not.code if one.why_not else None for one in found] == [
        Code.NO_CONSENT, Code.NO_CONSENT, None, Code.LOOKS_LIKE_REFUSED
    ]  # fmt: skip
    assert "Khan" not in repr(found)
    rule(desk, result.item, Show(HERE, BEN))
    assert desk.candidates(result.item)[2].why_not == Code.SHOWN_ALREADY()


@pytest.mark.parametrize(
    ("acts", "message"),
    [
        ((Cover((500.0, 0.0, 600.0, 50.0)),), "outside the photo"),
        ((Cover((9.0, 9.0, 9.0, 12.0)),), "has no place"),
        ((Cover((float("nan"), 9.0, 9.0, 12.0)),), "has no place"),
        ((Crop((0.0, 0.0, 20.0, 30.0)),), "too small"),
        ((Crop((-500.0, 0.0, 20.0, 30.0)),), "too small"),
    ],
)
def test_an_act_without_a_place_is_refused_at_once(
    school: School, desk: Desk, acts: tuple[Act, ...], message: str
) -> None:
    """Nothing is written down, and the photo waits as before."""
    photo_id = arrive(school, "review")
    view = desk.photo(photo_id)
    with pytest.raises(UsageError, match=message):
        rule(desk, photo_id, *acts)
    assert desk.photo(photo_id) == view


@pytest.mark.parametrize("by", ["x" * 61, "Anna\nBob", "\x00"])
def test_who_did_it_is_a_short_name(school: School, desk: Desk, by: str) -> None:
    """No sentence and no control character goes into the records."""
    photo_id = arrive(school, "review")
    with pytest.raises(UsageError, match="short name"):
        desk.reject(photo_id, by=by)


def test_without_its_original_nothing_can_be_changed(school: School, desk: Desk, tmp_path: Path) -> None:
    """A photo that was read in place, or whose original was deleted: the copy can be decided, but not made again."""
    drop(tmp_path / "photos", a="review")
    with school.run(tmp_path / "photos", jobs=1) as run:
        (result,) = run
    view = desk.photo(result.item)
    assert not view.original_kept
    with pytest.raises(UsageError, match="not archived here"):
        rule(desk, result.item, Cover(HERE))
    with pytest.raises(UsageError, match="not archived here"):
        desk.picture(result.item, View.BEFORE, 100)
    assert desk.photo(result.item) == view


def test_while_somebody_else_decides_nothing_is_ruled(
    school: School, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk says so, and the photo waits as before."""
    photo_id = arrive(school, "review")
    view = desk.photo(photo_id)
    monkeypatch.setattr("anonymiser.locks._REVIEW_SECONDS", 0.1)
    with review_lock(school.workspace.data), pytest.raises(WorkspaceBusy):
        rule(desk, photo_id, Cover(HERE))
    assert desk.photo(photo_id) == view


def test_a_photo_dropped_again_keeps_what_was_said(school: School, desk: Desk) -> None:
    """As a duplicate of the one that waits; after a rejection as a photo that waits, with the same rulings."""
    photo_id = arrive(school, "review once")
    view = rule(desk, photo_id, Cover(HERE))
    assert desk.photo(arrive(school, "review once")).summary.outcome is OutcomeKind.DUPLICATE
    desk.reject(photo_id, by=BY)
    again = desk.photo(arrive(school, "review once"))
    assert again.summary.standing is Standing.WAITS
    assert [ruled.act for ruled in again.rulings] == [ruled.act for ruled in view.rulings]
    elsewhere = desk.photo(arrive(school, "review once", "Fete"))
    assert [ruled.act for ruled in elsewhere.rulings] == [Cover(HERE)]


def test_an_edited_photo_can_be_ruled_on_although_it_is_smaller(school: School, desk: Desk) -> None:
    """What was covered outside it counts until somebody takes it back, and stands in nobody's way."""
    photo_id = arrive(school, "review")
    outside = Cover((50.0, 10.0, 60.0, 20.0))
    ledger = school.review._site.ledger
    ledger.reopen(school.review.get(photo_id), Rulings((outside,), BY, NOON))
    with school.resume(jobs=1) as run:
        list(run)
    edited = desk.photo(arrive(school, "review edited"))
    assert [ruled.act for ruled in edited.rulings] == [outside]
    both = rule(desk, edited.id, outside, Cover(HERE))
    assert [ruled.act for ruled in both.rulings] == [outside, Cover(HERE)]
    with pytest.raises(UsageError, match="outside the photo"):
        rule(desk, edited.id, Cover((50.0, 10.0, 61.0, 20.0)))
    assert rule(desk, edited.id, Cover(HERE)).rulings[0].act == Cover(HERE)


def test_a_worker_that_fails_takes_no_later_ruling_with_it(school: School, desk: Desk) -> None:
    """A photo that the program cannot finish any more says so; the next one has a worker again."""
    photo_id = arrive(school, "review")
    other = arrive(school, "review another")
    desk.warm_up()
    assert rule(desk, photo_id, Cover(HERE)).summary.standing is Standing.WAITS
    assert desk._pool is not None
    for worker in desk._pool._workers:
        worker.process.kill()
    assert rule(desk, other, Cover(HERE)).summary.standing is Standing.WAITS


def test_the_desk_works_beside_a_watcher(school: School, desk: Desk) -> None:
    """A run that is active does not keep anybody from ruling."""
    photo_id = arrive(school, "review")
    with School.open(school.workspace.root, workers=fake_workers) as other, other.watch(once=True, jobs=1) as run:
        view = rule(desk, photo_id, Cover(HERE))
        assert list(run) == []
    assert desk.photo(photo_id) == view


def test_the_short_list_of_what_waits_is_the_long_one(school: School, desk: Desk) -> None:
    """Ids and events alone, in the same order; a photo that was decided is in neither."""
    first = arrive(school, "review 1")
    arrive(school, "review 2", event="Play")
    arrive(school, "1")
    assert school.events.waiting() == [(line.id, line.event) for line in desk.queue()]
    desk.reject(first, by=BY)
    assert [event.label for _, event in school.events.waiting()] == ["Play"]
