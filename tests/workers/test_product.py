"""What the product hands to its workers."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import anonymiser
from anonymiser.settings import Settings
from anonymiser.workers.product import pipeline_setup

PROGRAM = """
import pickle, sys
setup = pickle.loads(sys.stdin.buffer.read())
import anonymiser.pipeline
print(setup.initialise.args[0].publishing.jpeg_quality)
print(sorted({"sqlalchemy", "cryptography", "keyring", "watchdog", "click", "rich"} & set(sys.modules)))
"""


def test_a_worker_loads_neither_register_nor_ledger() -> None:
    """Whatever starts a run, each of its processes loads what looks at photos and nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(Path(anonymiser.__file__).parents[1])},
        input=pickle.dumps(pipeline_setup(Settings())),
        capture_output=True,
        check=False,
    )
    assert done.stdout.decode().split("\n")[:2] == [str(Settings().publishing.jpeg_quality), "[]"], done.stderr.decode()
