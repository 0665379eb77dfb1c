"""Gathers, checks and converts the weights while the package is built; never imported at run time."""
