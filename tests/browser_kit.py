"""A real browser on a desk: Chromium of the system, driven by Playwright."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from desk_kit import DeskClient

REQUIRED = "ANONYMISER_BROWSER_TESTS"
"""Environment variable: `required` where a missing browser is a failure and not a reason to skip."""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
LAPTOP = (1093, 500)
"""What a screen of 1366 x 768 at 125% leaves for a page."""
TABLET = (768, 1024)
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations", "incomplete"],
}
"""target-size is off unless its tag is named."""


def chromium() -> str:
    """The browser of this computer; skips the test, or fails it, if there is none.

    The shell without a window needs a third less time than the whole browser.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        (pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip)("no Chromium on this computer")
    return str(found)


@dataclass
class Window:
    """One browser window that has signed in, and everything that it asked for."""

    page: Any
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the desk."""
        self.page.goto(f"{self.url}{path}")

    @property
    def main(self) -> str:
        """The text of the page."""
        return str(self.page.inner_text("main"))

    def violations(self) -> list[str]:
        """What axe finds wrong, with WCAG 2.2 AA and best practice."""
        from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only for these tests

        found = Axe().run(self.page, options=AXE).response["violations"]
        return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@contextmanager
def window(
    browser: Any, client: DeskClient, size: tuple[int, int] = LAPTOP, *, landing: str = "/", **options: Any
) -> Iterator[Window]:
    """A window that came in through the link's file; every request must go to the desk, and nothing may complain."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-GB", service_workers="block", **options
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    # By default Playwright asks at every frame, so a browser that waits paints all the time.
    page.wait_for_function = functools.partial(page.wait_for_function, polling=50)
    opened = Window(page, f"http://{client.host}")
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    link = client.desk.write_link(60).link
    page.goto(Path(link).as_uri())
    page.wait_for_url(f"{opened.url}{landing}")
    try:
        yield opened
    finally:
        context.close()
    own = (f"{opened.url}/", f"blob:{opened.url}/", link.as_uri())
    assert [url for url in opened.requests if not url.startswith(own)] == []
    complaints = [text for text in opened.complaints if "the server responded with a status of 4" not in text]
    assert complaints == [], complaints


def told(page: Any, text: str) -> None:
    """Wait for the page on which the last act is answered with this text: the page before it may have had a notice."""
    page.locator(".notice", has_text=text).wait_for()
