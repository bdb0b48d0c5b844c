"""Which stack the integration tests talk to: real sockets, real Redis, no browser.

TEST_BACKEND_URL names a running stack, and then none is started for `stack`. A test marked
`own_stack` gets one of its own kind all the same.
"""

from __future__ import annotations

import os

import pytest

from syncbed.world import Address, World


@pytest.fixture(scope="session")
def memory_stack(session_world: World) -> Address:
    """The embedded memory broker, in test mode."""
    return session_world.reference().address


@pytest.fixture(scope="session")
def redis_stack(session_world: World, redis_url: str) -> Address:
    """One instance in front of Redis, in test mode, started by this session."""
    return session_world.reference(redis_url=redis_url).address


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Address:
    """The server under test, in test mode and in front of Redis."""
    running = os.environ.get("TEST_BACKEND_URL")
    if running and request.node.get_closest_marker("own_stack") is None:
        return Address(running.rstrip("/"))
    address: Address = request.getfixturevalue("redis_stack")
    return address
