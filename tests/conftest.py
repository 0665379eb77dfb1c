import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from sqlalchemy import Connection, Engine, event

# For the build scripts, and for test modules in spawned processes. At the end: an installed wheel must win over the
# checkout's package.
sys.path.append(str(Path(__file__).parents[1]))

# A busy machine is no failure.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


class _Compiled(dict[Any, Any]):
    """Statements that were compiled, for every database of a kind: SQLAlchemy keeps them for each engine apart.

    The tests open thousands of small databases, and would compile the same statements for each: a third of their time.
    """

    @staticmethod
    def _anywhere(key: tuple[Any, ...]) -> tuple[Any, ...]:
        dialect, *statement = key
        return (dialect.name, dialect.driver, *statement)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._anywhere(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._anywhere(key), value)


_compiled = _Compiled()


@event.listens_for(Engine, "engine_connect")
def _compile_once(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep tests away from the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)
