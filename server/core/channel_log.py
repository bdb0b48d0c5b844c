"""The bounded history of one channel: dense offsets from 1 within one epoch."""

from __future__ import annotations

from collections import deque
from itertools import islice

from .events import Event, Position
from .resume import can_resume


class ChannelLog:
    def __init__(self, channel: str, epoch: str, events_max: int) -> None:
        self.channel = channel
        self.epoch = epoch
        self._events: deque[Event] = deque(maxlen=events_max)
        self._offset = 0

    @property
    def position(self) -> Position:
        return Position(self.epoch, self._offset)

    def append(self, name: str, payload: str, *, commit: bool, sender: str = "", trace: str = "") -> Event:
        self._offset += 1
        event = Event(self.channel, name, payload, self.position, commit, sender, trace)
        self._events.append(event)
        return event

    def since(self, asked: Position, limit: int) -> list[Event] | None:
        """The events after `asked`, oldest first, at most `limit`; None if they are not all here."""
        first = self._offset - len(self._events) + 1
        if not can_resume(asked, self.epoch, first, self._offset):
            return None
        start = asked.offset - first + 1
        return list(islice(self._events, start, start + limit))
