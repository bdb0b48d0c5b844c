"""`python -m syncbed.wire --upstream NAME=URL`."""

import typer

from .command import wire

if __name__ == "__main__":
    typer.run(wire)
