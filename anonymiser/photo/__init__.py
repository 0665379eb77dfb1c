"""Files to pixels and pixels to files: decode, encode, verify."""
