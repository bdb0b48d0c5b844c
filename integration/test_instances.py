"""Several instances on one Redis are one world, whatever happens to one of them or to Redis."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest
import redis as redis_client

from integration.client import broadcast, connect, health, http
from integration.tcp_relay import TcpRelay
from integration.waiting import until
from syncbed.world import Address, RedisProcess, ReferenceProcess, World

pytestmark = pytest.mark.own_stack

Instances = tuple[ReferenceProcess, ReferenceProcess]


async def create(address: Address, collection: str, entity_id: str, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http(address) as caller:
        return await caller.post(f"/api/{collection}", json={"id": entity_id}, headers=names)


async def status_of(address: Address) -> str:
    return str((await health(address))["status"])


# two instances


async def test_a_write_to_one_instance_reaches_a_subscriber_of_the_other(
    two_instances: Instances, channel: str
) -> None:
    first, second = (instance.address for instance in two_instances)
    async with connect(second) as client:
        await client.subscribe(channel)
        assert (await create(first, channel, "a")).status_code == 201
        frame = await client.next()
        assert (frame["event"], frame["payload"]["entity_id"]) == ("created", "a")
    async with http(second) as caller:
        assert [item["id"] for item in (await caller.get(f"/api/{channel}")).json()["items"]] == ["a"]


async def test_a_repeat_on_the_other_instance_answers_with_the_first_result(
    two_instances: Instances, channel: str
) -> None:
    ids = {"Client_Id": "tab", "Mutation_Id": "1"}
    answers = [await create(instance.address, channel, "a", **ids) for instance in two_instances]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_both_instances_tell_the_same_order(two_instances: Instances, channel: str) -> None:
    first, second = (instance.address for instance in two_instances)
    async with connect(first) as here, connect(second) as there:
        await here.follow(channel)
        await there.follow(channel)
        writes = [create((first, second)[n % 2], channel, f"i{n}") for n in range(40)]
        await asyncio.gather(*writes)
        events = await here.events(40)
        assert events == await there.events(40)
        assert [event["offset"] for event in events] == list(range(1, 41))


async def test_what_was_missed_on_one_instance_is_caught_up_on_the_other(
    two_instances: Instances, channel: str
) -> None:
    first, second = (instance.address for instance in two_instances)
    async with connect(first) as client:
        start = await client.follow(channel)
    for n in range(5):
        await create(first, channel, f"i{n}")
    async with connect(second) as client:
        answer = await client.follow(channel, (start["epoch"], start["offset"]))
        assert answer["recovered"] is True
        missed = await client.events(5)
        assert [event["payload"]["entity_id"] for event in missed] == [f"i{n}" for n in range(5)]


async def test_a_snapshot_of_one_instance_goes_on_without_a_repeat_on_the_other(
    two_instances: Instances, channel: str
) -> None:
    """The snapshot may be ahead of what the other instance has heard by then."""
    first, second = (instance.address for instance in two_instances)
    async with connect(second) as witness, http(first) as caller:
        await witness.follow(channel)
        for n in range(25):
            await create(first, channel, f"i{n}")
            snapshot = (await caller.get(f"/api/{channel}")).json()
            async with connect(second) as client:
                answer = await client.follow(channel, (snapshot["epoch"], snapshot["offset"]))
                assert (answer["offset"], answer["recovered"]) == (n + 1, True)
                assert await client.settle() == []


async def test_an_instance_that_is_killed_takes_nothing_with_it(world: World, redis_url: str) -> None:
    first, second = (world.reference(redis_url=redis_url) for _ in range(2))
    async with connect(first.address) as doomed, connect(second.address) as client:
        start = await doomed.follow("orders")
        await client.follow("orders")
        acknowledged = []
        for n in range(30):
            if n == 10:
                first.kill()
            instance = first if n < 10 else second
            answer = await create(instance.address, "things", f"i{n}")
            acknowledged.append(answer.json()["id"])
            await broadcast(instance.address, "orders", n)
        assert (await doomed.closed())[0] == 1006
        assert [event["payload"] for event in await client.events(30)] == list(range(30))
        async with connect(second.address) as back:
            assert (await back.follow("orders", (start["epoch"], start["offset"])))["recovered"]
            assert [event["payload"] for event in await back.events(30)] == list(range(30))
    async with http(second.address) as caller:
        items = (await caller.get("/api/things")).json()["items"]
        assert [item["id"] for item in items] == acknowledged


# Redis restarts in the middle


@pytest.mark.parametrize("append_only", [True, False])
async def test_redis_restarts_in_the_middle_and_every_client_learns_what_that_means(
    world: World, append_only: bool
) -> None:
    redis = world.redis(append_only=append_only)
    first, second = (world.reference(redis_url=redis.url).address for _ in range(2))
    async with connect(first) as plain, connect(second) as follower:
        await plain.subscribe("things")
        start = await follower.follow("things")
        for n in range(5):
            assert (await create(first, "things", f"before-{n}")).status_code == 201
        await follower.events(5)
        await plain.events(5)

        await asyncio.to_thread(redis.restart)
        for address in (first, second):
            await until(partial(_is_ok, address))
        for n in range(5):
            assert (await create(second, "things", f"after-{n}")).status_code == 201

        told = await follower.next()
        while told.get("type") != "subscribed":
            told = await follower.next()
        assert told["recovered"] is False
        assert told["epoch"] != start["epoch"]
        events = await follower.events(5)
        assert {event["epoch"] for event in events} == {told["epoch"]}
        assert [event["offset"] for event in events] == [1, 2, 3, 4, 5]
        heard = await plain.events(5)
        assert [event["payload"]["entity_id"] for event in heard] == [f"after-{n}" for n in range(5)]

    async with http(first) as caller:
        body = (await caller.get("/api/things")).json()
        kept = [f"before-{n}" for n in range(5)] if append_only else []
        assert [item["id"] for item in body["items"]] == kept + [f"after-{n}" for n in range(5)]
        assert (body["epoch"], body["offset"]) == (told["epoch"], 5)
    async with connect(first) as late:
        answer = await late.follow("things", (start["epoch"], 5))
        assert (answer["recovered"], answer["epoch"]) == (False, told["epoch"])


async def _is_ok(address: Address) -> bool:
    return await status_of(address) == "ok"


async def _is_unhealthy(address: Address) -> bool:
    return await status_of(address) == "unhealthy"


async def test_while_redis_is_down_everything_says_so_and_comes_back_without_a_restart(world: World) -> None:
    redis = world.redis(append_only=True)
    address = world.reference(redis_url=redis.url).address
    async with connect(address) as client, http(address) as caller:
        await client.follow("things")
        await create(address, "things", "before")
        heard = await client.events(1)  # or Redis may die with the event still in its hands
        redis.kill()
        await until(lambda: _is_unhealthy(address))
        assert (await caller.get("/health")).status_code == 503
        answers = [
            await create(address, "things", "during", Client_Id="tab", Mutation_Id="1"),
            await caller.get("/api/things"),
            await caller.get("/api/things/log"),
            await caller.post("/test/broadcast", json={"channel": "things", "event": "e", "payload": 1}),
        ]
        for answer in answers:
            error = answer.json()["error"]
            assert (answer.status_code, error["name"]) == (503, "broker_unavailable")
            assert (error["retryable"], error["definite"]) == (True, True)
            assert answer.headers["retry-after"] == "1"

        async with connect(address) as newcomer:
            await newcomer.send({"subscribe": ["things", "more", "and-more"]})
            [told] = await newcomer.settle()
            assert (told["type"], told["code"]) == ("error", 50301)

            await asyncio.to_thread(redis.start)
            await until(lambda: _is_ok(address))
            again = await create(address, "things", "during", Client_Id="tab", Mutation_Id="1")
            assert again.status_code == 201
            for name in ("things", "more", "and-more"):
                await _until_heard(address, newcomer, name)
        heard += await client.events(1)
        assert [event["payload"].get("entity_id") for event in heard] == ["before", "during"]


async def _until_heard(address: Address, client: Any, channel: str) -> None:
    """The subscription comes to life soon after the broker; nothing says exactly when."""

    async def probe() -> bool:
        await broadcast(address, channel, {"probe": channel})
        return any(frame.get("channel") == channel for frame in await client.settle())

    await until(probe)


async def test_the_ear_alone_is_lost_and_nobody_misses_anything(world: World) -> None:
    redis = world.redis()
    address = world.reference(redis_url=redis.url).address
    client_of_redis = redis_client.Redis.from_url(redis.url)
    async with connect(address) as client:
        await client.follow("things")
        for n in range(30):
            if n % 10 == 5:
                client_of_redis.client_kill_filter(_type="pubsub")
            await broadcast(address, "things", n)
        events = await client.events(30)
        assert [event["payload"] for event in events] == list(range(30))
        assert [event["offset"] for event in events] == list(range(1, 31))


@pytest.mark.parametrize("found_by", ["the next event", "the regular check"])
async def test_a_message_that_got_lost_on_its_way_is_found(world: World, found_by: str) -> None:
    redis = world.redis()
    check_ms = 200 if found_by == "the regular check" else 60_000
    async with TcpRelay(redis.url) as relay:
        start = partial(world.reference, redis_url=relay.url, position_check_ms=check_ms)
        address = (await asyncio.to_thread(start)).address
        async with connect(address) as client:
            await client.follow("things")
            relay.lose_published(b"the-lost-one")
            await broadcast(address, "things", "the-lost-one")
            await until(lambda: relay.lost == 1)
            if found_by == "the next event":
                await broadcast(address, "things", "the next one")
            assert (await client.events(1))[0]["payload"] == "the-lost-one"


# an answer lost in the middle of a commit


async def test_a_write_whose_answer_was_lost_is_indefinite_and_its_repeat_tells(world: World) -> None:
    redis: RedisProcess = world.redis()
    async with TcpRelay(redis.url) as relay:
        address = (await asyncio.to_thread(world.reference, redis_url=relay.url)).address
        assert (await create(address, "things", "before")).status_code == 201
        async with connect(address) as client:
            await client.follow("things")
            relay.lose_answer_to(b"the-lost-one")
            answer = await create(address, "things", "the-lost-one", Client_Id="tab", Mutation_Id="1")
            error = answer.json()["error"]
            assert (answer.status_code, error["name"]) == (504, "indefinite")
            assert (error["definite"], error["retryable"]) == (False, False)
            assert relay.lost == 1
            [event] = await client.events(1)
            assert event["payload"]["entity_id"] == "the-lost-one", "it had happened"
            again = await create(address, "things", "the-lost-one", Client_Id="tab", Mutation_Id="1")
            assert (again.status_code, again.json()["version"]) == (201, 1)
            assert await client.settle() == []


async def test_a_redis_that_stalls_leaves_a_write_indefinite_and_a_read_refused(world: World) -> None:
    redis = world.redis()
    address = world.reference(redis_url=redis.url, redis_timeout_ms=200).address
    await create(address, "things", "before")
    redis.suspend()
    try:
        write = await create(address, "things", "during", Client_Id="tab", Mutation_Id="1")
        async with http(address) as caller:
            read = await caller.get("/api/things")
    finally:
        redis.resume()
    assert (write.status_code, write.json()["error"]["definite"]) == (504, False)
    assert (read.status_code, read.json()["error"]["retryable"]) == (503, True)
    again = await create(address, "things", "during", Client_Id="tab", Mutation_Id="1")
    assert again.status_code == 201
