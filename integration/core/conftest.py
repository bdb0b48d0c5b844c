"""The ten core tests of seed 003: a real server, real sockets, real Redis.

Each test begins on a server where nobody is, and leaves it so: no connection, channel, user, timer or task,
and no message that waits. What each of the ten took, and its figures, are printed at the end of the run; the
plan's bounds are 5 s for each and 30 s for all. A server takes longer to start than most tests to run: there
are five, and each is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import redis as redis_client

from integration.client import http
from integration.core.client import SECRET, Core, Figures
from integration.waiting import until
from syncbed.world import Address, RedisProcess, World

PREFIX = "core"
SETTINGS: dict[str, Any] = {
    "token_secret": SECRET,
    "state_messages_per_min_max": 0,
    "position_check_ms": 600_000,
    "queue_messages_max": 5,
}
QUEUE_AGE_S_MAX = 10
ELSEWHERE: dict[str, Any] = {"queue_age_s_max": QUEUE_AGE_S_MAX}
BEATING: dict[str, Any] = {"heartbeat_s": 0.5, "heartbeat_timeout_s": 1, "heartbeats_missed_max": 2}
STRICT: dict[str, Any] = {
    "token_secret": SECRET,
    "user_over_limit": "close_oldest",
    "user_connections_max": 2,
    "item_bytes_max": 500,
    "queue_age_s_max": QUEUE_AGE_S_MAX,
}
SERVERS = "servers, started"
figures_of: dict[str, str] = {}
seconds_of: dict[str, float] = defaultdict(float)


@pytest.fixture(scope="session")
def core_address(session_world: World, redis_url: str) -> Address:
    return session_world.reference(redis_url=redis_url, redis_prefix=PREFIX, **SETTINGS).address


@pytest.fixture(scope="session")
def elsewhere_address(session_world: World, redis_url: str) -> Address:
    return session_world.reference(redis_url=redis_url, redis_prefix=PREFIX, **SETTINGS, **ELSEWHERE).address


@pytest.fixture(scope="session")
def beating_address(session_world: World, redis_url: str) -> Address:
    return session_world.reference(redis_url=redis_url, redis_prefix=PREFIX, **SETTINGS, **BEATING).address


@pytest.fixture(scope="session")
def strict_address(session_world: World) -> Address:
    return session_world.reference(**STRICT).address


@dataclass(frozen=True)
class Brittle:
    core: Core
    redis: RedisProcess


@pytest.fixture(scope="session")
def brittle_pair(session_world: World) -> tuple[Address, RedisProcess]:
    redis = session_world.redis()
    settings = SETTINGS | {"redis_url": redis.url, "redis_timeout_ms": 500}
    return session_world.reference(**settings).address, redis


@pytest.fixture
async def core(core_address: Address, redis_url: str) -> AsyncIterator[Core]:
    async with left_clean(core_address, redis_url) as each:
        yield each


@pytest.fixture
async def elsewhere(elsewhere_address: Address, redis_url: str) -> AsyncIterator[Core]:
    """Another instance of the same world."""
    async with left_clean(elsewhere_address, redis_url) as each:
        yield each


@pytest.fixture
async def beating(beating_address: Address, redis_url: str) -> AsyncIterator[Core]:
    """One whose heart beats faster: 0.5 s, a timeout of 1 s, 2 missed."""
    async with left_clean(beating_address, redis_url) as each:
        yield each


@pytest.fixture
async def strict(strict_address: Address) -> AsyncIterator[Core]:
    """In memory, with narrow limits."""
    async with left_clean(strict_address, None) as each:
        yield each


@pytest.fixture
async def brittle(brittle_pair: tuple[Address, RedisProcess]) -> AsyncIterator[Brittle]:
    """Its Redis is its own, and may be killed."""
    address, redis = brittle_pair
    async with left_clean(address, None) as each:
        yield Brittle(each, redis)
        if not redis.running:
            redis.start()


@asynccontextmanager
async def left_clean(address: Address, redis_url: str | None) -> AsyncIterator[Core]:
    async with http(address) as caller:
        core = Core(address, caller)
        before = await core.leftovers()
        yield core

        async def all_gone() -> bool:
            left = await core.leftovers()
            return all(left[name] <= count for name, count in before.items())

        await until(all_gone)
    assert {name: count for name, count in before.items() if name not in ("background", "tasks")} == {
        "connections": 0,
        "channels": 0,
        "users": 0,
        "vitals": 0,
        "joined": 0,
    }
    if redis_url is not None:
        with redis_client.Redis.from_url(redis_url) as caller:
            assert list(caller.scan_iter(f"{PREFIX}:*:queue*")) == []


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    def tell(text: str) -> None:
        figures_of[request.node.path.stem.removeprefix("test_")] = text

    return Figures(tell)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    folder, _, file = report.nodeid.partition("::")[0].rpartition("/")
    if folder.endswith("integration/core"):
        name = file.removeprefix("test_").removesuffix(".py")
        seconds_of[SERVERS if report.when == "setup" else name] += report.duration


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not seconds_of:
        return
    terminalreporter.section("core: seconds, latency and throughput")
    for name, seconds in sorted(seconds_of.items()):
        terminalreporter.write_line(f"{name:<28} {seconds:5.1f} s  {figures_of.get(name, '')}")
    terminalreporter.write_line(f"{'together':<28} {sum(seconds_of.values()):5.1f} s")
