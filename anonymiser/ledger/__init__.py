"""One row for every file that ever arrived."""
