"""The servers that the suites stand on: real processes, in front of a real Redis.

A fixture that ends in `_url` or gives an `Address` may be a stack that runs already; whatever
comes from `world` is the test's own and may be killed. What a server prints while a test runs
is shown with that test when it fails.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator

import pytest

from syncbed.world import ReferenceProcess, World


def show(line: str) -> None:
    # Looked up at each line: pytest puts a new stderr there for each test.
    print(line, file=sys.stderr)


@pytest.fixture(scope="session")
def session_world() -> Iterator[World]:
    """What the whole session shares. Never restart or kill anything in it."""
    with World(on_line=show) as world:
        yield world


@pytest.fixture
def world() -> Iterator[World]:
    """This test's own servers, to be restarted and killed at will; ended after it."""
    with World(on_line=show) as world:
        yield world


@pytest.fixture(scope="session")
def redis_url(session_world: World) -> str:
    """TEST_REDIS_URL, or a Redis that this session starts."""
    return os.environ.get("TEST_REDIS_URL") or session_world.redis().url


@pytest.fixture
def redis_prefix() -> str:
    """A key prefix that no other test uses, for a test that shares `redis_url`."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def two_instances(session_world: World, redis_url: str) -> tuple[ReferenceProcess, ReferenceProcess]:
    """Two reference servers that are one world, because they share one Redis."""
    first = session_world.reference(redis_url=redis_url)
    return first, session_world.reference(redis_url=redis_url)


@pytest.fixture
def channel() -> str:
    """A channel or collection name that no other test uses, whatever stack it runs on."""
    return f"channel-{uuid.uuid4().hex[:8]}"
