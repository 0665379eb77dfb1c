"""What the product's own workers run; apart from the pool, which knows nothing of photos.

Each new process imports the module that it finds these functions in. Beside School they would bring register, ledger
and their databases into every worker: 28 MB and 0.7 s of a core each, measured.
"""

from __future__ import annotations

import functools

from anonymiser.settings import Settings
from anonymiser.values.report import Answer, Job, PhotoReport
from anonymiser.workers.interface import WorkerSetup


def pipeline_setup(settings: Settings) -> WorkerSetup:
    """The product's own pipeline; its models and OpenCV are loaded by the workers alone."""
    return WorkerSetup(functools.partial(_initialise, settings), _process, _examine)


def _initialise(settings: Settings) -> None:
    from anonymiser.pipeline import initialise  # noqa: PLC0415 - only workers load models

    initialise(settings)


def _process(job: Job) -> PhotoReport:
    from anonymiser.pipeline import process  # noqa: PLC0415 - only workers load models

    return process(job)


def _examine(job: Job, data: bytes) -> Answer:
    from anonymiser.pipeline import loaded  # noqa: PLC0415 - only workers load models

    return loaded().examine(job, data)
