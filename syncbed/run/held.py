"""What a run asks of held mode, and whether there is one.

A run knows held mode by this face only; the steps of the group *Held mode* call it, one each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..scenario import Scenario

if TYPE_CHECKING:
    from .session import Session


class Held(Protocol):
    """Held mode: what the steps between `hold` and `go` mean. Each waits for quiet before it returns."""

    def scripts(self, tab: str) -> Sequence[str]:
        """What every page of a tab runs before its own first script."""

    async def begin(self, session: Session) -> None:
        """The tabs are open; in a scenario that is held from the start nothing has been delivered."""

    async def hold(self) -> None: ...
    async def go(self) -> None: ...
    async def deliver(self, message: str, within_ms: float) -> None: ...
    async def end_before(self, message: str, within_ms: float) -> None: ...
    async def end_after(self, message: str, within_ms: float) -> None: ...
    async def deliver_by_seed(self, choices_max: int) -> None: ...
    async def advance(self, by_ms: float) -> None: ...
    async def fire(self, tab: str, timer: str) -> None: ...


def needs_held(scenario: Scenario) -> bool:
    return scenario.mode == "held" or "hold" in scenario.needs


def held_for(scenario: Scenario) -> Held | None:
    """Held mode for one run, or None: there is none yet, so such a scenario is refused (`refusals.py`)."""
    del scenario
    return None
