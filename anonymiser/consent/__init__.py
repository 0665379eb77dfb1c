"""Who agreed to what, since when, until when, and on whose word."""
