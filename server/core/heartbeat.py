"""When to ask whether a client lives, and when to believe that it does not. Time is passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeartbeatRules:
    interval_s: float
    timeout_s: float
    missed_max: int


class Heartbeat:
    """A client is dead once it left `missed_max` beats unanswered and was silent for `timeout_s`."""

    def __init__(self, rules: HeartbeatRules, now_s: float) -> None:
        self._rules = rules
        self._heard_s = now_s
        self._unanswered = 0
        self.due_s = now_s + rules.interval_s

    def heard(self, now_s: float) -> None:
        """Whatever it was that the client sent."""
        self._heard_s = now_s
        self._unanswered = 0

    def beat(self, now_s: float) -> bool:
        """To be called at `due_s`: True to send a beat, False if the client is dead."""
        silent_s = now_s - self._heard_s
        if self._unanswered >= self._rules.missed_max and silent_s >= self._rules.timeout_s:
            return False
        self._unanswered += 1
        self.due_s = now_s + self._rules.interval_s
        return True
