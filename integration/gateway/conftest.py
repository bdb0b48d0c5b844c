"""Two instances in front of one Redis. After each test nobody may be left in the registry, and no key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from integration.gateway.client import Gateway
from integration.waiting import until
from syncbed.world import World

PREFIX = "gateway"
LEASE_S = 10.0
"""Long enough that a machine that is busy with other things reaps nobody who lives."""
SETTINGS: dict[str, Any] = {"redis_prefix": PREFIX, "gateway_lease_s": LEASE_S, "position_check_ms": 600_000}


@pytest.fixture(scope="session")
def gateway_pair(session_world: World, redis_url: str) -> Gateway:
    handlers = '["integration.application.agents"]'
    first, second = (
        session_world.reference(redis_url=redis_url, handlers=handlers, ws_dialect="gateway", **SETTINGS)
        for _ in range(2)
    )
    return Gateway(first.address, second.address, redis_url, PREFIX)


@pytest.fixture
async def gateway(gateway_pair: Gateway) -> AsyncIterator[Gateway]:
    await until(gateway_pair.is_empty)
    yield gateway_pair
    await until(gateway_pair.is_empty)
