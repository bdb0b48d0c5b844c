"""A token bucket: so many a second, with a burst of one second's worth."""

from __future__ import annotations


class Rate:
    def __init__(self, per_s_max: int, now_s: float) -> None:
        self._per_s_max = per_s_max
        self._tokens = float(per_s_max)
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed at `now_s` (seconds of a clock that never goes back)."""
        self._tokens = min(self._per_s_max, self._tokens + (now_s - self._at_s) * self._per_s_max)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
