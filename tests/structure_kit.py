"""The project's own files, for tests of how it is built."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import anonymiser

ROOT = Path(__file__).parents[1]
"""The checkout, or the copy of it without the package that CI tests a wheel from."""
PACKAGE = Path(str(anonymiser.__file__)).parent
"""The package under test: installed, or in the checkout."""
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
