"""Workers on a Dask cluster: what the local pool promises, and that nothing of a photo is left or read on the way."""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_worker
import pytest
from cluster_kit import certificates, cluster_of

from anonymiser.consent.contexts import NoRegister
from anonymiser.errors import (
    DiskFullError,
    ModelError,
    SafetyRefusal,
    SettingsError,
    UsageError,
    VerificationFailed,
    WorkspaceError,
)
from anonymiser.photo.verify import verify
from anonymiser.samples import sample_images
from anonymiser.settings import Cluster, Settings
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, Job, OutcomeKind, PhotoReport
from anonymiser.workers.cluster import ClusterPool
from anonymiser.workers.interface import PhotoPool, WorkerSetup
from anonymiser.workers.pool import GIVEN_UP, Pool
from anonymiser.workers.product import pipeline_setup
from anonymiser.workers.scheduler import Scheduler

distributed = pytest.importorskip("distributed", reason='no Dask here: pip install ".[test]"')

SETUP = WorkerSetup(fake_worker.initialise, fake_worker.process, fake_worker.examine, fake_worker.accept)
MakeJob = Callable[[str], Job]
CONTEXT = NoRegister().current(Event("Fair", Purpose("website"))).context


@pytest.fixture
def job(tmp_path: Path) -> MakeJob:
    """Make a job whose file tells the fake worker what to do."""
    made: list[str] = []

    def make(content: str) -> Job:
        made.append(content)
        source = tmp_path / f"{len(made)}.jpg"
        source.write_text(content)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return Job(source.stem, source, digest, tmp_path / f"{len(made)}.out", CONTEXT)

    return make


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two workers, for every test that does not end the scheduler."""
    with cluster_of(2, tmp_path_factory.mktemp("dask")) as made:
        yield made


def pool_of(cluster: Any, setup: WorkerSetup = SETUP, seconds: float = 60, jobs: int | None = None) -> ClusterPool:
    return ClusterPool(setup, Scheduler.checked(cluster.scheduler_address, Cluster()), seconds, jobs)


def finish(pool: PhotoPool, *jobs: Job) -> dict[str, PhotoReport]:
    waiting, reports = list(jobs), {}
    until = time.monotonic() + 60
    while waiting or not pool.idle:
        assert time.monotonic() < until
        while waiting and pool.has_room:
            pool.submit(waiting.pop(0))
        reports |= {finished.job.item: finished.report for finished in pool.poll(1)}
    return reports


def test_copies_are_those_of_one_computer(cluster: Any, job: MakeJob) -> None:
    """Every job comes back once, with the report and, byte for byte, the copy of a local worker."""
    jobs = [job(content) for content in ("a", "review", "show P1", "bad", "seal", "b")]
    with pool_of(cluster) as pool:
        there = finish(pool, *jobs)
    copies = {each.item: each.staging.read_bytes() for each in jobs if each.staging.exists()}
    for each in jobs:
        each.staging.unlink(missing_ok=True)
    with Pool(SETUP, 1, 60) as pool:
        here = finish(pool, *jobs)
    assert there == here
    assert copies == {each.item: each.staging.read_bytes() for each in jobs if each.staging.exists()}
    assert len(copies) == 4


def test_no_more_than_two_jobs_a_worker_are_held_and_none_of_their_pixels(cluster: Any, job: MakeJob) -> None:
    """However many photos there are, the pool asks for few, and reads a photo when a worker is free for it."""
    with pool_of(cluster) as pool:
        finish(pool, job("begin"))
        until = time.monotonic() + 60
        while sum(seat.ready for seat in pool._seats.values()) < 2 and time.monotonic() < until:
            pool.poll(0.1)
        while pool.has_room:
            pool.submit(job("slow 1"))
        assert len(pool._turns) + len(pool._running()) == 2 * len(pool._seats) == 4
        for waiting in pool._turns._queue:
            waiting.source.unlink()
        kinds = sorted(str(report.kind) for report in finish(pool).values())
    assert kinds == ["failed", "failed", "released", "released"]


def test_no_more_workers_are_used_than_asked_for(cluster: Any, job: MakeJob) -> None:
    """`--jobs` counts on a cluster, too."""
    with pool_of(cluster, jobs=1) as pool:
        finish(pool, *(job(f"slow 0.1\n{number}") for number in range(3)))
        assert len(pool._seats) == 1


def test_a_photo_that_kills_its_worker_twice_is_given_up(cluster: Any, job: MakeJob) -> None:
    """Everybody else's photos are done, one that kills its worker once included."""
    with pool_of(cluster) as pool:
        marker = job("").source.with_suffix(".died")
        reports = finish(pool, job("die"), job("a"), job(f"die-once {marker}"), job("memory"), job("b"))
    outcomes = [report.outcome if report.kind is OutcomeKind.FAILED else report.kind for report in reports.values()]
    assert sorted(map(str, outcomes)) == sorted(map(str, [Failed((GIVEN_UP,))] * 2 + [OutcomeKind.RELEASED] * 3))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_worker_that_is_killed_loses_nothing(cluster: Any, job: MakeJob) -> None:
    """Its photo is done by another, with the same copy."""
    jobs = [job(f"slow 1.5\n{number}") for number in range(4)]
    with pool_of(cluster) as pool:
        finish(pool, job("begin"), job("begin 2"))
        for each in jobs:
            pool.submit(each)
        time.sleep(0.5)
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        reports = finish(pool)
    assert [report.kind for report in reports.values()] == [OutcomeKind.RELEASED] * 4
    assert all(each.sha256 in each.staging.read_text() for each in jobs)


def test_a_photo_that_hangs_is_given_up(cluster: Any, job: MakeJob) -> None:
    """After its time, twice, and its worker is replaced."""
    started = time.monotonic()
    with pool_of(cluster, seconds=1) as pool:
        reports = finish(pool, job("hang"), job("a"))
    assert reports["1"].outcome == Failed((GIVEN_UP,))
    assert reports["2"].kind is OutcomeKind.RELEASED
    assert time.monotonic() - started > 2


def test_the_second_chance_is_had_alone(cluster: Any, job: MakeJob) -> None:
    """While a suspect is tried again, nothing else of the run is at work."""
    with pool_of(cluster) as pool:
        marker = job("").source.with_suffix(".died")
        jobs = [job(f"die-once {marker}"), *(job(f"slow 0.1\n{number}") for number in range(5))]
        reports, busiest = {}, 0
        while jobs or not pool.idle:
            while jobs and pool.has_room:
                pool.submit(jobs.pop(0))
            if not pool._turns._trials.isdisjoint(pool._running()):
                busiest = max(busiest, len(pool._running()))
            reports |= {finished.job.item: finished.report for finished in pool.poll(0.02)}
    assert busiest == 1
    assert {report.kind for report in reports.values()} == {OutcomeKind.RELEASED}


def test_errors_of_a_worker_that_concern_every_photo_end_the_run(cluster: Any, job: MakeJob) -> None:
    """A full disk, a missing network, workers that cannot start: with the remedy."""
    with pytest.raises(DiskFullError, match="full"), pool_of(cluster) as pool:
        finish(pool, job("disk-full"))
    with pytest.raises(ModelError) as caught, pool_of(cluster, replace(SETUP, initialise=_without_models)) as pool:
        finish(pool, job("a"))
    assert caught.value.remedy == "Install again."
    with pytest.raises(WorkspaceError, match="cannot start"), pool_of(cluster, replace(SETUP, initialise=_die)) as pool:
        finish(pool, job("a"))


_without_models, _die = fake_worker.initialise_without_models, fake_worker.initialise_and_die


def test_a_defect_costs_one_photo_and_tells_no_name(cluster: Any, job: MakeJob) -> None:
    """The exception's message, which may hold one, stays on the worker."""
    with pool_of(cluster) as pool:
        (report,) = finish(pool, job("defect")).values()
    assert report.outcome == Failed((Code.DEFECT(error="KeyError"),))


def test_a_worker_with_another_program_ends_the_run(cluster: Any, job: MakeJob) -> None:
    """Another version, or another network, might cover other faces."""
    for what in ("anonymiser", "onnxruntime", "network yunet", "the program"):
        with pool_of(cluster) as pool:
            pool._identity |= {what: "other"}
            with pytest.raises(WorkspaceError, match=f"{what} is other here and") as caught:
                finish(pool, job("a"))
        assert "Install the same anonymiser" in caught.value.remedy


def test_a_copy_is_checked_again_here(cluster: Any, job: MakeJob) -> None:
    """Bytes that are not those of the report, or not a picture alone, are never staged."""
    lie, plain = job("lie"), job("a")
    with pool_of(cluster, replace(SETUP, verify=verify)) as pool:
        reports = finish(pool, lie, plain)
    assert reports[lie.item].outcome == Failed((Code.NOT_THE_CHECKED_COPY(),))
    assert reports[plain.item].reasons[0].code is Code.FAILED_CHECK
    assert not lie.staging.exists()
    assert not plain.staging.exists()
    with pytest.raises(VerificationFailed):
        fake_worker.accept(b"something else", (1, 1))


def test_the_name_of_a_file_stays_here(cluster: Any, job: MakeJob) -> None:
    """Staff may have named it after a child; the worker is told no path of this computer."""
    with pool_of(cluster, replace(SETUP, examine=fake_worker.tell_paths)) as pool:
        (report,) = finish(pool, job("a")).values()
    assert report.reasons[0].values["error"] == ". ."


def test_two_runs_share_a_cluster_and_each_has_its_own_settings(cluster: Any, job: MakeJob) -> None:
    """Whichever school's photo a worker had before, it looks at the next with that school's settings."""
    setups = {
        word: replace(SETUP, initialise=functools.partial(fake_worker.choose, word), examine=fake_worker.tell_settings)
        for word in ("one", "other")
    }
    with pool_of(cluster, setups["one"]) as one, pool_of(cluster, setups["other"]) as other:
        told: dict[str, set[str]] = {"one": set(), "other": set()}
        for number in range(12):
            (one, other)[number % 2].submit(job(f"photo {number}"))
        until = time.monotonic() + 60
        while not (one.idle and other.idle):
            assert time.monotonic() < until
            for word, pool in (("one", one), ("other", other)):
                told[word] |= {str(done.report.reasons[0].values["error"]) for done in pool.poll(0.05)}
    assert told == {"one": {"one"}, "other": {"other"}}


def test_nothing_of_a_photo_reaches_the_disk_of_a_worker(tmp_path: Path, job: MakeJob) -> None:
    """Workers that spill whatever Dask stores for them spill no name, no photo, no copy; a task's result they do."""
    names = NameIndex.build([("Rowan Featherstone", PersonId("P1"))])
    secret = b"Featherstone" * 1000
    with cluster_of(1, tmp_path / "dask", distributed__worker__memory__target=1e-9) as spilling:
        photo = job(secret.decode())
        setup = replace(SETUP, examine=fake_worker.glance)
        with pool_of(spilling, setup) as pool:
            pool.submit(replace(photo, context=replace(CONTEXT, names=names)))
            while not pool.idle:
                pool.poll(0.3)
                assert not _mentions(tmp_path / "dask", b"Featherstone")
        with distributed.Client(spilling.scheduler_address, set_as_default=False) as client:
            kept = client.submit(bytes, secret, pure=False)
            kept.result(60)
            assert _mentions(tmp_path / "dask", b"Featherstone")


def _mentions(folder: Path, text: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.lower() in path.read_bytes().lower()]


def test_a_scheduler_that_ends_loses_nothing(tmp_path: Path, job: MakeJob) -> None:
    """The run ends with an error that says so; photos stay as they are."""
    with cluster_of(1, tmp_path / "dask") as ending:
        pool = pool_of(ending)
        finish(pool, job("a"))
        pool.submit(job("slow 60"))
        pool.poll(0.2)
    with pool, pytest.raises(WorkspaceError, match="no longer answers") as caught:
        finish(pool)
    assert "start again" in caught.value.remedy


def test_a_scheduler_without_workers_is_told(tmp_path: Path, job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, with what to do."""
    monkeypatch.setattr("anonymiser.workers.cluster._PATIENCE_SECONDS", 1)
    told = pytest.raises(WorkspaceError, match="no worker")
    with cluster_of(0, tmp_path / "dask") as empty, pool_of(empty) as pool, told as caught:
        finish(pool, job("a"))
    assert "Start workers" in caught.value.remedy


@pytest.mark.parametrize(
    "address",
    ["tcp://192.0.2.7:8786", "tcp://school.example:8786", "tcp://localhost.example:1", "tcp://[2001:db8::1]:1"],
)
def test_nothing_goes_to_another_computer_in_the_clear(address: str) -> None:
    """Plain TCP is for this computer alone, and the remedy is TLS."""
    with pytest.raises(SafetyRefusal, match="nothing encrypts") as caught:
        Scheduler.checked(address, Cluster())
    assert "tls://HOST:PORT" in caught.value.remedy


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"])
def test_plain_tcp_is_enough_on_this_computer(address: str) -> None:
    """What does not leave the computer cannot be read on the network."""
    assert Scheduler.checked(address, Cluster()).address == address


def test_the_scheme_is_read_in_any_case(tmp_path: Path) -> None:
    """TLS is TLS, with its certificates and its workers; plain TCP is plain TCP."""
    ca, certificate, key = map(str, certificates(tmp_path))
    with pytest.raises(SettingsError, match="tls_ca_file"):
        Scheduler.checked("TLS://192.0.2.7:8786", Cluster())
    ours = Cluster(tls_ca_file=ca, tls_certificate=certificate, tls_key=key)
    found = Scheduler.checked("Tls://192.0.2.7:8786", ours)
    assert found.address == "tls://192.0.2.7:8786"
    with pytest.raises(SafetyRefusal, match="nothing encrypts"):
        found.require_protected("tcp://127.0.0.1:40000")
    with pytest.raises(SafetyRefusal, match="nothing encrypts"):
        Scheduler.checked("TCP://192.0.2.7:8786", Cluster())
    assert Scheduler.checked("TCP://LOCALHOST:8786", Cluster()).address == "tcp://localhost:8786"


HERE = "tcp://127.0.0.1:8786"


@pytest.mark.parametrize(
    "address",
    ["school", "tcp://", "tcp://127.0.0.1", "http://127.0.0.1:80", "tls://a:b", "tcp://::1",
     f"{HERE}#f", f"{HERE}#", f"{HERE}?x", f"{HERE}/", f"{HERE} ", f" {HERE}", f"{HERE}\n", "tcp://127.0.0.1\n:8786",
     "tcp://user:word@127.0.0.1:8786", "tcp://:word@127.0.0.1:8786", "tcp://@127.0.0.1:8786", "tcp://127.0.0.1:0",
     "tcp://127.0.0.1:99999", "tcp://127.0.0.1:\uff18\uff17\uff18\uff16", "tcp://[::1:8786", "tcp://\udcff:1", ""],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    """With the form that an address has."""
    with pytest.raises(UsageError) as caught:
        Scheduler.checked(address, Cluster())
    assert "tls://HOST:PORT" in caught.value.remedy
    caught.value.message.encode("utf-8")
    assert "\n" not in caught.value.message


def test_workers_are_reached_as_safely_as_the_scheduler() -> None:
    """A scheduler on this computer may have workers elsewhere, and one with TLS workers without."""
    here = Scheduler.checked("tcp://127.0.0.1:8786", Cluster())
    here.require_protected("tcp://127.0.0.1:40000")
    with pytest.raises(SafetyRefusal, match="nothing encrypts"):
        here.require_protected("tcp://192.0.2.7:40000")
    there = Scheduler("tls://192.0.2.1:8786", Cluster())
    there.require_protected("tls://192.0.2.7:40000")
    with pytest.raises(SafetyRefusal, match="nothing encrypts"):
        there.require_protected("tcp://192.0.2.7:40000")


def test_certificates_are_asked_for_where_they_are_needed(tmp_path: Path) -> None:
    """A tls:// scheduler needs them, and files that are not there are named."""
    with pytest.raises(SettingsError, match="tls_ca_file"):
        Scheduler.checked("tls://192.0.2.7:8786", Cluster())
    ca, certificate, _ = certificates(tmp_path)
    missing = Cluster(tls_ca_file=str(ca), tls_certificate=str(certificate), tls_key=str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=r"none\.pem"):
        Scheduler.checked("tls://192.0.2.7:8786", missing)


def test_with_tls_only_who_has_a_certificate_of_the_cluster_is_answered(
    tmp_path: Path, job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run over TLS gives its copies; a certificate of another authority gets no answer."""
    monkeypatch.setattr("anonymiser.workers.scheduler._CONNECT_SECONDS", 3.0)
    ca, certificate, key = map(str, certificates(tmp_path / "ours"))
    security = distributed.Security(
        require_encryption=True,
        tls_ca_file=ca,
        **{f"tls_{who}_{what}": path for who in ("scheduler", "worker", "client")
           for what, path in (("cert", certificate), ("key", key))},
    )  # fmt: skip
    with cluster_of(1, tmp_path / "dask", security=security) as protected:
        assert protected.scheduler_address.startswith("tls://")
        ours = Cluster(tls_ca_file=ca, tls_certificate=certificate, tls_key=key)
        with ClusterPool(SETUP, Scheduler.checked(protected.scheduler_address, ours), 60) as pool:
            (report,) = finish(pool, job("a")).values()
        assert report.kind is OutcomeKind.RELEASED
        ca, certificate, key = map(str, certificates(tmp_path / "theirs"))
        strange = Cluster(tls_ca_file=ca, tls_certificate=certificate, tls_key=key)
        with pytest.raises(WorkspaceError, match="trusts"):
            ClusterPool(SETUP, Scheduler.checked(protected.scheduler_address, strange), 60)


def test_real_photos_come_back_as_one_computer_makes_them(cluster: Any, tmp_path: Path) -> None:
    """The product's own networks: the same faces, the same decisions, the same bytes."""
    setup = pipeline_setup(Settings())
    jobs = []
    for number, source in enumerate(sorted((sample_images() / "inbox").rglob("*.jpg"))[:2]):
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        jobs.append(Job(str(number), source, digest, tmp_path / f"{number}.there", CONTEXT))
    with pool_of(cluster, setup, 300) as pool:
        there = finish(pool, *jobs)
    with Pool(setup, 1, 300) as pool:
        here = finish(pool, *(replace(each, staging=each.staging.with_suffix(".here")) for each in jobs))
    assert {item: report.outcome for item, report in there.items()} == {
        item: report.outcome for item, report in here.items()
    }
    for each in jobs:
        assert each.staging.read_bytes() == each.staging.with_suffix(".here").read_bytes()
