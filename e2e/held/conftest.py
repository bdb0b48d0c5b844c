"""One held world for all tests, on an event loop in a thread of its own.

The other browser tests use Playwright's sync fixtures, which leave a running loop in the main thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from e2e.held.held_world import HeldWorld, held_world
from syncbed.held import QuietLimits
from syncbed.world import World

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]

PATIENT = QuietLimits(wait_ms_max=10_000)  # the machine may be busy with other things


@pytest.fixture(scope="session")
def run() -> Iterator[Run[Any]]:
    """Runs a coroutine to its end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture(scope="session")
def warm(run: Run[Any], session_world: World) -> Iterator[HeldWorld]:
    stack = AsyncExitStack()
    yield run(stack.enter_async_context(held_world(session_world.reference(), PATIENT)))
    run(stack.aclose())


@pytest.fixture
def held(run: Run[Any], warm: HeldWorld) -> Iterator[HeldWorld]:
    """At the beginning of a run: three tabs have opened a collection, and nothing has passed yet."""
    run(warm.begin())
    yield warm
    warm.held.limits = PATIENT
