"""Held mode: the messages that wait until someone decides about them.

Owns who waits and what may be decided; knows no sockets and no clock. Whoever enters a message
passes in what to do with the decision.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..redaction import redact_text
from .errors import WireError
from .message import Message

Verdict = Literal["deliver", "end_before", "end_after"]
Mode = Literal["free", "held"]


@dataclass(slots=True, eq=False)
class Waiting:
    id: str
    message: Message
    since_ms: float
    decide: Callable[[Verdict], None]
    is_head: Callable[[], bool]
    abandoned: bool = False  # the browser is gone; delivering it still runs the server

    def to_json(self) -> dict[str, object]:
        message = self.message
        return {
            "id": self.id,
            "name": message.name,
            "profile": message.profile,
            "tab": message.tab,
            "kind": message.kind,
            "stage": message.stage,
            "direction": message.direction,
            "connection_id": message.connection_id,
            "connection": message.connection,
            "frame": message.frame,
            "method": message.method,
            "path": message.path,
            "mutation": message.mutation,
            "status": message.status,
            "size_bytes": message.size_bytes,
            "digest": message.digest,
            "payload": _preview(message),
            "since_ms": round(self.since_ms, 3),
            "deliverable": self.is_head(),
            "abandoned": self.abandoned,
        }


PREVIEW_CHARACTERS_MAX = 4096


def _preview(message: Message) -> str | None:
    text = message.text()
    return None if text is None else redact_text(text)[:PREVIEW_CHARACTERS_MAX]


class Gate:
    def __init__(self) -> None:
        self.mode: Mode = "free"
        self._waiting: dict[str, Waiting] = {}
        self._last_id = 0

    def holds(self, message: Message) -> bool:
        return self.mode == "held" and message.application

    def enter(
        self,
        message: Message,
        now_ms: float,
        decide: Callable[[Verdict], None],
        is_head: Callable[[], bool] = lambda: True,
    ) -> Waiting:
        self._last_id += 1
        waiting = Waiting(f"f{self._last_id}", message, now_ms, decide, is_head)
        self._waiting[waiting.id] = waiting
        return waiting

    def leave(self, waiting: Waiting) -> None:
        """Take back a message whose connection ended while it waited."""
        self._waiting.pop(waiting.id, None)

    def in_flight(self) -> list[Waiting]:
        return list(self._waiting.values())

    def find(self, key: str) -> Waiting:
        """The waiting message with this id or this name."""
        found = self._waiting.get(key) or next(
            (waiting for waiting in self._waiting.values() if waiting.message.name == key), None
        )
        if found is None:
            raise WireError(
                "unknown_frame",
                f"nothing in flight is called {key!r}",
                path="/id",
                allowed=list(self._waiting)[:20],
            )
        return found

    def decide(self, key: str, verdict: Verdict) -> Waiting:
        waiting = self.find(key)
        if not waiting.is_head():
            raise WireError(
                "not_head", f"{waiting.message.name!r} is not the next of its direction", path="/id"
            )
        del self._waiting[waiting.id]
        waiting.decide(verdict)
        return waiting

    def open(self) -> None:
        """Free mode: everything that waits passes, in the order it came."""
        self.mode = "free"
        while self._waiting:
            waiting = next(iter(self._waiting.values()))
            del self._waiting[waiting.id]
            waiting.decide("deliver")

    def shut(self) -> None:
        self.mode = "held"
