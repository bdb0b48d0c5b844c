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

Verdict = Literal["deliver", "end_before", "end_after", "drop", "duplicate", "reorder"]
# One frame of a connection that lives on is lost, repeated or overtaken: no TCP connection does this.
SINGLE_FRAME: tuple[Verdict, ...] = ("drop", "duplicate", "reorder")
VERDICTS: tuple[Verdict, ...] = ("deliver", "end_before", "end_after", *SINGLE_FRAME)

# What makes no sense: (stage, verdict) -> why, and what to do instead.
REFUSED: dict[tuple[str, str], str] = {
    ("request", "drop"): "a request that never arrives is a connection that hangs or ends: end_before",
    ("request", "reorder"): "requests wait for themselves: deliver the other one first",
    ("response", "drop"): "an answer that never arrives is a connection that hangs or ends: end_before",
    ("response", "duplicate"): "a request has one answer: duplicate the request",
    ("response", "reorder"): "answers wait for themselves: deliver the other one first",
    ("chunk", "drop"): "a chunk is a piece of a body, no message: end_before",
    ("chunk", "duplicate"): "a chunk is a piece of a body, no message",
    ("chunk", "reorder"): "a chunk is a piece of a body, no message",
}
Mode = Literal["free", "held"]


@dataclass(slots=True, eq=False)
class Waiting:
    id: str
    message: Message
    since_ms: float
    decide: Callable[[Verdict], None]
    is_head: Callable[[], bool]
    behind: "Callable[[], Waiting | None]"  # what waits behind it on the same connection
    abandoned: bool = False  # the browser is gone; delivering it still runs the server

    def refusal(self, verdict: Verdict) -> str:
        """Why this may not be decided about it, or ""."""
        if why := REFUSED.get((self.message.stage, verdict)):
            return why
        if verdict == "duplicate" and self.message.payload is None:
            return "its body is too long to be sent again"
        if verdict == "reorder" and self.behind() is None:
            return "no frame waits behind it"
        return ""

    def is_impossible_on_tcp(self, verdict: Verdict) -> bool:
        """A request that is sent again is not: browsers do so."""
        return verdict in SINGLE_FRAME and self.message.stage == "frame"

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
            "verdicts": [verdict for verdict in VERDICTS if self.is_head() and not self.refusal(verdict)],
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
        behind: Callable[[], Waiting | None] = lambda: None,
    ) -> Waiting:
        self._last_id += 1
        waiting = Waiting(f"f{self._last_id}", message, now_ms, decide, is_head, behind)
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
        name = waiting.message.name
        if not waiting.is_head():
            raise WireError("not_head", f"{name!r} is not the next of its direction", path="/id")
        if why := waiting.refusal(verdict):
            allowed = [each for each in VERDICTS if not waiting.refusal(each)]
            raise WireError("no_sense", f"{verdict} of {name!r}: {why}", path="/verdict", allowed=allowed)
        if verdict == "reorder":  # the one behind it passes; it waits on
            passing = waiting.behind()
            assert passing is not None
            del self._waiting[passing.id]
        else:
            del self._waiting[waiting.id]
        waiting.decide(verdict)
        return waiting

    def open(self) -> None:
        """Free mode: everything that waits passes, in the order it came."""
        self.mode = "free"
        while self._waiting and self.mode == "free":  # who sees one of them pass may shut it again
            waiting = next(iter(self._waiting.values()))
            del self._waiting[waiting.id]
            waiting.decide("deliver")

    def shut(self) -> None:
        self.mode = "held"
