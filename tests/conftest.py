import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

# For the build scripts, and for test modules in spawned processes. At the end: an installed wheel must win over the
# checkout's package.
sys.path.append(str(Path(__file__).parents[1]))

# A busy machine is no failure.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep tests away from the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)
