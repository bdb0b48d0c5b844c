"""The ten core tests of seed 003: a real server, real sockets, real Redis.

Each test begins on a server where nobody is, and leaves it so: no connection, channel, user, timer or task,
and no message that waits. Each takes less than five seconds. The figures are printed at the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis as redis_client

from integration.client import http
from integration.core.client import SECRET, Core, Figures
from integration.waiting import until
from syncbed.world import Address, World

PREFIX = "core"
TEST_S_MAX = 5.0
SETTINGS: dict[str, Any] = {
    "token_secret": SECRET,
    "state_messages_per_min_max": 0,
    "position_check_ms": 600_000,
    "queue_messages_max": 5,
}
printed: dict[str, str] = {}


@pytest.fixture(scope="session")
def core_address(session_world: World, redis_url: str) -> Address:
    return session_world.reference(redis_url=redis_url, redis_prefix=PREFIX, **SETTINGS).address


@pytest.fixture(scope="session")
def beating_address(session_world: World, redis_url: str) -> Address:
    """Its heart beats faster: 0.5 s, a timeout of 1 s, 2 missed."""
    rules = {"heartbeat_s": 0.5, "heartbeat_timeout_s": 1, "heartbeats_missed_max": 2}
    return session_world.reference(redis_url=redis_url, redis_prefix=PREFIX, **SETTINGS, **rules).address


@pytest.fixture
async def core(core_address: Address, redis_url: str) -> AsyncIterator[Core]:
    async for each in clean(core_address, redis_url):
        yield each


@pytest.fixture
async def beating(beating_address: Address, redis_url: str) -> AsyncIterator[Core]:
    async for each in clean(beating_address, redis_url):
        yield each


async def clean(address: Address, redis_url: str) -> AsyncIterator[Core]:
    before = await leftovers(address)
    began = time.monotonic()
    yield Core(address)
    assert time.monotonic() - began < TEST_S_MAX

    async def all_gone() -> bool:
        return await leftovers(address) == before

    await until(all_gone)
    assert {name: count for name, count in before.items() if name not in ("background", "tasks")} == {
        "connections": 0,
        "channels": 0,
        "users": 0,
        "vitals": 0,
        "joined": 0,
    }
    with redis_client.Redis.from_url(redis_url) as caller:
        assert list(caller.scan_iter(f"{PREFIX}:*:queue*")) == []


async def leftovers(address: Address) -> dict[str, int]:
    async with http(address) as caller:
        found: dict[str, int] = (await caller.get("/test/leftovers")).json()
        return found


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    def tell(text: str) -> None:
        printed[request.node.path.stem.removeprefix("test_")] = text

    return Figures(tell)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if printed:
        terminalreporter.section("core: latency and throughput")
        for name, text in sorted(printed.items()):
            terminalreporter.write_line(f"{name:<28} {text}")
