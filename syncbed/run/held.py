"""Held mode in a run: the steps between `hold` and `go`, for a session's wire, tabs and servers.

Owns who takes part (a tab that is frozen or gone does not) and that the bed keeps quiet itself: while
messages are held it reads no log by its own clock, for a server's books count that too.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import held
from ..drivers.tab import Tab
from ..evidence import DRIVER
from ..scenario import Scenario
from ..trace import Choice
from ..wire import Wire

if TYPE_CHECKING:
    from .session import Session

UNCONTROLLED = held.UNCONTROLLED
DOCUMENTS_A_SCRIPT = 1000
"""So many numbers of documents are kept free for the reloads of one window."""


def needs_held(scenario: Scenario) -> bool:
    return scenario.mode == "held" or "hold" in scenario.needs


class HeldRun:
    def __init__(self, session: Session) -> None:
        self.holding = False
        self.world: held.Held
        """The held world itself: its messages, timers and choices."""
        self._run = secrets.token_hex(4)
        self._told: Counter[str] = Counter()  # how often a tab was given its script
        self._session = session
        self._scenario = session.scenario

    def scripts(self, tab: str) -> Sequence[str]:
        """What every page of a tab runs before its own first script."""
        first = self._told[tab] * DOCUMENTS_A_SCRIPT
        self._told[tab] += 1
        return (
            held.page_script(
                tab,
                seed=self._scenario.seed,
                held=self._scenario.mode == "held",
                in_frame=self._session.driver.in_frames,
                run=self._run,
                first=first,
            ),
        )

    def attach(self, wire: Wire) -> None:
        """The wire is there; no tab yet."""
        self.world = held.Held(wire, on_choice=self._chosen)

    async def close(self) -> None:
        self.world.close()

    # Whom it holds

    def answers(self, tab: Tab) -> None:
        self.world.add_tab(tab)

    def silent(self, tab: Tab) -> None:
        self.world.remove_tab(tab.name)

    def in_flight(self) -> list[str]:
        """The names of the messages that may be chosen now."""
        return [waiting.message.name for waiting in self.world.messages()]

    # The steps

    async def hold(self) -> None:
        await self._session.pause_log()
        self.holding = True
        await self.world.hold()

    async def go(self) -> None:
        if self.holding:
            await self.world.go()
            self.holding = False
            self._session.resume_log()

    async def quiet(self) -> None:
        """After whatever was no choice: an op, a fault, a tab that came or went."""
        if self.holding:
            await self.world.quiet()

    async def decide(self, step: int, does: str, message: str, within_ms: float) -> None:
        """Deliver a message, or end its connection before or after it, once it is in flight.

        Raises `DivergedError` at this step of the scenario if it does not come.
        """
        await self._session.recorder.until(lambda: message in self.in_flight(), within_ms)
        await self._take(step, held.choice_from_json({"do": does, "message": message}))

    async def deliver_by_seed(self, choices_max: int) -> None:
        await self.world.deliver_by_seed(self._scenario.seed, choices_max)

    async def advance(self, by_ms: float) -> None:
        await self.world.take(held.advance(by_ms))

    async def fire(self, step: int, tab: str, timer: str) -> None:
        await self._take(step, held.fire(tab, timer))

    @property
    def not_repeatable(self) -> list[str]:
        """Why another run with these choices may go another way."""
        return self.world.not_repeatable

    # Private

    async def _take(self, step: int, choice: held.Choice) -> None:
        try:
            await self.world.take(choice)
        except held.DivergedError as error:  # it counts choices, the scenario counts steps
            raise held.DivergedError(step, error.choice, error.there) from None

    def _chosen(self, choice: held.Choice) -> None:
        what = f"{choice.tab} {choice.name}".strip()
        self._session.recorder.write(DRIVER, Choice(choice.does, what, choice.by_ms))
