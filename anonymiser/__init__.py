"""Publish school photographs without exposing a child whose family has not agreed."""

__version__ = "0.1.0"
