"""How a held run ends when it cannot go on as it was asked to."""

from __future__ import annotations

from collections.abc import Sequence


class HeldError(RuntimeError):
    """The message says what was wrong, where, and what to do."""


class NotQuietError(HeldError):
    """Something went on until the limit. This is an error and never taken for quiet."""

    def __init__(self, why: Sequence[str], waited_ms: float) -> None:
        self.why = tuple(why)
        super().__init__(f"not quiet within {waited_ms:.0f} ms: {'; '.join(why)}")


class DivergedError(HeldError):
    """A replay asked for something that is not there."""

    def __init__(self, step: int, choice: str, there: Sequence[str]) -> None:
        self.step = step
        self.choice = choice
        self.there = tuple(there)
        waiting = ", ".join(there) if there else "nothing"
        super().__init__(f"diverged at step {step}: {choice} is not there; in flight: {waiting}")
