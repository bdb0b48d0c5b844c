"""The one clock of a server: what time it is, and the waits that end by it.

Everything that can act on a client by itself (the position check, a delay asked for by a test, the rate
limit) takes its time here. Outside test mode it is the machine's. In test mode it may be frozen: then no
wait ends until somebody advances it, so that a held network can be looked at for as long as one likes.
It knows nothing of what is done when a wait is over.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

TOLD_S = 1e-6
"""How finely waits are told to the outside: what is told to be due now must end by an advance of nothing."""


class Clock:
    """The machine's own."""

    def now_s(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float, what: str) -> None:
        """`what` is waited for, in a word or two: it names the wait where a test sees it."""
        del what
        await asyncio.sleep(seconds)


@dataclass(slots=True, eq=False)
class Sleeper:
    name: str
    seconds: float
    due_s: float
    order: int
    done: asyncio.Future[None]
    alarm: asyncio.TimerHandle | None = None


class HeldClock(Clock):
    """Test mode's. It begins flowing, like the other one."""

    def __init__(self) -> None:
        self._behind_s = 0.0
        self._frozen_at_s: float | None = None
        self._sleepers: dict[int, Sleeper] = {}
        self._order = 0
        self._numbers: Counter[str] = Counter()

    @property
    def frozen(self) -> bool:
        return self._frozen_at_s is not None

    @property
    def sleeping(self) -> int:
        return len(self._sleepers)

    def now_s(self) -> float:
        return time.monotonic() - self._behind_s if self._frozen_at_s is None else self._frozen_at_s

    async def sleep(self, seconds: float, what: str) -> None:
        self._order += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleeper = Sleeper(self._name(what), seconds, self.now_s() + seconds, self._order, done)
        self._sleepers[sleeper.order] = sleeper
        if not self.frozen:
            self._arm(sleeper)
        try:
            await done
        finally:
            self._sleepers.pop(sleeper.order, None)
            if sleeper.alarm is not None:
                sleeper.alarm.cancel()

    def sleepers(self) -> list[Sleeper]:
        """Who waits, the first due first."""
        return sorted(self._sleepers.values(), key=lambda sleeper: (sleeper.due_s, sleeper.order))

    # Held

    def freeze(self) -> None:
        """Stand still. Each wait begins anew: how long it took to get here must not decide what follows."""
        if self.frozen:
            return
        self._frozen_at_s = self.now_s()
        self._numbers.clear()
        for sleeper in self._sleepers.values():
            if sleeper.alarm is not None:
                sleeper.alarm.cancel()
                sleeper.alarm = None
            sleeper.due_s = self._frozen_at_s + sleeper.seconds
            sleeper.name = self._name(sleeper.name.rpartition(" #")[0])

    def thaw(self) -> None:
        if self._frozen_at_s is None:
            return
        self._behind_s = time.monotonic() - self._frozen_at_s
        self._frozen_at_s = None
        for sleeper in self._sleepers.values():
            self._arm(sleeper)

    async def advance(self, ms: float, idle: Callable[[], Awaitable[None]]) -> list[str]:
        """Move a frozen clock, ending what is due one wait after the other; answer their names.

        `idle` is awaited after each: what it woke may wait again, within the same stretch of time.
        """
        assert self._frozen_at_s is not None
        end_s = self._frozen_at_s + ms / 1000
        ended: list[str] = []
        while (first := next(iter(self.sleepers()), None)) is not None and first.due_s <= end_s + TOLD_S:
            self._frozen_at_s = max(self._frozen_at_s, first.due_s)
            ended.append(first.name)
            self._end(first)
            await idle()
        # Never back behind what has just ended.
        self._frozen_at_s = max(self._frozen_at_s, end_s) if ended else end_s
        return ended

    # private

    def _name(self, what: str) -> str:
        self._numbers[what] += 1
        return f"{what} #{self._numbers[what]}"

    def _arm(self, sleeper: Sleeper) -> None:
        wait_s = max(0.0, sleeper.due_s - self.now_s())
        sleeper.alarm = asyncio.get_running_loop().call_later(wait_s, self._end, sleeper)

    def _end(self, sleeper: Sleeper) -> None:
        self._sleepers.pop(sleeper.order, None)
        if not sleeper.done.done():
            sleeper.done.set_result(None)


def wall_clock_ms(clock: Clock) -> Callable[[], int]:
    """Milliseconds since 1970 that go as `clock` goes, and stand still when it does."""
    behind_s = time.time() - clock.now_s()
    return lambda: int((behind_s + clock.now_s()) * 1000)


def iso_time(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601, in UTC."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
