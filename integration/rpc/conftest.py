"""One server in front of real Redis for most of the RPC tests, and a way to ask clients from here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.remote import remote_service
from server.service.notify import Service
from syncbed.world import Address, World

PREFIX = "rpc"


@pytest.fixture(scope="session")
def rpc_address(session_world: World, redis_url: str) -> Address:
    return session_world.reference(
        redis_url=redis_url, redis_prefix=PREFIX, messages_per_s_max=100_000
    ).address


@pytest.fixture
async def service(redis_url: str) -> AsyncIterator[Service]:
    """The service face in this process, which holds no connection: whoever it asks is elsewhere."""
    async with remote_service(redis_url, PREFIX) as service:
        yield service
