"""The people who work with the program: their names, roles and password hashes."""
