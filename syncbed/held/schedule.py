"""A schedule: the ordered choices of a held run. Pure.

Its JSON is that of a scenario's steps: `[{"do": "deliver", "message": "alice/1 /ws #1 up 1"}, ...]`.
Messages and timers are chosen by name, never by time or place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Does = Literal["deliver", "end_before", "end_after", "drop", "duplicate", "reorder", "advance", "fire"]
SINGLE_FRAME: tuple[Does, ...] = ("drop", "duplicate", "reorder")
"""Of a WebSocket's message they are impossible on TCP."""
ABOUT_MESSAGES: tuple[Does, ...] = ("deliver", "end_before", "end_after", *SINGLE_FRAME)


@dataclass(frozen=True, slots=True)
class Choice:
    """`name`: the message's, or the timer's (of `tab`)."""

    does: Does
    name: str = ""
    tab: str = ""
    by_ms: float = 0

    def __str__(self) -> str:
        match self.does:
            case "advance":
                return f"advance {self.by_ms:g} ms"
            case "fire":
                return f"fire {self.tab} {self.name}"
            case _:
                return f"{self.does} {self.name}"

    def to_json(self) -> dict[str, object]:
        match self.does:
            case "advance":
                return {"do": "advance", "by_ms": self.by_ms}
            case "fire":
                return {"do": "fire", "tab": self.tab, "timer": self.name}
            case _:
                return {"do": self.does, "message": self.name}


def deliver(message: str) -> Choice:
    return Choice("deliver", message)


def end_before(message: str) -> Choice:
    return Choice("end_before", message)


def end_after(message: str) -> Choice:
    return Choice("end_after", message)


def advance(by_ms: float) -> Choice:
    return Choice("advance", by_ms=by_ms)


def fire(tab: str, timer: str) -> Choice:
    return Choice("fire", timer, tab)


def choice_from_json(step: Any) -> Choice:
    """The choice of a step. Raises `ValueError` with what is allowed."""
    match step:
        case {"do": "advance", "by_ms": int() | float() as by_ms}:
            return advance(by_ms)
        case {"do": "fire", "tab": str(tab), "timer": str(timer)}:
            return fire(tab, timer)
        case {"do": str(does), "message": str(message)} if does in ABOUT_MESSAGES:
            return Choice(ABOUT_MESSAGES[ABOUT_MESSAGES.index(does)], message)
        case _:
            raise ValueError(
                f"{step!r} is no choice (allowed: {', '.join(ABOUT_MESSAGES)} with a message, "
                "advance with by_ms, fire with tab and timer)"
            )


def schedule_from_json(steps: Iterable[Any]) -> list[Choice]:
    return [choice_from_json(step) for step in steps]


def schedule_to_json(schedule: Iterable[Choice]) -> list[dict[str, object]]:
    return [choice.to_json() for choice in schedule]
