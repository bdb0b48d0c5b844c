"""What every registry promises. A subclass gives the fixture `store`; the tests are the same for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from server.registry.base import Counts, Entry, Registry, RegistryLimits

LIMITS = RegistryLimits(per_user_max=5, connections_max=20, lease_ms=60_000, ttl_s=600)
EMPTY = Counts(0, {}, {}, {})


@dataclass
class Store:
    registry: Registry
    lease_ends: Callable[[], Awaitable[None]]
    """Returns once a lease that was renewed before the call, and not since, is over."""


def entry(
    number: int = 1, token: str = "alice", instance: str = "one", channel: str = "guide", user_id: str = ""
) -> Entry:
    at = "2025-11-21T18:30:52.449Z"
    return Entry(
        f"ws_{token}_{number:08x}", token, instance, channel, (channel,), at, at, at, user_id=user_id
    )


class RegistryContract:
    async def test_who_is_admitted_is_found_by_id_channel_and_count(self, store: Store) -> None:
        alice, bob = entry(1), entry(2, "bob", "two", "pillar:content", user_id="u2")
        for each in (alice, bob):
            assert await store.registry.admit(each) == "admitted"
        assert await store.registry.entry(alice.connection_id) == alice
        assert await store.registry.entry(bob.connection_id) == bob
        assert await store.registry.entry("ws_nobody_00000000") is None
        assert await store.registry.members("pillar:content") == [bob.connection_id]
        assert await store.registry.members("content") == []
        assert await store.registry.counts() == Counts(
            2, {"alice": 1, "bob": 1}, {"guide": 1, "pillar:content": 1}, {"one": 1, "two": 1}
        )

    async def test_a_sixth_connection_of_a_token_is_refused_wherever_the_others_are(
        self, store: Store
    ) -> None:
        for number in range(5):
            instance = ("one", "two")[number % 2]
            assert await store.registry.admit(entry(number, instance=instance)) == "admitted"
        for instance in ("one", "two", "three"):
            assert await store.registry.admit(entry(9, instance=instance)) == "user_full"
        assert await store.registry.admit(entry(9, "bob")) == "admitted"
        await store.registry.remove(entry(0).connection_id)
        assert await store.registry.admit(entry(9)) == "admitted"
        assert (await store.registry.counts()).per_user == {"alice": 5, "bob": 1}

    async def test_who_has_no_token_is_limited_by_the_number_of_all_alone(self, store: Store) -> None:
        for number in range(20):
            assert await store.registry.admit(entry(number, "")) == "admitted"
        assert await store.registry.admit(entry(20, "")) == "full"
        assert await store.registry.admit(entry(20, instance="two")) == "full"
        assert (await store.registry.counts()).per_user == {}

    async def test_a_limit_holds_in_a_race(self, store: Store) -> None:
        admissions = (
            store.registry.admit(entry(number, f"user{number % 6}", ("one", "two")[number % 2]))
            for number in range(60)
        )
        answers = await asyncio.gather(*admissions)
        assert answers.count("admitted") == 20
        counts = await store.registry.counts()
        assert counts.everybody == 20
        assert max(counts.per_user.values()) <= 5

    async def test_an_id_is_given_once(self, store: Store) -> None:
        assert await store.registry.admit(entry(1)) == "admitted"
        assert await store.registry.admit(entry(1, instance="two")) == "taken"
        assert (await store.registry.counts()).by_gateway == {"one": 1}

    async def test_a_connection_may_be_on_many_channels(self, store: Store) -> None:
        first = entry(1)
        await store.registry.admit(first)
        moved = replace(first, channel="pillar:a", channels=("guide", "pillar:a"), last_activity="later")
        await store.registry.stand([moved])
        found = await store.registry.entry(first.connection_id)
        assert found is not None
        assert replace(found, channels=tuple(sorted(found.channels))) == moved
        assert (await store.registry.counts()).by_channel == {"guide": 1, "pillar:a": 1}
        await store.registry.remove(first.connection_id)
        assert await store.registry.counts() == EMPTY
        assert await store.registry.members("guide") == await store.registry.members("pillar:a") == []

    async def test_who_switches_is_on_both_channels_and_uses_the_last(self, store: Store) -> None:
        first, other = entry(1), entry(2, "bob")
        for each in (first, other):
            await store.registry.admit(each)
        await store.registry.switch(first.connection_id, "pillar:a")
        found = await store.registry.entry(first.connection_id)
        assert found is not None
        assert (found.channel, sorted(found.channels)) == ("pillar:a", ["guide", "pillar:a"])
        assert await store.registry.members("pillar:a") == [first.connection_id]
        assert (await store.registry.counts()).by_channel == {"guide": 2, "pillar:a": 1}
        moved = replace(first, channel="pillar:a", channels=("guide", "pillar:a"))
        await store.registry.renew("one", [first, other])  # as if the switch had been lost
        await store.registry.switch("ws_nobody_00000000", "pillar:a")
        await store.registry.renew("one", [moved, other])
        assert await store.registry.members("pillar:a") == [first.connection_id]
        await store.registry.remove(first.connection_id)
        assert await store.registry.members("pillar:a") == []

    async def test_any_name_is_a_name(self, store: Store) -> None:
        names = ["a:b:connections", "{x}", "ü", "\ud83d", " ", "websocket:guide", "user:alice"]
        for number, name in enumerate(names):
            assert await store.registry.admit(entry(number, name, channel=name)) == "admitted"
        counts = await store.registry.counts()
        assert counts.by_channel == counts.per_user == dict.fromkeys(names, 1)
        for number, name in enumerate(names):
            assert await store.registry.members(name) == [entry(number, name).connection_id]

    async def test_removing_twice_or_somebody_unknown_changes_nothing(self, store: Store) -> None:
        await store.registry.admit(entry(1))
        for _ in range(2):
            await store.registry.remove(entry(2).connection_id)
        assert (await store.registry.counts()).everybody == 1

    async def test_an_instance_that_does_not_renew_is_gone_and_the_others_are_not(self, store: Store) -> None:
        await store.registry.admit(entry(1))
        await store.registry.admit(entry(2, "bob", "two"))
        await store.lease_ends()
        await store.registry.renew("two", [entry(2, "bob", "two")])
        assert (await store.registry.counts()).by_gateway == {"two": 1}
        assert await store.registry.entry(entry(1).connection_id) is None
        assert await store.registry.members("guide") == [entry(2, "bob").connection_id]

    async def test_a_dead_instances_connections_count_for_no_limit(self, store: Store) -> None:
        for number in range(5):
            await store.registry.admit(entry(number))
        assert await store.registry.admit(entry(9, instance="two")) == "user_full"
        await store.lease_ends()
        assert await store.registry.admit(entry(9, instance="two")) == "admitted"

    async def test_who_renews_stays(self, store: Store) -> None:
        await store.registry.admit(entry(1))
        for _ in range(3):
            await store.registry.renew("one", [entry(1)])
        assert (await store.registry.counts()).everybody == 1

    async def test_an_instance_that_was_taken_for_dead_is_back_with_its_next_beat(self, store: Store) -> None:
        await store.registry.admit(entry(1))
        await store.lease_ends()
        assert await store.registry.counts() == EMPTY
        await store.registry.renew("one", [entry(1)])
        assert await store.registry.entry(entry(1).connection_id) == entry(1)
        assert await store.registry.members("guide") == [entry(1).connection_id]

    async def test_what_a_beat_does_not_say_is_forgotten_unless_it_is_just_arriving(
        self, store: Store
    ) -> None:
        ids = [entry(number).connection_id for number in range(3)]
        for number in range(3):
            await store.registry.admit(entry(number))
        await store.registry.admit(entry(9, "bob", "two"))
        await store.registry.renew("one", [entry(0)], arriving=[ids[1]])
        assert sorted(await store.registry.members("guide")) == sorted(
            [ids[0], ids[1], entry(9, "bob").connection_id]
        )

    async def test_a_beat_says_who_arrives_and_admits_nobody(self, store: Store) -> None:
        await store.registry.renew("one", [], arriving=[entry(1).connection_id])
        assert await store.registry.counts() == EMPTY

    async def test_an_instance_without_connections_leaves_nothing(self, store: Store) -> None:
        await store.registry.admit(entry(1))
        await store.registry.renew("one", [])
        assert await store.registry.counts() == EMPTY
