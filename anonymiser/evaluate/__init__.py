"""Compares what the program did with what is true, by looking at pixels and not at its own reports."""
