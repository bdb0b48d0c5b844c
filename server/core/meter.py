"""How many a second, over the last few seconds."""

from __future__ import annotations

from collections import deque

WINDOW_S = 10


class Meter:
    def __init__(self) -> None:
        self.total = 0
        self._seconds: deque[list[int]] = deque(maxlen=WINDOW_S + 1)

    def add(self, count: int, now_s: float) -> None:
        self.total += count
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += count
        else:
            self._seconds.append([second, count])

    def per_second(self, now_s: float) -> float:
        """Of the whole seconds before this one, at most `WINDOW_S`."""
        second = int(now_s)
        counted = sum(count for at, count in self._seconds if second - WINDOW_S <= at < second)
        return counted / WINDOW_S
