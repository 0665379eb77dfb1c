from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import fake_model
import fake_worker
import numpy as np
import pytest
from fake_worker import said
from PIL import Image

from anonymiser import pipeline
from anonymiser.consent.contexts import NoRegister
from anonymiser.errors import DiskFullError, ModelError, WorkspaceError
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, Job, OutcomeKind, PhotoReport
from anonymiser.workers.pool import GIVEN_UP, Pool, WorkerSetup

SETUP = WorkerSetup(fake_worker.initialise, fake_worker.process)
MakeJob = Callable[[str], Job]


@pytest.fixture
def job(tmp_path: Path) -> MakeJob:
    """Make a job whose file tells the fake worker what to do."""
    context = NoRegister().current(Event("Fair", Purpose("website"))).context
    made = []

    def make(content: str) -> Job:
        made.append(content)
        source = tmp_path / f"{len(made)}.jpg"
        source.write_text(content)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return Job(source.stem, source, digest, tmp_path / f"{len(made)}.out", context)

    return make


def finish(pool: Pool, *jobs: Job) -> dict[str, PhotoReport]:
    waiting, reports = list(jobs), {}
    while waiting or not pool.idle:
        while waiting and pool.has_room:
            pool.submit(waiting.pop(0))
        reports |= {finished.job.item: finished.report for finished in pool.poll(1)}
    return reports


def test_jobs_are_done_by_several_processes(job: MakeJob) -> None:
    """Every job comes back once, and no more than two a worker are held."""
    with Pool(SETUP, 2, 60) as pool:
        for number in range(4):
            assert pool.has_room
            pool.submit(job(f"photo {number}"))
        assert not pool.has_room
        reports = finish(pool)
        assert len(pool._workers) == 2
    assert [report.kind for report in reports.values()] == [OutcomeKind.RELEASED] * 4


def test_workers_calculate_on_one_thread_each(job: MakeJob) -> None:
    """Processes share the cores; threads inside them would only fight. The caller's own environment stays."""
    before = dict(os.environ)
    with Pool(SETUP, 1, 60) as pool:
        (report,) = finish(pool, job("threads")).values()
    assert report.reasons == (said("1"),)
    assert dict(os.environ) == before


def test_one_photo_starts_one_process(job: MakeJob) -> None:
    """Workers are started when there is work for them."""
    with Pool(SETUP, 4, 60) as pool:
        finish(pool, job("photo"))
        assert len(pool._workers) == 1


def test_a_photo_that_kills_its_worker_twice_is_given_up(job: MakeJob) -> None:
    """The others are unharmed; the culprit fails with a plain reason."""
    culprit, *others = [job(content) for content in ("die", "a", "b", "c")]
    with Pool(SETUP, 2, 60) as pool:
        reports = finish(pool, culprit, *others)
    assert reports[culprit.item] == PhotoReport(Failed((GIVEN_UP,)))
    assert {reports[other.item].kind for other in others} == {OutcomeKind.RELEASED}


def test_a_photo_that_kills_its_worker_once_is_tried_again(job: MakeJob, tmp_path: Path) -> None:
    """A death may have been bad luck: the second chance counts."""
    with Pool(SETUP, 2, 60) as pool:
        reports = finish(pool, job(f"die-once {tmp_path / 'flag'}"), job("a"))
    assert {report.kind for report in reports.values()} == {OutcomeKind.RELEASED}


def test_the_second_chance_is_had_alone(job: MakeJob) -> None:
    """While a suspect is tried again, nothing else runs, in case two photos were too much for the memory."""
    with Pool(SETUP, 2, 60) as pool:
        for content in ("die", "slow 0.05", "slow 0.05\n2", "slow 0.05\n3"):
            pool.submit(job(content))
        busiest = 0
        while not pool.idle:
            running = [worker.job.item for worker in pool._workers if worker.job]
            if not pool._turns._trials.isdisjoint(running):
                busiest = max(busiest, len(running))
            pool.poll(0.01)
    assert busiest == 1


def test_a_photo_that_hangs_is_given_up(job: MakeJob) -> None:
    """Time is limited, so a hang cannot stall the run."""
    with Pool(SETUP, 1, 0.5) as pool:
        hanging, other = job("hang"), job("a")
        reports = finish(pool, hanging, other)
    assert reports[hanging.item].kind is OutcomeKind.FAILED
    assert reports[other.item].kind is OutcomeKind.RELEASED


def test_a_lack_of_memory_counts_as_a_death(job: MakeJob) -> None:
    """The worker ends, so that its memory is free again for the second chance."""
    with Pool(SETUP, 1, 60) as pool:
        (report,) = finish(pool, job("memory")).values()
    assert report.reasons == (GIVEN_UP,)


def test_a_defect_costs_one_photo_and_tells_no_detail(job: MakeJob) -> None:
    """An exception's text may hold a name; only its type is told."""
    with Pool(SETUP, 1, 60) as pool:
        reports = list(finish(pool, job("defect"), job("a")).values())
    assert reports[0] == PhotoReport(Failed((Code.DEFECT(error="KeyError"),)))
    assert reports[1].kind is OutcomeKind.RELEASED


def test_an_error_that_no_photo_could_escape_ends_the_run(job: MakeJob) -> None:
    """A full disk or a missing model reaches the caller with its remedy."""
    with pytest.raises(DiskFullError, match="full"), Pool(SETUP, 1, 60) as pool:
        finish(pool, job("disk-full"))
    missing = WorkerSetup(fake_worker.initialise_without_models, fake_worker.process)
    with pytest.raises(ModelError) as caught, Pool(missing, 1, 60) as pool:
        finish(pool, job("a"))
    assert caught.value.remedy == "Install again."


def test_a_network_that_breaks_in_the_middle_ends_the_run(tmp_path: Path) -> None:
    """The product's own pipeline in a real worker: the first photo is finished, the second ends the run."""
    context = NoRegister().current(Event("Fair", Purpose("website"))).context
    jobs = []
    for name, grey in (("dark", 40), ("bright", 250), ("later", 40)):
        source = tmp_path / f"{name}.png"
        Image.fromarray(np.full((100, 140, 3), grey, np.uint8)).save(source)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        jobs.append(Job(name, source, digest, tmp_path / f"{name}.out", context))
    with Pool(WorkerSetup(fake_model.initialise, pipeline.process), 1, 60) as pool:
        reports = finish(pool, jobs[0])
        assert reports["dark"].kind is OutcomeKind.REVIEW  # nobody is visible in the dark
        with pytest.raises(ModelError, match="YuNet gave values that are not numbers") as caught:
            finish(pool, *jobs[1:])
    assert "doctor" in caught.value.remedy
    assert not jobs[1].staging.exists()
    assert not jobs[2].staging.exists()


def test_workers_that_cannot_start_are_told(job: MakeJob) -> None:
    """A library that crashes on loading does not start processes for ever."""
    broken = WorkerSetup(fake_worker.initialise_and_die, fake_worker.process)
    with pytest.raises(WorkspaceError) as caught, Pool(broken, 2, 60) as pool:
        finish(pool, job("a"), job("b"))
    assert "doctor" in caught.value.remedy


def test_workers_are_silent(job: MakeJob, capfd: pytest.CaptureFixture[str]) -> None:
    """What a library prints in a worker reaches neither standard output nor the terminal."""
    with Pool(SETUP, 1, 60) as pool:
        finish(pool, job("noise"))
    assert capfd.readouterr() == ("", "")


def test_an_idle_worker_that_dies_is_replaced(job: MakeJob) -> None:
    """A killed process between two photos harms neither."""
    with Pool(SETUP, 1, 60) as pool:
        finish(pool, job("a"))
        pool._workers[0].process.kill()
        pool._workers[0].process.join()
        (report,) = finish(pool, job("b")).values()
    assert report.kind is OutcomeKind.RELEASED
