"""What the rooms of this package hand to each other: plain values that import only NumPy and the standard library."""
