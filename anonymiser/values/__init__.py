"""Plain values that the rooms of this package pass to each other; they import only NumPy and the standard library."""
