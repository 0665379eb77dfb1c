from __future__ import annotations

import socket

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from anonymiser.labels import ppocr
from anonymiser.labels.names import find_names
from anonymiser.stages import load_reader
from anonymiser.values.labels import NameIndex

BADGES = {
    "white": ((250, 250, 250), (20, 20, 20)),
    "yellow": ((250, 235, 110), (30, 30, 70)),
    "navy": ((20, 35, 110), (245, 245, 245)),
}
NAMES = ["Ella Smith", "Oliver Featherstone", "Zoe O'Brien", "Amelia Smith-Jones", "Mohammed Khan", "Kwame Mensah"]


@pytest.fixture(scope="module")
def reader():
    return load_reader()


def capitals(height):
    """Pillow's own font with capitals `height` pixels high."""
    return ImageFont.load_default(round(height / 0.7))


def photo(words, height=20, size=(640, 400), at=(0.5, 0.5), colours=BADGES["white"]):
    """A grey picture with a plain badge on it, centred at a share of its size."""
    picture = Image.new("RGB", size, (120, 130, 125))
    draw = ImageDraw.Draw(picture)
    centre = (size[0] * at[0], size[1] * at[1])
    left, top, right, bottom = draw.multiline_textbbox(centre, words, capitals(height), anchor="mm")
    draw.rectangle((left - height, top - height, right + height, bottom + height), fill=colours[0])
    draw.multiline_text(centre, words, colours[1], capitals(height), anchor="mm", align="center")
    return np.asarray(picture)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(NAMES),
    height=st.integers(14, 60),
    colours=st.sampled_from(sorted(BADGES)),
    across=st.booleans(),
)
def test_a_name_on_a_plain_badge_is_read_and_found(reader, name, height, colours, across):
    """Printed with letters of 14 px and more, on one line or two, every name of a register is found."""
    pixels = photo(name.replace(" ", "\n") if across else name, height, (1400, 500), colours=BADGES[colours])
    labels = find_names(reader.read(pixels), NameIndex.build((each, each) for each in NAMES))
    assert {person for label in labels for person in label.people} == {name}


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_text_is_read_whichever_way_up_the_photo_lies(reader, turns):
    """A photo that lost its orientation tag gives up its names all the same, and the box runs along the text."""
    upright = photo("Star of the week", height=24)
    lines = reader.read(np.ascontiguousarray(np.rot90(upright, turns)))
    assert 1 <= len(lines) <= 2  # sizes may see it twice, which covers it twice
    expected = [(1, 0), (0, -1), (-1, 0), (0, 1)][turns]
    for line in lines:
        assert line.text.replace(" ", "").casefold() == "staroftheweek"
        along = line.quad[1] - line.quad[0]
        assert along @ expected > 0.95 * np.hypot(*along)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_short_word_is_turned_too(reader, turns):
    """A line about as wide as high has four possible tops."""
    (line,) = reader.read(np.ascontiguousarray(np.rot90(photo("Zoe", height=40), turns)))
    assert line.text.casefold() == "zoe"


def test_the_box_covers_the_letters(reader):
    """Whatever is painted over the box destroys the whole word."""
    pixels = photo("Featherstone", height=30)
    (line,) = reader.read(pixels)
    rows, columns = np.nonzero(pixels.max(2) < 60)
    low, high = line.quad.min(0), line.quad.max(0)
    assert low[0] <= columns.min()
    assert low[1] <= rows.min()
    assert high[0] >= columns.max()
    assert high[1] >= rows.max()


def test_a_line_across_the_seam_of_two_tiles_is_read_once(reader):
    """Tiles are an economy of memory that no line of text notices."""
    width = 2400
    assert len(ppocr._tiles(round(width * ppocr.DETECTION_SCALES[0]))) == 3
    for seam in (1 / 3, 2 / 3):
        lines = reader.read(photo("Star of the week", 24, (width, 300), (seam, 0.5)))
        assert ["".join(line.text.split()).casefold() for line in lines] == ["staroftheweek"]


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (900, 20), (20, 900)])
def test_a_picture_without_text_has_no_lines(reader, size):
    """Flat pictures of any shape are read without an error and without an invention."""
    assert reader.read(np.full((size[1], size[0], 3), 128, np.uint8)) == []


def test_reading_opens_no_connection(monkeypatch):
    """A reader is made and used where no socket can be."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert load_reader().read(photo("Star of the week"))


@given(st.integers(1, 20_000))
def test_tiles_answer_for_every_pixel_once(length):
    """Along an axis the inner parts follow one another, and each lies inside its bounded tile."""
    spans = ppocr._tiles(length)
    assert [place for span in spans for place in range(length)[span.inner]] == list(range(length))
    for span in spans:
        assert 0 <= span.start < span.stop <= length
        assert span.stop - span.start <= ppocr._TILE
        assert range(span.start, span.stop)[span.kept] == range(length)[span.inner]


@given(
    width=st.floats(10, 400),
    height=st.floats(10, 60),
    angle=st.floats(-180, 180),
    first=st.integers(0, 3),
)
def test_a_line_starts_where_upright_text_would(width, height, angle, first):
    """The first side of a clear line is its long one, and runs right or, where it is steep, down."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    turn = np.radians(angle)
    rotated = (corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])).astype(np.float32)
    quad = ppocr._upright(np.roll(rotated, first, axis=0))
    along, down = quad[1] - quad[0], quad[2] - quad[1]
    assert along[0] * down[1] - along[1] * down[0] > 0
    assert max(along) > 0
    if not ppocr._is_squarish(quad):
        assert np.hypot(*along) > np.hypot(*down)
        assert along[np.abs(along).argmax()] > 0


def test_repeats_and_blanks_are_dropped_from_the_reading(reader):
    """One letter over several steps is one letter; a blank between two equal letters keeps both."""
    alphabet = {character: row for row, character in enumerate(reader._alphabet)}
    steps = ["", "E", "E", "l", "", "l", "a", ""]
    probabilities = np.full((len(steps), len(reader._alphabet)), 0.0, np.float32)
    probabilities[range(len(steps)), [alphabet[step] for step in steps]] = 0.8
    assert reader._decode(probabilities) == ("Ella", pytest.approx(0.8))
    assert reader._decode(probabilities[:1]) == ("", 0.0)
