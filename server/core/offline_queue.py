"""What waits for a user who is not connected: bounded in number and age, the urgent first. Pure.

`brokers/lua/deliver.lua` says the same for Redis; the broker contract suite holds the two equal.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueLimits:
    messages_max: int = 1000
    age_ms_max: int = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    name: str
    payload: str
    sender: str
    priority: bool
    at_ms: int
    trace: str = ""


class OfflineQueue:
    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._urgent: deque[Waiting] = deque()
        self._normal: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._normal)

    def push(self, message: Waiting) -> None:
        """Over the limit the oldest goes, an urgent one only if nothing else is there."""
        self._expire(message.at_ms)
        (self._urgent if message.priority else self._normal).append(message)
        while len(self) > self._limits.messages_max:
            (self._normal or self._urgent).popleft()

    def drain(self, now_ms: int) -> list[Waiting]:
        """Everything that is not too old, in the order to be heard; the queue is empty afterwards."""
        self._expire(now_ms)
        messages = [*self._urgent, *self._normal]
        self._urgent.clear()
        self._normal.clear()
        return messages

    def _expire(self, now_ms: int) -> None:
        for messages in (self._urgent, self._normal):
            while messages and now_ms - messages[0].at_ms > self._limits.age_ms_max:
                messages.popleft()
