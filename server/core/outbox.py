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
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: Frame) -> bool:
        """Queue the frame. False: there is no room and the policy is to close the connection."""
        limits = self._limits
        self._frames.append(frame)
        self._bytes += len(frame.wire)
        while len(self._frames) > limits.frames_max or self._bytes > limits.bytes_max:
            if limits.slow_consumer == "close" or len(self._frames) == 1:
                return False
            self._bytes -= len(self._frames.popleft().wire)
            self.dropped += 1
        return True

    def drain(self) -> list[Frame]:
        """Everything that waits, in order; the outbox is empty afterwards."""
        frames = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        return frames
