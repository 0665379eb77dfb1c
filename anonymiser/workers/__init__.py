"""Processes that each work on one photo at a time."""
