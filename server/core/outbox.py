"""What waits to be written to one connection: bounded, because a reader may be slower than the channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from .frame import Frame

SlowConsumer = Literal["close", "drop_oldest"]


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    frames_max: int
    bytes_max: int
    slow_consumer: SlowConsumer


class Outbox:
    """A queue of frames. Full means slow consumer: `put` then answers False, or drops the oldest."""

    def __init__(self, limits: OutboxLimits) -> None:
        self._limits = limits
        self._frames_max, self._bytes_max = limits.frames_max, limits.bytes_max
        self._bytes = 0
        self.frames: deque[Frame] = deque()
        self.dropped = 0

    def put(self, frame: Frame) -> bool:
        """Queue the frame. False: there is no room and the policy is to close the connection."""
        self.frames.append(frame)
        self._bytes += len(frame.wire)
        if len(self.frames) <= self._frames_max and self._bytes <= self._bytes_max:
            return True
        return self._make_room()

    def drain(self) -> deque[Frame]:
        """Everything that waits, in order; the outbox is empty afterwards."""
        frames, self.frames, self._bytes = self.frames, deque(), 0
        return frames

    def _make_room(self) -> bool:
        while len(self.frames) > self._frames_max or self._bytes > self._bytes_max:
            if self._limits.slow_consumer == "close" or len(self.frames) == 1:
                return False
            self._bytes -= len(self.frames.popleft().wire)
            self.dropped += 1
        return True
