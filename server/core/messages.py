"""What a client asks (commands) and what it is told besides events (replies), whatever the dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import ErrorKind
from .events import Event, Position

NOW: Literal["now"] = "now"
"""Resume from wherever the channel stands: nothing earlier is wanted."""

Start = Position | Literal["now"]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`start` is None for a client that knows nothing of positions: it gets no answer, only events."""

    channel: str
    start: Start | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    channel: str


@dataclass(frozen=True, slots=True)
class Ping:
    pass


Command = Subscribe | Unsubscribe | Ping


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The events after `position` follow. Not `recovered`: some were lost, read the state anew."""

    channel: str
    position: Position
    recovered: bool


@dataclass(frozen=True, slots=True)
class PositionNow:
    """Where the channel stands: a client that is behind it has lost something."""

    channel: str
    position: Position


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class ErrorReply:
    kind: ErrorKind
    message: str


Reply = Subscribed | PositionNow | Pong | ErrorReply
Outgoing = Event | Reply
