"""Puts copies, sources and notes where they belong; nothing else in the program moves a file."""
