"""What worker processes run: the pipeline, whose networks and OpenCV they alone load."""

from __future__ import annotations

import functools

from anonymiser.settings import Settings
from anonymiser.values.report import Job, PhotoReport
from anonymiser.workers.process import WorkerSetup


def pipeline_setup(settings: Settings) -> WorkerSetup:
    """The product's own pipeline; its models and OpenCV are loaded by the workers alone."""
    return WorkerSetup(functools.partial(_initialise_pipeline, settings), _process_with_pipeline)


def _initialise_pipeline(settings: Settings) -> None:
    from anonymiser.pipeline import initialise  # noqa: PLC0415 - only workers load models

    initialise(settings)


def _process_with_pipeline(job: Job) -> PhotoReport:
    from anonymiser.pipeline import process  # noqa: PLC0415 - only workers load models

    return process(job)
