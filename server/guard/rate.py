"""A token bucket: so many in a stretch of time, with a burst of as many."""

from __future__ import annotations


class Rate:
    def __init__(self, count_max: int, now_s: float, per_s: float = 1.0) -> None:
        """`count_max` in `per_s` seconds."""
        self._count_max = count_max
        self._per_s = per_s
        self._tokens = float(count_max)
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed at `now_s` (seconds of a clock that never goes back)."""
        gained = (now_s - self._at_s) * self._count_max / self._per_s
        self._tokens = min(self._count_max, self._tokens + gained)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
