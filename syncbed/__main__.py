"""`python -m syncbed` is the `syncbed` command."""

from .cli import main

if __name__ == "__main__":
    main()
