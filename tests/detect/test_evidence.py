"""Gathering proposals head by head, and what is enough for a head."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anonymiser.detect.evidence import (
    ALONE,
    CLOSELY,
    CLOSELY_LARGE,
    DOUBTED,
    DOUBTED_LEAST_PX,
    DOUBTED_MOST,
    HEAD,
    LITTLE,
    PROPOSED,
    REFUSED_BELOW,
    SMALL_PX,
    TOGETHER,
    TOGETHER_DOUBLED,
    Heads,
    Proposals,
    Source,
    denied,
    disagree,
    gather,
)
from anonymiser.values.faces import Faces

BOX = [10, 10, 50, 60]
LARGE = [10, 10, 10 + SMALL_PX, 20 + SMALL_PX]
FACE = np.array([[20, 25], [40, 25], [30, 35], [22, 45], [38, 45]], np.float32)


def proposed(*rows, points=None):
    """Proposals of (box, score, source, turn), each from a search of its own, with the landmarks of its row or FACE."""
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[1] for row in rows], np.float32)
    given_points = np.tile(FACE, (len(rows), 1, 1)) if points is None else np.array(points, np.float32)
    source = np.array([row[2] for row in rows], np.intp)
    turn = np.array([row[3] for row in rows], np.float32)
    return Proposals(Faces(boxes, scores, given_points), source, turn, np.arange(len(rows)))


def judged(*said, box=BOX, by_centerface=0.0, by_yunet=0.0, by_short_range=0.0):
    """Whether one head, of which (source, score) was said, is kept after closer looks that say so much."""
    heads = gather(proposed(*((box, score, source, 0) for source, score in said)))
    assert len(heads) == 1
    looks = (np.array([score], np.float32) for score in (by_centerface, by_yunet, by_short_range))
    return bool(heads.kept(*looks)[0])


def test_one_head_has_the_best_score_of_every_source():
    """Who proposes twice counts once, and who is silent counts for nothing."""
    heads = gather(
        proposed(
            (BOX, 0.5, Source.YUNET, 0),
            ([12, 11, 52, 60], 0.8, Source.YUNET, 0),
            ([8, 8, 55, 66], 0.6, Source.CENTERFACE, 0),
            (BOX, 0.7, Source.YUNET_TURNED, 45),
        )
    )
    assert len(heads) == 1
    expected = np.zeros(len(Source), np.float32)
    expected[[Source.YUNET, Source.CENTERFACE, Source.YUNET_TURNED]] = 0.8, 0.6, 0.7
    np.testing.assert_allclose(heads.score[0], expected)
    assert heads.xyxy[0].tolist() == [12, 11, 52, 60]


def test_the_turn_is_that_of_the_best_proposal():
    """A head that is seen best when the photo is turned is looked at again at that turn."""
    assert gather(proposed((BOX, 0.5, Source.YUNET, 0), (BOX, 0.9, Source.YUNET_TURNED, 90))).turn.tolist() == [90]


def test_neighbours_stay_two_and_nothing_gives_nothing():
    """Heads that touch are two; no proposals are no heads."""
    assert len(gather(proposed(([0, 0, 40, 40], 0.9, 0, 0), ([35, 0, 75, 40], 0.8, 0, 0)))) == 2
    nobody = gather(Proposals.of(Faces.none(), Source.YUNET))
    assert len(nobody) == len(nobody.kept(*np.zeros((3, 0), np.float32))) == 0
    assert len(nobody.chosen(np.zeros(0, bool), np.zeros(0, np.float32))) == 0


@settings(max_examples=60)
@given(
    st.integers(1, 20).flatmap(
        lambda n: st.tuples(
            arrays(np.float32, (n, 4), elements=st.floats(0, 60, width=32)),
            arrays(np.float32, n, elements=st.floats(0.25, 1, width=32)),
            arrays(np.intp, n, elements=st.integers(0, len(Source) - 1)),
        )
    )
)
def test_no_proposal_is_lost(values):
    """Every proposal has its score in a head that it overlaps."""
    corners, score, source = values
    xyxy = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
    faces = Faces(xyxy, score, np.zeros((len(score), 5, 2), np.float32))
    heads = gather(Proposals(faces, source, np.zeros(len(score), np.float32), source % 3))
    overlap = (
        np.minimum(heads.xyxy[None, :, 2:], xyxy[:, None, 2:]) > np.maximum(heads.xyxy[None, :, :2], xyxy[:, None, :2])
    ).all(2)
    assert (overlap & (score[:, None] <= heads.score[:, source].T)).any(1).all()


def one_search(source, *boxes):
    n = len(boxes)
    faces = Faces(np.array(boxes, np.float32), np.full(n, 0.8, np.float32), np.zeros((n, 5, 2), np.float32))
    return Proposals.of(faces, source, 0.0)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([22, 0, 62, 40], id="a child behind a shoulder"),
        pytest.param([8, 8, 32, 32], id="a baby in front of a face"),
        pytest.param([0, 4, 40, 44], id="almost in the same place"),
    ],
)
@pytest.mark.parametrize("source", [Source.CENTERFACE, Source.YUNET_TURNED, Source.BLAZEFACE])
def test_two_heads_that_one_search_keeps_apart_are_two_rows(source, second):
    """However much they overlap, and although another search frames both as one."""
    first, both = [0, 0, 40, 40], [0, 0, 50, 42]
    alone = gather(Proposals.concatenate([one_search(source, first, second)]))
    assert sorted(alone.xyxy.tolist()) == sorted([first, second])
    heads = gather(Proposals.concatenate([one_search(Source.YUNET, both), one_search(source, first, second)]))
    assert len(heads) == 2
    assert (heads.score[:, source] > 0).all()


@settings(max_examples=60)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(
            arrays(np.float32, (n, 4), elements=st.floats(0, 40, width=32)),
            arrays(np.float32, n, elements=st.floats(0.25, 1, width=32)),
            arrays(np.intp, n, elements=st.integers(0, 2)),
        )
    )
)
def test_there_are_as_many_rows_as_the_search_that_keeps_most_apart(values):
    """What one search tells apart, no other search can run together; each proposal of a single search is a row."""
    corners, score, search = values
    xyxy = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
    faces = Faces(xyxy, score, np.zeros((len(score), 5, 2), np.float32))
    zeros = np.zeros(len(score), np.intp)
    heads = gather(Proposals(faces, zeros, zeros.astype(np.float32), search))
    assert np.bincount(search).max() <= len(heads) <= len(score)
    assert len(gather(Proposals(faces, zeros, zeros.astype(np.float32), zeros))) == len(score)


def test_a_row_of_its_own_takes_no_evidence_from_another():
    """The head that would have absorbed it keeps the scores that it would have had."""
    best, rival = [0, 0, 40, 40], [0, 8, 40, 48]
    yunet, centerface = one_search(Source.YUNET, best), one_search(Source.CENTERFACE, [0, 2, 40, 42], rival)
    centerface.faces.score[:] = 0.3, 0.6
    heads = gather(Proposals.concatenate([yunet, centerface]))
    assert heads.xyxy.tolist() == [best, rival]
    np.testing.assert_allclose(heads.score[:, Source.CENTERFACE], 0.6)


@pytest.mark.parametrize(
    ("said", "box", "by_centerface", "by_yunet", "kept"),
    [
        pytest.param([(Source.CENTERFACE, HEAD)], BOX, 0.0, 0.0, True, id="centerface alone, small"),
        pytest.param([(Source.CENTERFACE, HEAD - 0.01)], BOX, 1.0, 1.0, False, id="centerface doubts"),
        pytest.param([(Source.CENTERFACE, HEAD)], LARGE, 0.0, 0.05, False, id="large, and never glimpsed"),
        pytest.param([(Source.CENTERFACE, HEAD)], LARGE, 0.0, 0.1, True, id="large, and glimpsed"),
        pytest.param([(Source.CENTERFACE, 0.4)], LARGE, 0.0, 0.0, True, id="large and clear"),
        pytest.param([(Source.CENTERFACE, HEAD), (Source.YUNET, 0.6)], LARGE, 0.0, 0.0, True, id="large, vouched"),
        pytest.param([(Source.CENTERFACE_SMALL, 0.9)], BOX, 0.0, 0.0, False, id="on the small copy alone"),
        pytest.param(
            [(Source.CENTERFACE_SMALL, HEAD), (Source.CENTERFACE, 0.12)], BOX, 0.0, 0.0, True, id="on both copies"
        ),
        pytest.param(
            [(Source.YUNET, PROPOSED)], BOX, CLOSELY, 0.0, True, id="small, and clear to centerface when it is near"
        ),
        pytest.param([(Source.YUNET, PROPOSED)], LARGE, CLOSELY + 0.1, 0.0, False, id="the same, large"),
        pytest.param(
            [(Source.YUNET_TURNED, PROPOSED)], LARGE, CLOSELY_LARGE, 0.0, True, id="large, and clear when it is near"
        ),
        pytest.param([(Source.YUNET, PROPOSED - 0.01)], BOX, 1.0, 1.0, False, id="hardly proposed"),
        pytest.param([(Source.YUNET, 0.6)], BOX, LITTLE, 0.7, True, id="small and upright"),
        pytest.param(
            [(Source.YUNET, 0.6)], BOX, LITTLE - 0.01, 0.7, False, id="small and upright, but not to centerface"
        ),
        pytest.param([(Source.YUNET, 0.6)], LARGE, LITTLE, 0.75, False, id="upright, large"),
        pytest.param([(Source.YUNET_TURNED, 0.6)], BOX, LITTLE, 0.75, False, id="small, turned"),
        pytest.param([(Source.YUNET_TURNED, 0.7)], BOX, LITTLE, 0.8, True, id="turned and clear"),
        pytest.param([(Source.BLAZEFACE, 0.7)], LARGE, LITTLE, 0.8, True, id="seen by MediaPipe"),
        pytest.param([(Source.BLAZEFACE, 0.9)], LARGE, LITTLE, 0.7, False, id="seen by nobody else"),
    ],
)
def test_what_is_enough_for_a_head(said, box, by_centerface, by_yunet, kept):
    """CenterFace decides alone, from afar or closely; where it doubts, others and YuNet's closer look must agree."""
    assert judged(*said, box=box, by_centerface=by_centerface, by_yunet=by_yunet) is kept


def enough(by_centerface, side, alone=True):
    """The score of BlazeFace's closer look that is just not enough beside this one of CenterFace."""
    least = TOGETHER + TOGETHER_DOUBLED * math.log2(side / DOUBTED_LEAST_PX) - ALONE * alone
    return 1 / (1 + math.exp(math.log(by_centerface / (1 - by_centerface)) - least))


@pytest.mark.parametrize("by_centerface", [DOUBTED, 0.2, HEAD - 0.01])
@pytest.mark.parametrize("side", [DOUBTED_LEAST_PX, 60, 160])
def test_two_networks_that_doubt_may_see_a_head_together(by_centerface, side):
    """The less one of them sees, the more must the other, and the more the larger the head; neither is enough alone."""
    box = [10, 10, 10 + side, 10 + side]
    for more, kept in ((0.01, True), (-0.01, False)):
        score = enough(by_centerface, side) + more
        assert judged((Source.CENTERFACE, by_centerface), box=box, by_short_range=score) is kept
        proposed_too = (Source.CENTERFACE, by_centerface), (Source.YUNET, 0.4)
        score = enough(by_centerface, side, alone=False) + more
        assert judged(*proposed_too, box=box, by_short_range=score) is kept
    assert enough(by_centerface, 2 * side) > enough(by_centerface, side)
    assert not judged((Source.CENTERFACE, by_centerface), box=box, by_centerface=1.0, by_yunet=1.0)
    assert not judged((Source.YUNET, 0.4), box=box, by_short_range=1.0)


def test_only_large_heads_in_doubt_are_questioned():
    """Where CenterFace is sure a closer look is not worth its time, and a small mistake costs few pixels."""
    small = [10, 10, 9 + SMALL_PX, 9 + SMALL_PX]
    score = np.zeros((4, len(Source)), np.float32)
    score[:, Source.CENTERFACE] = REFUSED_BELOW - 0.01, REFUSED_BELOW, REFUSED_BELOW - 0.01, REFUSED_BELOW - 0.01
    blank = np.tile(FACE, (4, 1, 1))
    heads = Heads(np.array([LARGE, LARGE, small, LARGE], np.float32), blank, blank, score, np.zeros(4, np.float32))
    assert heads.questioned(np.array([True, True, True, False])).tolist() == [0]


@given(arrays(np.float32, (6, 3), elements=st.floats(0, 1, width=32)), st.integers(0, 2))
def test_what_a_network_says_never_makes_a_denied_head_of_another(said, column):
    """Networks can be asked one after the other, and a head that nobody can deny any more needs no further look."""
    fewer = said.copy()
    fewer[:, column] = 0
    assert (denied(fewer) | ~denied(said)).all()
    assert denied(np.zeros((1, 3), np.float32)).all()
    assert not denied(np.full((1, 3), 0.2, np.float32)).any()


def test_small_heads_are_not_judged_together():
    """Below the least size most of what both networks take for a head is none."""
    side = DOUBTED_LEAST_PX
    for less, kept in ((0, True), (1, False)):
        box = [10, 10, 10 + side - less, 10 + side - less]
        assert judged((Source.CENTERFACE, 0.2), box=box, by_short_range=1.0) is kept


def test_centerface_alone_is_not_two_networks():
    """However sure it is in its small version: where BlazeFace sees nothing at all, the old rules decide."""
    assert not judged((Source.CENTERFACE_SMALL, 0.99), box=LARGE, by_short_range=0.0)


def chosen(*boxes, sure, by_short_range):
    """What is kept of heads of which CenterFace says a fifth each, some of them sure for other reasons."""
    blank = np.tile(FACE, (len(boxes), 1, 1))
    score = np.zeros((len(boxes), len(Source)), np.float32)
    score[:, Source.CENTERFACE] = 0.2
    heads = Heads(np.array(boxes, np.float32), blank, blank, score, np.zeros(len(boxes), np.float32))
    return heads.chosen(np.array(sure), np.array(by_short_range, np.float32))


FAR = [300, 300, 400, 400]


def test_a_doubted_head_is_never_recognised_and_changes_no_other():
    """It is added without its nose tip, and the sure head keeps all of its points."""
    heads = chosen(LARGE, FAR, sure=[True, False], by_short_range=[0.0, 0.9])
    assert heads.xyxy.tolist() == [LARGE, FAR]
    np.testing.assert_array_equal(heads.points[0], FACE)
    np.testing.assert_array_equal(heads.points[1, [0, 1, 3, 4]], FACE[[0, 1, 3, 4]])
    assert np.isnan(heads.points[1, 2]).all()


def test_a_crowd_is_not_looked_at_head_by_head():
    """Only at the likeliest few, and at none that is sure, or in the place of one that is."""
    number = DOUBTED_MOST + 5
    boxes = np.array([[100 * k, 0, 100 * k + 50, 50] for k in range(number)], np.float32)
    boxes[4] = boxes[3] + 5
    score = np.zeros((number, len(Source)), np.float32)
    score[:, Source.CENTERFACE] = DOUBTED + np.arange(number) / 100
    blank = np.tile(FACE, (number, 1, 1))
    heads = Heads(boxes, blank, blank, score, np.zeros(number, np.float32))
    sure = np.arange(number) == 3
    assert heads.doubted(sure).tolist() == [*range(number - 1, 4, -1)][:DOUBTED_MOST]
    assert set(heads[:6].doubted(sure[:6])) == {0, 1, 2, 5}


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([320, 310, 420, 420], id="framed again"),
        pytest.param([310, 310, 345, 340], id="an eye"),
        pytest.param([250, 250, 450, 450], id="hair and shoulders too"),
    ],
)
@pytest.mark.parametrize("first_is_sure", [True, False])
def test_a_doubted_head_is_added_once_and_only_where_no_better_one_is(first_is_sure, second):
    """A sure head stands for all in its place; of doubted ones, the likeliest does."""
    heads = chosen(second, FAR, sure=[False, first_is_sure], by_short_range=[0.8, 0.9])
    assert heads.xyxy.tolist() == [FAR]


@settings(max_examples=100)
@given(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(
            arrays(np.float32, (n, 4), elements=st.floats(0, 100, width=32)),
            arrays(bool, n),
            arrays(np.float32, n, elements=st.floats(0, 1, width=32)),
        )
    )
)
def test_no_sure_head_is_ever_lost_to_a_doubted_one(values):
    """There is no veto: whatever the closer look says, the sure heads are kept, in their order."""
    corners, sure, by_short_range = values
    boxes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
    heads = chosen(*boxes, sure=sure, by_short_range=by_short_range)
    kept = heads.xyxy[np.isfinite(heads.points).all((1, 2))]
    np.testing.assert_array_equal(kept, boxes[sure])


@settings(max_examples=200)
@given(
    arrays(np.float32, (1, len(Source)), elements=st.floats(0, 1, width=32)),
    st.sampled_from([BOX, LARGE]),
    st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=3, max_size=3),
)
def test_a_higher_score_of_a_closer_look_never_loses_a_head(score, box, looks):
    """So a look that cannot change the answer need not be taken."""
    blank = np.full((1, 5, 2), np.nan, np.float32)
    heads = Heads(np.array([box], np.float32), blank, blank, score, np.zeros(1, np.float32))
    low = heads.kept(*(np.array([min(pair)], np.float32) for pair in looks))
    high = heads.kept(*(np.array([max(pair)], np.float32) for pair in looks))
    assert (high | ~low).all()


def test_landmarks_are_yunets_whoever_frames_the_head():
    """Recognition aligns by YuNet's best points, although CenterFace's box is the better one."""
    heads = gather(
        proposed(
            (BOX, 0.9, Source.CENTERFACE, 0),
            (BOX, 0.4, Source.YUNET, 0),
            (BOX, 0.3, Source.YUNET, 0),
            points=[FACE + 30, FACE, FACE + 3],
        )
    )
    np.testing.assert_allclose(heads.points[0], FACE)


def test_a_head_that_yunet_does_not_see_lies_as_others_say_and_is_never_located():
    """CenterFace's points tell how the head lies; without the nose tip nobody is recognised."""
    points = gather(proposed((BOX, 0.9, Source.CENTERFACE, 0), (BOX, 0.9, Source.BLAZEFACE, 0))).points[0]
    np.testing.assert_allclose(points[[0, 1, 3, 4]], FACE[[0, 1, 3, 4]])
    assert np.isnan(points[2]).all()


def test_eyes_and_nose_in_other_places_contradict():
    """BlazeFace's three points are compared with YuNet's, in distances between the eyes."""
    blazeface = np.concatenate([FACE[:3], np.full((2, 2), np.nan, np.float32)])
    both = ((BOX, 0.9, Source.YUNET, 0), (BOX, 0.9, Source.BLAZEFACE, 0))
    for shift, contradicted in ((1, False), (11, True)):
        heads = gather(proposed(*both, points=[FACE, blazeface + shift]))
        np.testing.assert_allclose(heads.points[0], FACE)
        assert disagree(heads.points, heads.by_blazeface).tolist() == [contradicted]


def test_missing_points_contradict_nobody():
    """A detector that gives no landmarks says nothing about another's."""
    assert disagree(FACE[None], np.full((1, 5, 2), np.nan, np.float32)).tolist() == [False]
    assert disagree(np.full((1, 5, 2), np.nan, np.float32), FACE[None]).tolist() == [False]
