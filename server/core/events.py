"""What travels on a channel: events, and the positions that order them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a channel's log. Offsets are dense from 1 and mean something within one epoch only."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a channel. `payload` is JSON text, so that it is encoded once for everybody."""

    channel: str
    name: str
    payload: str
    position: Position
    commit: bool = False
