"""Cropping at the desk, by mouse and by keys alone."""

from __future__ import annotations

import io

from browser_kit import Window
from desk_kit import DeskClient
from fair_kit import at, desk, fair, fair_of_all, make_copy, photo, ready, released, row, said, shown
from PIL import Image

__all__ = ["desk", "fair", "fair_of_all", "photo", "shown"]


def drag(window: Window, start: tuple[float, float], end: tuple[float, float]) -> None:
    page = window.page
    page.mouse.move(*at(window, *start))
    page.mouse.down()
    page.mouse.move(*at(window, *end), steps=6)
    page.mouse.up()


def show_ben(window: Window) -> None:
    """Face 1, at the left."""
    row(window, 1).get_by_role("button", name="Show").click()
    window.page.get_by_role("button", name="Okafor, Ben").click()
    make_copy(window)
    ready(window)


def size_of(copy: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(copy)) as picture:
        return picture.size


def test_a_part_is_kept_by_dragging_its_corners(photo: Window, desk: DeskClient) -> None:
    """The copy holds that part and nothing else; the rest can be had back before it is approved."""
    page = photo.page
    page.click("#crop")
    said(photo, "Press Enter to keep it alone")
    drag(photo, (60, 40), (2, 2))
    drag(photo, (1140, 760), (620, 420))
    assert page.inner_text("#draw-done").startswith("Keep this part")
    page.click("#draw-done")
    assert "only a part is kept" in page.inner_text("#part-rows")
    make_copy(photo)
    assert "by you" in page.inner_text("#part-rows")
    ready(photo)
    page.locator("#stage").focus()
    page.keyboard.press("a")
    page.wait_for_function("() => document.title.startsWith('Photo 2 of 3')")
    (copy,) = released(desk)
    assert all(abs(found - due) < 16 for found, due in zip(size_of(copy), (620, 420), strict=True)), size_of(copy)


def test_the_part_without_anybody_covered_is_suggested(photo: Window, desk: DeskClient) -> None:
    """By keys alone: C, Enter; nobody has to be covered in the copy, and the child stays."""
    page = photo.page
    show_ben(photo)
    page.locator("#stage").focus()
    page.keyboard.press("c")
    said(photo, "nobody who is covered")
    page.keyboard.press("Enter")
    said(photo, "Only this part will be kept")
    make_copy(photo)
    assert "0 covered, 1 shown: Ben O." in page.inner_text("#count")


def test_the_whole_photo_can_be_had_back(photo: Window) -> None:
    """By its own button, and by undo; the page then says so until the copy is made."""
    page = photo.page
    page.click("#crop")
    page.keyboard.press("Enter")
    make_copy(photo)
    page.get_by_role("button", name="Keep the whole photo").click()
    assert "The whole photo again" in page.inner_text("#part-rows")
    page.click("#undo")
    assert "only a part is kept" in page.inner_text("#part-rows")
    assert page.locator("#send").is_hidden()
    page.click("#redo")
    make_copy(photo)
    assert page.locator("#part").is_hidden()
