"""Measuring what the program did against what is true, by looking at pixels and not at its own reports."""
