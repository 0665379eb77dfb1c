"""From files to pixels and back: decode, encode, verify."""
