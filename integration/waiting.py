"""Waiting for a state, with a deadline. Never for a length of time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

LOOK_EVERY_S = 0.005
WAIT_S_MAX = 60.0


async def until(holds: Callable[[], bool | Awaitable[bool]], wait_s_max: float = WAIT_S_MAX) -> None:
    """Return once `holds()` is true; TimeoutError if that takes too long."""
    async with asyncio.timeout(wait_s_max):
        while True:
            answer = holds()
            if (await answer) if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(LOOK_EVERY_S)
