"""`python -m anonymiser` is `anonymise`."""

from anonymiser.cli import main

if __name__ == "__main__":
    main()
