"""Photos that wait for a person, and what the person decided."""
