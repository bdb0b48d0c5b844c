"""What can go wrong with a run, apart from the system under test."""

from __future__ import annotations


class RunError(RuntimeError):
    """The run cannot be had here: usage or environment. The message says what to do."""


class StoppedError(Exception):
    """The run cannot go on as written; what happened so far is judged all the same, as unknown."""
