"""The sample photos are found in a wheel and in a checkout."""

from __future__ import annotations

import pytest

from anonymiser import samples
from anonymiser.errors import WorkspaceError


def test_the_package_comes_before_the_checkout(tmp_path, monkeypatch):
    """An installed wheel uses its own samples; an editable install those of the checkout beside it."""
    package, checkout = tmp_path / "package", tmp_path / "checkout"
    monkeypatch.setattr(samples, "_PLACES", (package, checkout))
    checkout.mkdir()
    assert samples.sample_images() == checkout
    package.mkdir()
    assert samples.sample_images() == package


def test_missing_samples_are_an_error_with_a_remedy(tmp_path, monkeypatch):
    """Without samples the demo stops with what to do."""
    monkeypatch.setattr(samples, "_PLACES", (tmp_path / "neither",))
    with pytest.raises(WorkspaceError) as refusal:
        samples.sample_images()
    assert "pip install" in refusal.value.remedy


def test_this_installation_has_samples():
    """The samples came with the package."""
    assert samples.sample_images().is_dir()
