"""Whose face is this? An open-set answer that says "unsure" rather than guess."""
