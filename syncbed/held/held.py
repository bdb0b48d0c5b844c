"""A held world: messages and time wait, and what happens next is somebody's choice.

Joins the wire's gate, the pages' clocks and the servers' clocks, and waits for quiet after each choice.
Knows no browser (a driver offers its pages as `Tab`) and judges nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from ..wire import Waiting, Wire
from .errors import DivergedError, HeldError
from .quiet import Quiet, QuietLimits
from .schedule import ABOUT_MESSAGES, Choice, deliver
from .tabs import Tab, Timer

UNCONTROLLED = (
    "timers of workers",
    "the order in which Web Locks are granted when their holder ends",
    "when IndexedDB answers (waited for, not chosen)",
    "CSS animations, scheduler.postTask, event.timeStamp and Temporal",
    "chains of more than three MessageChannel turns in a page",
    "a server's reconnecting to Redis, and expiry inside Redis",
    "a random 1 to 5 s that Chromium waits before a WebSocket, after about ten refused ones",
)
"""For the header of a run: what held mode does not hold."""

FIRINGS_MAX = 10_000
EPOCH_MS = 1_767_225_600_000  # 2026-01-01, for `restart`


class Held:
    def __init__(
        self,
        wire: Wire,
        *,
        limits: QuietLimits | None = None,
        on_choice: Callable[[Choice], None] | None = None,
    ) -> None:
        self.wire = wire
        self.schedule: list[Choice] = []
        """What was chosen since the last `hold`."""
        self._quiet = Quiet(wire, limits)
        self._on_choice = on_choice

    # Who takes part

    def add_tab(self, tab: Tab) -> None:
        """A page that runs `page_script`, new or with a new document. It begins as the script was told."""
        self._quiet.add_tab(tab)

    def remove_tab(self, name: str) -> None:
        """It is gone, or cannot answer for a while (frozen, crashed)."""
        self._quiet.remove_tab(name)

    # Held and free

    async def hold(self) -> None:
        """From here on messages and time wait. Returns once it is quiet."""
        self.schedule.clear()
        self.wire.set_mode("held")
        self._quiet.holding = True
        await self._ask_tabs("hold")
        for server in self._quiet.servers.values():
            await server.freeze()
        await self.quiet()

    async def go(self) -> None:
        """Everything that waits passes, and time flows again."""
        self._quiet.holding = False
        for server in self._quiet.servers.values():
            await server.thaw()
        await self._ask_tabs("go")
        self.wire.set_mode("free")

    async def restart(self, seed: int, epoch_ms: int = EPOCH_MS) -> None:
        """For one run after the other on the same pages: time, chance and all numbers in names begin anew.

        The pages have left their last run by themselves before (`bed.reset`); what of it still waits passes
        now, while time stands. The same client ids come again, so the next run needs data of its own.
        """
        self.wire.set_mode("free")
        await self.quiet()  # sockets that are still being closed would be counted as the new run's
        await self.wire.reset()
        self.wire.set_mode("held")
        await self._ask_tabs("restart", {"seed": seed, "epoch_ms": epoch_ms})
        await self._refreeze_servers()
        self.schedule.clear()
        self._quiet.not_repeatable.clear()
        await self.quiet()

    def close(self) -> None:
        for server in self._quiet.servers.values():
            server.close()

    # What there is

    def messages(self) -> list[Waiting]:
        """The messages that may be chosen now, in the order of their names."""
        found = [waiting for waiting in self.wire.in_flight() if waiting.is_head()]
        return sorted(found, key=lambda waiting: waiting.message.name)

    def timers(self) -> list[Timer]:
        """Everything that waits for time, the first due first; as of the last quiet."""
        found: list[Timer] = []
        for _, server in sorted(self._quiet.server_counts.items()):
            found += server.timers
        for _, page in sorted(self._quiet.counts.items()):
            found += page.timers
        # Stable: of those that are due at once the servers' go first, then the tabs' by their names.
        return sorted(found, key=lambda timer: timer.in_ms)

    @property
    def limits(self) -> QuietLimits:
        return self._quiet.limits

    @limits.setter
    def limits(self, limits: QuietLimits) -> None:
        self._quiet.limits = limits

    @property
    def not_repeatable(self) -> list[str]:
        """Why another run with this schedule may go another way; empty if it may not."""
        return sorted(self._quiet.not_repeatable)

    # Choices

    async def quiet(self) -> None:
        """Wait until nothing can happen without a choice: after an op, a reload, a rule.

        Raises `NotQuietError`.
        """
        self._quiet.touch_all()
        await self._settle()

    async def take(self, choice: Choice) -> None:
        """Do it, and wait for quiet.

        Raises `DivergedError` if its message or timer is not there, `HeldError` if that cannot be done to it.
        """
        if choice.does in ABOUT_MESSAGES:
            waiting = next((each for each in self.messages() if each.message.name == choice.name), None)
            if waiting is None:
                raise self._diverged(choice)
            if why := waiting.refusal(choice.does):  # type: ignore[arg-type]
                raise HeldError(f"{choice}: {why}")
            self._chosen(choice)
            self.wire.decide(waiting.id, choice.does)  # type: ignore[arg-type]
            await self._settle()
        elif choice.does == "advance":
            self._chosen(choice)
            await self._advance(choice.by_ms)
        else:
            await self._fire_late(choice)

    async def replay(self, schedule: Iterable[Choice]) -> None:
        """Take these choices one after the other."""
        for choice in schedule:
            await self.take(choice)

    async def deliver_by_seed(self, seed: int, choices_max: int = 1000) -> list[Choice]:
        """Deliver what is in flight, each chosen by the seed, until nothing is; answer what was chosen."""
        chance = Random(seed)
        chosen: list[Choice] = []
        while len(chosen) < choices_max and (messages := self.messages()):
            choice = deliver(chance.choice(messages).message.name)
            await self.take(choice)
            chosen.append(choice)
        return chosen

    # private

    def _chosen(self, choice: Choice) -> None:
        self.schedule.append(choice)
        if self._on_choice is not None:
            self._on_choice(choice)

    def _diverged(self, choice: Choice) -> DivergedError:
        there = [waiting.message.name for waiting in self.messages()]
        there += [f"{timer.owner} {timer.name} (timer)" for timer in self.timers()]
        return DivergedError(len(self.schedule), str(choice), there)

    async def _settle(self) -> None:
        await self._quiet.reach()

    async def _ask_tabs(self, what: str, about: object = None) -> list[Any]:
        names = sorted(self._quiet.tabs)
        answers = await asyncio.gather(*(self._quiet.tabs[name].ask(what, about) for name in names))
        self._quiet.touch(*names)
        return answers

    async def _refreeze_servers(self) -> None:
        """Let their waits begin anew."""
        for server in self._quiet.servers.values():
            await server.thaw()
            await server.freeze()

    # Time

    async def _advance(self, by_ms: float) -> None:
        """Every clock moves alike. What becomes due is fired one by one, with quiet in between."""
        left_ms = by_ms
        for _ in range(FIRINGS_MAX):
            first = next((timer for timer in self.timers() if timer.in_ms <= left_ms), None)
            step_ms = left_ms if first is None else max(0, first.in_ms)
            await self._move(step_ms, servers=True)
            left_ms -= step_ms
            if first is not None and first.owner in self._quiet.tabs:
                await self._fire(first)
            await self._settle()
            if first is None:
                return
        raise HeldError(f"timers fired {FIRINGS_MAX} times within {by_ms:g} ms, and there is no end to it")

    async def _fire_late(self, choice: Choice) -> None:
        """Move the pages' time to when the timer is due, and fire it alone.

        What else became due is late, as timers may be. The servers' clocks are other machines' and stay.
        """
        due = next((t for t in self.timers() if (t.owner, t.name) == (choice.tab, choice.name)), None)
        if due is None or choice.tab not in self._quiet.tabs:
            raise self._diverged(choice)
        self._chosen(choice)
        await self._move(max(0, due.in_ms), servers=False)
        await self._fire(due)
        await self._settle()

    async def _fire(self, timer: Timer) -> None:
        await self._quiet.tabs[timer.owner].ask("fire", {"name": timer.name})
        self._quiet.touch(timer.owner)

    async def _move(self, ms: float, *, servers: bool) -> None:
        if ms > 0:
            tabs = self._quiet.tabs.values()
            await asyncio.gather(*(tab.ask("move", {"ms": ms}) for tab in tabs))
            self._quiet.moved(ms)
        if servers:
            for server in self._quiet.servers.values():
                await server.advance(ms)
                self._quiet.touch(server.name)
