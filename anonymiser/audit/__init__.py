"""The audit record: what became of every photo and every consent, chained so that nobody can change it unnoticed."""
