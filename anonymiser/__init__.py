"""Publish school photographs without exposing a child whose family has not agreed."""

import os

__version__ = "0.1.0"

# ONNX Runtime reports models, times and a number for the computer to its maker unless told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
