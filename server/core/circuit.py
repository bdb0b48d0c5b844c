"""Whether a channel is tried at all, and what waits for it in order. Pure: the time is passed in.

    closed --trip--> open --cool--> half_open --heal--> closed
                      ^                 |
                      +------trip-------+

`closed`: messages go through. `open`: too many failed in a row; nothing is tried until it has cooled.
`half_open`: one at a time is tried, until enough of them went through, or one did not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

State = Literal["closed", "open", "half_open"]
Step = Literal["trip", "cool", "heal"]

TRANSITIONS: dict[tuple[State, Step], State] = {
    ("closed", "trip"): "open",
    ("open", "cool"): "half_open",
    ("half_open", "trip"): "open",
    ("half_open", "heal"): "closed",
}

Offer = Literal["try", "queued", "rejected"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CircuitRules:
    failures_max: int = 5
    """In a row; so many open the circuit."""
    open_s: float = 30
    successes_min: int = 2
    """So many close it again."""
    queue_max: int = 1000
    retry_s: float = 0.5
    """Between two tries of what waits, while the circuit is closed."""


class Circuit:
    def __init__(self, rules: CircuitRules) -> None:
        self.state: State = "closed"
        self._rules = rules
        self._failures = 0
        self._successes = 0
        self._next_try_s = float("-inf")

    @property
    def pristine(self) -> bool:
        """As if nothing had ever gone through it."""
        return self.state == "closed" and self._failures == 0

    def wait_s(self, now_s: float) -> float:
        """How long until the next try of what has failed; an open circuit that has cooled is half open."""
        wait_s = max(0.0, self._next_try_s - now_s)
        if wait_s == 0 and self.state == "open":
            self._step("cool")
        return wait_s

    def succeeded(self) -> None:
        if self.state == "closed":
            self._failures, self._next_try_s = 0, float("-inf")
        elif self.state == "half_open":
            self._successes += 1
            if self._successes >= self._rules.successes_min:
                self._step("heal")

    def failed(self, now_s: float) -> None:
        """A try that began before the circuit opened may end after it: it says nothing new."""
        if self.state == "open":
            return
        self._failures += 1
        if self.state == "half_open" or self._failures >= self._rules.failures_max:
            self._step("trip")
            self._next_try_s = now_s + self._rules.open_s
        else:
            self._next_try_s = now_s + self._rules.retry_s

    def _step(self, step: Step) -> None:
        self.state = TRANSITIONS[self.state, step]
        self._failures = self._successes = 0
        if step == "heal":
            self._next_try_s = float("-inf")


class Lane(Generic[T]):
    """One channel's circuit, and the messages that wait for it: bounded, the first in is the first out."""

    def __init__(self, rules: CircuitRules) -> None:
        self.circuit = Circuit(rules)
        self.waiting: deque[T] = deque()
        self._queue_max = rules.queue_max
        self._trying = 0

    @property
    def busy(self) -> bool:
        return bool(self.waiting) or self._trying > 0

    @property
    def pristine(self) -> bool:
        return self.circuit.pristine and not self.busy

    def offer(self, message: T, now_s: float, *, room: bool = True) -> Offer:
        """What becomes of a new message; after `try`, tell `succeeded` or `failed`.

        `room`: whether it may wait, as far as the other channels are concerned.

        Nothing overtakes what waits. While the circuit is closed and nothing waits, tries may overlap.
        """
        self.circuit.wait_s(now_s)  # it may have cooled
        state = self.circuit.state
        if not self.waiting and (state == "closed" or (state == "half_open" and not self._trying)):
            self._trying += 1
            return "try"
        return self.keep(message, room=room)

    def retry(self) -> T:
        """The first that waits, to be tried now. It stays where it is until that has ended."""
        self._trying += 1
        return self.waiting[0]

    def succeeded(self) -> None:
        self._trying -= 1
        self.circuit.succeeded()

    def failed(self, now_s: float) -> None:
        self._trying -= 1
        self.circuit.failed(now_s)

    def keep(self, message: T, *, room: bool = True) -> Offer:
        """What is not tried, or certainly did nothing: it waits, if there is room."""
        if not room or len(self.waiting) >= self._queue_max:
            return "rejected"
        self.waiting.append(message)
        return "queued"
