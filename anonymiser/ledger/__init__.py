"""One row for every file that has ever arrived."""
