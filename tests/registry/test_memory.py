"""The memory registry keeps the contract."""

from __future__ import annotations

import itertools

import pytest

from server.registry.memory import MemoryRegistry
from tests.registry.contract import LIMITS, RegistryContract, Store


class TestMemoryRegistry(RegistryContract):
    @pytest.fixture
    def store(self) -> Store:
        leases = itertools.count(1)
        now_ms = 0.0

        async def lease_ends() -> None:
            nonlocal now_ms
            now_ms = next(leases) * LIMITS.lease_ms

        return Store(MemoryRegistry(LIMITS, lambda: now_ms), lease_ends)
