"""The Redis registry keeps the contract, and leaves no key behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_client

from integration.test_redis_broker import ClusterProcess
from integration.waiting import until
from server.brokers.redis import open_pool
from server.registry.redis import BATCH, RedisRegistry
from syncbed.world import World
from tests.registry.contract import EMPTY, LIMITS, RegistryContract, Store, entry

TIMEOUT_MS = 5000


@pytest.fixture
async def store(redis_url: str, redis_prefix: str) -> AsyncIterator[Store]:
    registry = RedisRegistry(open_pool(redis_url, TIMEOUT_MS), redis_prefix, LIMITS)

    async def lease_ends() -> None:
        """A minute is long: say in its place that it is over."""
        with redis_client.Redis.from_url(redis_url) as caller:
            leases = f"{redis_prefix}:{{websocket}}:gateways"
            for instance in caller.zrange(leases, 0, -1):
                caller.zadd(leases, {instance: 1})

    yield Store(registry, lease_ends)
    await registry.close()


@pytest.fixture
async def alone(world: World, redis_prefix: str) -> AsyncIterator[tuple[RedisRegistry, redis_client.Redis]]:
    """A registry on a Redis that nobody else uses, and a caller: what is counted there is the registry's."""
    url = world.redis().url
    registry = RedisRegistry(open_pool(url, TIMEOUT_MS), redis_prefix, LIMITS)
    with redis_client.Redis.from_url(url) as caller:
        yield registry, caller
    await registry.close()


def keys(redis_url: str, prefix: str) -> dict[str, Any]:
    with redis_client.Redis.from_url(redis_url, decode_responses=True) as caller:
        return {key: caller.type(key) for key in caller.scan_iter(f"{prefix}:*")}


class TestRedisRegistry(RegistryContract):
    async def test_each_key_has_the_name_that_the_seed_gives_it(
        self, store: Store, redis_url: str, redis_prefix: str
    ) -> None:
        await store.registry.admit(entry(1, channel="pillar:content"))
        base = f"{redis_prefix}:{{websocket}}:"
        assert keys(redis_url, redis_prefix) == {
            f"{base}connection:ws_alice_00000001": "hash",
            f"{base}connection:ws_alice_00000001:channels": "set",
            f"{base}channel:pillar:content:connections": "set",
            f"{base}user:alice:connections": "set",
            f"{base}gateway:one:connections": "set",
            f"{base}gateways": "zset",
        }
        with redis_client.Redis.from_url(redis_url, decode_responses=True) as caller:
            fields = caller.hgetall(f"{base}connection:ws_alice_00000001")
            assert set(fields) == {
                "connection_id",
                "session_token",
                "channel",
                "connected_at",
                "last_activity",
                "last_heartbeat",
                "gateway_instance_id",
                "metadata",
            }
            for key in caller.scan_iter(f"{redis_prefix}:*"):
                assert 0 < caller.ttl(key) <= LIMITS.ttl_s

    async def test_no_key_is_left_of_who_was_removed_reaped_or_not_said(
        self, store: Store, redis_url: str, redis_prefix: str
    ) -> None:
        registry = store.registry
        for number in range(4):
            await registry.admit(entry(number, channel=f"pillar:{number}"))
            await registry.admit(entry(number, "bob", "two", f"pillar:{number}"))
        await registry.remove(entry(0).connection_id)
        await registry.renew("one", [])
        assert (await registry.counts()).by_gateway == {"two": 4}
        await store.lease_ends()
        await registry.renew("three", [])
        assert keys(redis_url, redis_prefix) == {}

    async def test_refusals_leave_nothing_either(
        self, store: Store, redis_url: str, redis_prefix: str
    ) -> None:
        for number in range(5):
            await store.registry.admit(entry(number))
        before = keys(redis_url, redis_prefix)
        for number in range(5, 30):
            assert await store.registry.admit(entry(number)) == "user_full"
        assert keys(redis_url, redis_prefix) == before

    async def test_a_store_that_came_back_empty_is_as_before_after_a_beat(
        self, store: Store, redis_url: str, redis_prefix: str
    ) -> None:
        entries = [entry(number, "", channel=f"pillar:{number % 7}") for number in range(2 * BATCH + 3)]
        await store.registry.renew("one", entries)
        before = keys(redis_url, redis_prefix)
        with redis_client.Redis.from_url(redis_url) as caller:
            caller.delete(*caller.scan_iter(f"{redis_prefix}:*"))
        assert await store.registry.counts() == EMPTY
        await store.registry.renew("one", entries)
        assert keys(redis_url, redis_prefix) == before
        assert (await store.registry.counts()).everybody == len(entries)

    async def test_a_thousand_at_once_from_many_instances_admit_exactly_as_many_as_there_is_room_for(
        self, redis_url: str, redis_prefix: str
    ) -> None:
        instances = [RedisRegistry(open_pool(redis_url, TIMEOUT_MS), redis_prefix, LIMITS) for _ in range(4)]
        admissions = (
            instances[number % 4].admit(entry(number, f"user{number % 100}", f"i{number % 4}"))
            for number in range(1000)
        )
        answers = await asyncio.gather(*admissions)
        assert answers.count("admitted") == LIMITS.connections_max
        assert (await instances[0].counts()).everybody == LIMITS.connections_max
        for registry in instances:
            await registry.close()

    async def test_a_lease_ends_by_the_clock_of_redis(self, redis_url: str, redis_prefix: str) -> None:
        limits = replace(LIMITS, lease_ms=50)
        registry = RedisRegistry(open_pool(redis_url, TIMEOUT_MS), redis_prefix, limits)
        assert await registry.admit(entry(1)) == "admitted"

        async def is_empty() -> bool:
            return await registry.counts() == EMPTY

        await until(is_empty)
        assert keys(redis_url, redis_prefix) == {}
        await registry.close()

    async def test_a_beat_writes_what_has_changed_or_is_about_to_expire(
        self, store: Store, redis_url: str, redis_prefix: str
    ) -> None:
        entries = [entry(number) for number in range(3)]
        await store.registry.renew("one", entries)
        records = [f"{redis_prefix}:{{websocket}}:connection:{each.connection_id}" for each in entries]
        with redis_client.Redis.from_url(redis_url, decode_responses=True) as caller:
            for record in records:
                caller.hset(record, "last_activity", "a mark")
            changed = replace(entries[1], last_activity="later")
            await store.registry.renew("one", [entries[0], changed, entries[2]])
            activities = [caller.hget(record, "last_activity") for record in records]
            assert activities == ["a mark", "later", "a mark"]

        short = RedisRegistry(open_pool(redis_url, TIMEOUT_MS), redis_prefix, replace(LIMITS, ttl_s=1))
        with redis_client.Redis.from_url(redis_url) as caller:
            await short.renew("two", [entry(9, "bob", "two")])

            def expires_soon() -> bool:
                return int(caller.pttl(f"{redis_prefix}:{{websocket}}:connection:ws_bob_00000009")) < 400

            await until(expires_soon)
            await short.renew("two", [entry(9, "bob", "two")])
            assert not expires_soon()
        await short.close()

    async def test_a_switch_costs_the_same_on_however_many_channels(
        self, alone: tuple[RedisRegistry, redis_client.Redis]
    ) -> None:
        registry, caller = alone
        on_many = replace(entry(1), channels=tuple(f"c{number}" for number in range(500)))
        await registry.admit(on_many)

        def writes() -> int:
            stats: Any = caller.info("commandstats")
            return sum(int(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]) for name in ("sadd", "hset"))

        before = writes()
        for number in range(20):
            await registry.switch(on_many.connection_id, f"c{number}")
        assert writes() - before <= 20 * 3

    async def test_one_script_writes_so_many_memberships_and_no_more(
        self, alone: tuple[RedisRegistry, redis_client.Redis]
    ) -> None:
        """Who is on many channels goes in a batch with fewer others."""
        registry, caller = alone

        def scripts() -> int:
            stats: Any = caller.info("commandstats")
            return int(stats["cmdstat_evalsha"]["calls"])

        many = tuple(f"c{number}" for number in range(BATCH // 2))
        await registry.stand([entry(99)])
        before = scripts()
        await registry.stand([replace(entry(number), channels=many) for number in range(6)])
        assert scripts() - before == 6
        await registry.stand([entry(number) for number in range(6)])
        assert scripts() - before == 7

    async def test_all_keys_share_one_slot_of_a_cluster(self) -> None:
        with ClusterProcess() as redis:
            client: Any = redis_client.Redis.from_url(redis.url)
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            await until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"))
            registry = RedisRegistry(open_pool(redis.url, TIMEOUT_MS), "p", LIMITS)
            names = ["a", "{b}", "}{", "ü"]
            entries = [entry(number, name, channel=name) for number, name in enumerate(names)]
            for each in entries:
                assert await registry.admit(each) == "admitted"
            assert (await registry.counts()).by_channel == dict.fromkeys(names, 1)
            slots = {client.execute_command("CLUSTER", "KEYSLOT", key) for key in client.keys("*")}
            assert len(slots) == 1
            await registry.renew("one", entries[:1])
            await registry.remove(entries[0].connection_id)
            assert client.keys("*") == []
            await registry.close()
