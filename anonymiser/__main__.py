"""`python -m anonymiser`, where the folder of the command is not on the path."""

from anonymiser.cli import main

if __name__ == "__main__":
    main()
