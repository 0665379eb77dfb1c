"""How long a reviewer waits for the desk: the first photo, the next, a click on a face, the list of people.

    python benchmarks/bench_desk.py [--photos 500] [--people 1500] [--large 6] [--keep FOLDER | --workspace FOLDER]

Makes a workspace of rendered people in the temporary folder: `--photos` photos that wait, of which `--large` have 12
megapixels and are the ones that are timed; the others are small, and only make the queue long. The desk runs as the
command does, in a process of its own, and a headless Chromium asks it. Times are from the click, or from the address,
until the picture is painted. Whoever decides about a photo has changed a face in it before and looks at it for two
seconds more, as a reviewer does at least: meanwhile the page fetches the copy that comes next. Memory is that of the
desk's process before anybody reviews, compared with a process that has opened the same workspace and nothing else.
The list of people is on the screen ("first rows") before the last of its rows has come ("again").
`--workspace` takes one that an earlier run made with `--keep`, and works on a copy of it.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from anonymiser import School
from anonymiser.samples import sample_images
from anonymiser.values.report import Waits

_LARGE = (4000, 3000)
_SMALL = (640, 480)
_LOOK_MS = 2000
_LISTS = 8
"""How often the list of people is opened again."""
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
_FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
_PICTURE = "() => { const i = document.getElementById('picture'); return i && i.complete && i.naturalWidth > 0; }"
_OPENED = (
    "import sys, time; from pathlib import Path; from anonymiser import School; "
    "s = School.open(Path(sys.argv[1])); s.status(); time.sleep(60)"
)


def fill(inbox: Path, photos: int, large: int) -> None:
    """Photos of the sample people, no two equal; the large ones come first."""
    event = inbox / "Sports day"
    event.mkdir(parents=True)
    folder = sample_images() / "inbox" / "Class photo"
    sources = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))]
    for number in range(photos):
        size = _LARGE if number < large else _SMALL
        picture = sources[number % len(sources)].resize(size)
        picture.paste((number * 37 % 256, number * 11 % 256, number // 2 % 256), (0, 0, 32, 32))
        made = io.BytesIO()
        picture.save(made, "JPEG", quality=90)
        (event / f"{number:05}.jpg").write_bytes(made.getvalue())


def prepare(root: Path, photos: int, people: int, large: int) -> None:
    """A workspace in which every photo waits."""
    with School.create(root):
        settings = root / "anonymiser.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('release = "automatic"', 'release = "after-review"'), encoding="utf-8")
    rows = [f"n{number:05},First{number},Last{number},Year {number % 7},granted" for number in range(people)]
    consents = root.parent / "consents.csv"
    consents.write_text("\n".join(["person_id,forename,surname,class,website", *rows]) + "\n", encoding="utf-8")
    fill(root / "inbox", photos, large)
    with School.open(root) as school:
        school.import_consents(consents)
        with school.run() as run:
            waiting = sum(isinstance(result.report.outcome, Waits) for result in run)
    print(f"{waiting} of {photos} photos wait, {people} people")


def resident(process: int) -> float:
    """Megabytes that are the process's own, and those of its children."""
    whole = [psutil.Process(process), *psutil.Process(process).children(recursive=True)]
    return sum(one.memory_info().rss for one in whole) / 1e6


@contextmanager
def desk(root: Path) -> Iterator[tuple[int, Path]]:
    """The command in a process of its own: its id, and the file that signs a browser in."""
    command = [sys.executable, "-c", "from anonymiser.cli import main; main()", "desk", "--no-browser"]
    process = subprocess.Popen([*command, "--workspace", str(root)], stderr=subprocess.DEVNULL)
    link = root / "data" / "desk-open.html"
    try:
        while not link.exists():
            time.sleep(0.1)
        yield process.pid, link
    finally:
        process.terminate()
        process.wait(30)


def timed(page: Page, act: Callable[[], object], until: str) -> float:
    """Milliseconds from the act until `until` is true and the page is painted."""
    start = time.perf_counter()
    act()
    page.wait_for_function(until, polling=5)
    page.evaluate(_PAINTED)
    return 1000 * (time.perf_counter() - start)


def opened_alone(root: Path) -> float:
    """Megabytes of a process that has opened the workspace and counted what is where."""
    process = subprocess.Popen([sys.executable, "-c", _OPENED, str(root)])
    try:
        time.sleep(8)
        return resident(process.pid)
    finally:
        process.kill()
        process.wait(30)


def measure(page: Page, url: str, large: int) -> dict[str, list[float]]:
    """Milliseconds per kind of wait."""
    kinds = ("first photo", "next photo", "change of a face", "people, first", "people, again", "people, first rows")
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    page.goto(f"{url}/review")
    found["first photo"].append(timed(page, page.locator("ol.todo a.button").first.click, _PICTURE))
    for _ in range(large - 1):
        page.click("[data-view=edit]")
        page.locator("#rows button", has_text="Not a face").first.click()
        shown = "() => document.querySelectorAll('#outlines .not-a-face').length > 0"
        yes = page.locator("button", has_text="Yes, it is not a face")
        found["change of a face"].append(timed(page, yes.click, shown))
        page.click("#undo")
        page.wait_for_function(f"() => !({shown})()")
        page.click("[data-view=published]")
        page.wait_for_timeout(_LOOK_MS)
        page.locator("#stage").focus()
        arrived = f"() => location.href !== '{page.url}' && ({_PICTURE})()"
        found["next photo"].append(timed(page, lambda: page.keyboard.press("r"), arrived))
    page.wait_for_timeout(_LOOK_MS)  # the copy that comes next is being fetched
    for time_before in range(1 + _LISTS):
        kind = "people, again" if time_before else "people, first"
        found[kind].append(timed(page, lambda: page.goto(f"{url}/people"), "() => true"))
        if time_before:
            found["people, first rows"].append(page.evaluate(_FIRST_PAINT))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--people", type=int, default=1500)
    parser.add_argument("--large", type=int, default=6)
    made = parser.add_mutually_exclusive_group()
    made.add_argument("--keep", type=Path, help="a new folder for a copy of the workspace, for --workspace")
    made.add_argument("--workspace", type=Path, help="measure on a copy of this one")
    asked = parser.parse_args()
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "school"
        if asked.workspace:
            shutil.copytree(asked.workspace, root)
        else:
            prepare(root, asked.photos, asked.people, asked.large)
        if asked.keep:
            shutil.copytree(root, asked.keep)
        alone = opened_alone(root)
        with desk(root) as (process, link), sync_playwright() as playwright:
            idle = resident(process)
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_context(bypass_csp=True, viewport={"width": 1366, "height": 768}).new_page()
            page.goto(link.as_uri())
            page.wait_for_url(re.compile(r"http://127\.0\.0\.1:\d+/$"))
            found = measure(page, page.url.rstrip("/"), asked.large)
            browser.close()
    for what, values in found.items():
        middle = f"{statistics.median(values):7.0f} ms   best {min(values):6.0f}   worst {max(values):6.0f}"
        print(f"{what:<18} {middle}   of {len(values)}")
    print(f"memory when idle {idle:.0f} MB; a process that has opened the workspace {alone:.0f} MB")


if __name__ == "__main__":
    main()
