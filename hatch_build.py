"""Build hook: puts the weights, and for a wheel the sample images, into the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig


class WeightsHook(BuildHookInterface[WheelBuilderConfig]):
    """Runs before a wheel or an editable install is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the weights; an editable install reads the samples from the checkout instead of a copy."""
        sys.path.insert(0, self.root)  # the backend runs without the project on its path
        from models.build import BuildError, build  # noqa: PLC0415

        try:
            build(Path(self.root), self.app.display_info)
        except BuildError as error:
            self.app.abort(f"The weights could not be built: {error}")
        samples = Path(self.root, "sample_images")
        if version != "editable" and samples.is_dir():
            build_data["force_include"][str(samples)] = "anonymiser/_sample_images"
