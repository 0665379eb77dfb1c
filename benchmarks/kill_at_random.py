"""Kills the program at random moments while photos flow, families withdraw and people decide: is anything lost?

    python benchmarks/kill_at_random.py --kills 500 --photos 300 --seed 1

`watch` runs with workers that look at no picture, because what is tested is everything around them. Beside it, one
process withdraws and grants consents, imports, takes copies back, and approves, rejects, refers or renews what waits;
it is killed too. Another looks at the outbox all the time. In the end one undisturbed run finishes, and this must hold:

- every photo is kept, once for each row of the ledger that it has, and no file is in any work folder
- ledger and folders agree, and the audit record is whole
- no file was ever seen in the outbox that was not a whole copy
- no copy was first seen more than `--slack` seconds after somebody in it had withdrawn from its purpose
- `find` knows every copy in which somebody is shown
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from anonymiser import AnonymiserError, PersonId, Purpose, School
from anonymiser.audit.entry import Entry, check
from anonymiser.reconcile import reconcile
from anonymiser.workspace import Workspace

SETTINGS = "[intake]\nquiet_seconds = 0\nrescan_seconds = 0.3\nmax_file_megabytes = 1\n"
PROGRAM = Path(__file__).with_name("kill_worker.py")
PURPOSES = ("website", "newsletter")
PEOPLE = tuple(f"p{number}" for number in range(10))
WHOLE = re.compile(rb"copy of [0-9a-f]{64} for (\w+), shown: ([p0-9,]*)\n\.+end", re.DOTALL)
KINDS = ("show", "show", "show", "review", "seal", "bad")


# --- the process that acts -----------------------------------------------------------------------------------


def act_for_ever(root: Path, log: Path, seed: int) -> None:
    """One act after another; each withdrawal and grant is written down with its moment."""
    chance = random.Random(seed)  # noqa: S311 - the same acts every time
    while True:
        with contextlib.suppress(AnonymiserError), School.open(root) as school:
            _act(school, log, chance)
        time.sleep(chance.uniform(0, 0.1))


def _act(school: School, log: Path, chance: random.Random) -> None:
    person, purpose = PersonId(chance.choice(PEOPLE)), Purpose(chance.choice(PURPOSES))
    what = chance.choice(["withdraw", "grant", "import", "take back", *["decide"] * 4])
    match what:
        case "withdraw":
            school.register.withdraw(person, "letter", purpose)
            note(log, what, person, purpose)
        case "grant":
            note(log, what, person, purpose)
            school.register.grant(person, purpose, "letter")
        case "import":
            school.import_consents(school.workspace.root.parent / "consents.csv")
        case "take back":
            school.take_back(person)
        case "decide":
            waiting = school.review.waiting()
            if waiting:
                item = chance.choice(waiting).id
                queue = school.review
                chance.choice([queue.approve, queue.approve, queue.reject, queue.refer, queue.again])(item)
    note(log, "did", what)


def note(log: Path, *words: str) -> None:
    """One line, with the moment at which it is written."""
    with log.open("a", encoding="utf-8") as out:
        out.write(json.dumps([time.time(), *words]) + "\n")


# --- the process that looks at the outbox --------------------------------------------------------------------


def look_for_ever(root: Path, log: Path) -> None:
    """Read each new file of the outbox as soon as it is seen."""
    seen = set[tuple[str, int]]()
    while True:
        for folder, _, names in os.walk(root / "outbox"):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    number = path.stat().st_ino
                    if (str(path), number) not in seen:
                        moment, data = time.time(), path.read_bytes()
                        seen.add((str(path), number))
                        found = WHOLE.fullmatch(data)
                        facts = ["", "", ""] if found is None else [found[1].decode(), found[2].decode(), "whole"]
                        with log.open("a", encoding="utf-8") as out:
                            out.write(json.dumps([moment, path.name, *facts]) + "\n")
        time.sleep(0.002)


# --- the whole -----------------------------------------------------------------------------------------------


def start(what: str, *arguments: object) -> subprocess.Popen[bytes]:
    """This file again, as another process in a session of its own."""
    program = [PROGRAM] if what == "run" else [__file__, f"--as={what}"]
    command = [sys.executable, *map(str, program), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def kill(process: subprocess.Popen[bytes], chance: random.Random) -> bool:
    """SIGKILL to the process, or to its workers too; whether it was still there."""
    if process.poll() is not None:
        return False
    if chance.random() < 0.3:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    return True


def drop(inbox: Path, number: int, chance: random.Random) -> str:
    """A new photo; its SHA-256."""
    shown = " ".join(chance.sample(PEOPLE, 2))
    data = f"{chance.choice(KINDS)} {shown}\n{number}".encode()
    (inbox / chance.choice(PURPOSES) / f"photo{number:03}.jpg").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def disturb(workspace: Workspace, folder: Path, asked: argparse.Namespace) -> tuple[set[str], int]:
    """Kill until that was done often enough and every photo was dropped; SHA-256 of all photos, and number of kills."""
    chance = random.Random(asked.seed)  # noqa: S311 - the same moments every time
    sources, kills, starts = set[str](), 0, 0
    actor = start("act", workspace.root, folder / "acts.log", asked.seed)
    while kills < asked.kills or len(sources) < asked.photos:
        watch = start("run", "watch", "--workspace", workspace.root, "--jobs", "2")
        starts += 1
        if len(sources) < asked.photos and chance.random() < 2 * asked.photos / asked.kills:
            sources.add(drop(workspace.inbox, len(sources), chance))
        if chance.random() < 0.8:  # the others die while they start
            began = time.time()
            wait_for(lambda: looked_at(workspace) > began)  # noqa: B023 - called here and nowhere else
        time.sleep(chance.uniform(0, 3.0))
        kills += kill(watch, chance)
        if chance.random() < 0.3 or actor.poll() is not None:
            kills += kill(actor, chance)
            actor = start("act", workspace.root, folder / "acts.log", asked.seed + starts)
    kill(actor, chance)
    return sources, kills


def looked_at(workspace: Workspace) -> float:
    """When `watch` gave its last sign of life, as a time of day in seconds; 0 if it never did."""
    try:
        return (workspace.data / "heartbeat.json").stat().st_mtime
    except FileNotFoundError:
        return 0.0


def wait_for(happened: Callable[[], bool]) -> None:
    """At most ten seconds."""
    until = time.monotonic() + 10
    while not happened() and time.monotonic() < until:
        time.sleep(0.02)


def lines(log: Path) -> list[list[str]]:
    """What a process wrote; a line that it was killed in is left out."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found


def shown_too_late(acts: list[list[str]], copies: list[list[str]], slack: float) -> list[str]:
    """Copies that came out after somebody in them had withdrawn, and before they agreed again."""
    late = []
    for moment, name, purpose, shown, _ in copies:
        for person in filter(None, shown.split(",")):
            about = [act for act in acts if act[2:] == [person, purpose] and float(act[0]) < float(moment)]
            since = float(about[-1][0]) if about else 0
            if about and about[-1][1] == "withdraw" and float(moment) - since > slack:
                late.append(f"{name} shows {person}, who withdrew {float(moment) - since:.2f} s before")
    return late


def verdict(workspace: Workspace, folder: Path, sources: set[str], slack: float) -> list[str]:
    """Everything that is not as it must be."""
    acts, copies = lines(folder / "acts.log"), lines(folder / "outbox.log")
    print("acts:", dict(Counter(act[2] for act in acts if act[1] == "did")))
    during = sum(float(moment) < float(acts[-1][0]) for moment, *_ in copies)
    print(f"files seen in the outbox: {len(copies)}, of them {during} before the last act")
    wrong = [f"{name} was not whole" for _, name, _, _, whole in copies if not whole]
    wrong += shown_too_late(acts, copies, slack)
    with School.open(workspace.root) as school:
        site = school._site  # noqa: SLF001 - the benchmark looks behind the counter
        account = reconcile(site)
        wrong += account.differences
        wrong += [f"{account.in_work} rows in work"] * bool(account.in_work)
        print("outcomes:", dict(account.outcomes), "waiting:", account.waiting, "replaced:", account.replaced)
        entries = list(check(site.ledger.audit_rows()))
        wrong += [f"audit record: {entry}" for entry in entries if not isinstance(entry, Entry)]
        print("entries of the audit record:", len(entries))
        rows = {item.output: item for item in site.ledger.every() if item.output}
        found = {person: {one.item.output for one in school.find(PersonId(person))} for person in PEOPLE}
    for path in sorted((workspace.root / "outbox").rglob("*.*")):
        place = path.relative_to(workspace.root).as_posix()
        data = path.read_bytes()
        row = rows.get(place)
        if row is None or row.output_sha256 != hashlib.sha256(data).hexdigest():
            wrong.append(f"{place} is not the copy that the ledger knows")
        match = WHOLE.fullmatch(data)
        people = match[2].decode().split(",") if match else []
        wrong += [f"find {person} misses {place}" for person in people if person and place not in found[person]]
    kept, rows_of = set[str](), Counter[str]()
    for name in ("inbox", "work", "originals", "quarantine", "sealed"):
        for path in getattr(workspace, name).rglob("*"):
            if path.is_file() and path.suffix not in {".txt", ".toml"} and not path.name.endswith("-copy"):
                kept.add(hashlib.sha256(path.read_bytes()).hexdigest())
                rows_of[path.name[:15]] += 1
    wrong += ["a photo is nowhere"] * len(sources - kept)
    wrong += [f"the photo of row {row} is in {count} places" for row, count in rows_of.items() if count != 1]
    wrong += [f"left in work: {path.name}" for path in workspace.work.rglob("*") if path.is_file()]
    return wrong


def main() -> None:
    """Disturb, finish, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slack", type=float, default=0.5, help="seconds between a check of consents and the file")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    rows = "".join(f"{person},Kim{person},Okafor,granted,granted\r\n" for person in PEOPLE)
    (folder / "consents.csv").write_text(f"person_id,forename,surname,website,newsletter\r\n{rows}", newline="")
    workspace = Workspace.create(folder / "school", SETTINGS)
    with School.open(workspace.root) as school:
        school.import_consents(folder / "consents.csv")
    for purpose in PURPOSES:
        (workspace.inbox / purpose).mkdir()
        (workspace.inbox / purpose / "event.toml").write_text(f'label = "Fair"\npurpose = "{purpose}"\n')
    for log in ("acts.log", "outbox.log"):
        (folder / log).touch()
    observer = start("look", workspace.root, folder / "outbox.log")
    began = time.monotonic()
    try:
        sources, kills = disturb(workspace, folder, asked)
        time.sleep(1)
        for _ in range(3):
            finished = subprocess.run(
                [sys.executable, str(PROGRAM), "batch", "--workspace", str(workspace.root)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        print(finished.stderr[-300:])
        time.sleep(1)
    finally:
        observer.kill()
    print(f"{len(sources)} photos, {kills} kills in {time.monotonic() - began:.0f} s, seed {asked.seed}")
    wrong = verdict(workspace, folder, sources, asked.slack)
    print("\n".join(wrong) or "nothing is wrong")
    print(f"workspace: {folder}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--as=act", root, log, seed]:
            act_for_ever(Path(root), Path(log), int(seed))
        case ["--as=look", root, log]:
            look_for_ever(Path(root), Path(log))
        case _:
            main()
