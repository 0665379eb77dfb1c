"""How the register's tables came to be, one revision after another."""
