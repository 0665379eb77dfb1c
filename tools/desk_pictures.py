"""Takes the pictures of docs/desk.md: opens the desk on the demo's workspace and writes docs/images/desk-*.

Usage: anonymise demo FOLDER && python tools/desk_pictures.py FOLDER
The window is that of a laptop at 125%. The desk changes nothing in the workspace: no verdict is given.
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from anonymiser import School
from anonymiser.desk.serve import Opened, open_desk
from anonymiser.school import Stop

PICTURES = Path(__file__).parents[1] / "docs" / "images"
_WINDOW = {"width": 1093, "height": 560}
_SCALE = 1.25
_SECONDS = 60


def take(page: Page, name: str) -> None:
    """Write what the window shows; a page of text as PNG with few colours, a photo as JPEG."""
    shot = Image.open(io.BytesIO(page.screenshot()))
    if name.endswith(".png"):
        shot.convert("RGB").quantize(64).save(PICTURES / name, optimize=True)
    else:
        shot.convert("RGB").save(PICTURES / name, quality=82, optimize=True)


def look(page: Page) -> None:
    """Today, the review of the class assembly in the edit view, and the question who somebody is."""
    take(page, "desk-today.png")
    page.get_by_role("link", name="Start the review").click()
    page.locator("li", has_text="Class assembly").get_by_role("link", name="Look at").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Edit").click()
    page.wait_for_load_state("networkidle")
    second = page.locator("#rows li").nth(1)
    second.scroll_into_view_if_needed()
    second.hover()
    take(page, "desk-review.jpg")
    second.get_by_role("button", name="Show").click()
    page.mouse.move(0, 0)
    page.get_by_text("Looking who this may be").wait_for(state="hidden")
    take(page, "desk-show.jpg")


def main(workspace: Path) -> None:
    """Run a desk for as long as the pictures take."""
    stop, opened, ready = Stop(), [], threading.Event()

    def tell(told: Opened) -> None:
        opened.append(told)
        ready.set()

    def work() -> None:
        with School.open(workspace) as school:
            open_desk(school, ready=tell, stop=stop, browser=False)

    desk = threading.Thread(target=work)
    desk.start()
    try:
        if not ready.wait(_SECONDS):
            raise SystemExit("the desk did not start")
        with sync_playwright() as playwright:
            browser: Any = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_context(viewport=_WINDOW, device_scale_factor=_SCALE, locale="en-GB").new_page()
            page.goto(opened[0].link.as_uri())
            page.wait_for_url(opened[0].url)
            look(page)
            browser.close()
    finally:
        stop.requests += 1
        desk.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
