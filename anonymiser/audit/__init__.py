"""Evidence for the data protection officer: what was decided, when and why."""
