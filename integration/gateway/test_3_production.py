"""Phase 3 of seed 002, in its order: fan-out, back-pressure, eviction; telemetry has a suite of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from integration.gateway.client import Gateway, GatewaySocket, join, said
from integration.gateway.conftest import SETTINGS
from integration.waiting import until
from syncbed.world import RedisProcess, World

# 3.1 fan-out


async def test_3_1_a_message_reaches_everybody_on_the_channel_on_every_instance(gateway: Gateway) -> None:
    async with (
        join(gateway.first, "a") as a,
        join(gateway.first, "b") as b,
        join(gateway.second, "c") as c,
        join(gateway.second, "d") as d,
    ):
        for client in (b, c):
            await client.send(said("pillar:content", "here"))
            await client.settle()
        await b.hears("here")  # of c: b was there already
        await a.send(said("pillar:content", "to all"))
        frames = [await client.hears("to all") for client in (b, c)]
        assert frames[0] == frames[1]
        assert await a.settle() == []  # not to its sender
        assert await d.settle() == []  # nor to who is elsewhere


async def test_3_1_everybody_hears_the_same_order(gateway: Gateway) -> None:
    async with AsyncExitStack() as stack:
        one, two, here, there = [await stack.enter_async_context(join(gateway.both[n % 2])) for n in range(4)]
        for client in (here, there):
            await client.send(said("pillar:order", "here"))
            await client.settle()
        await here.hears("here")

        async def talk(client: GatewaySocket, name: str) -> None:
            for n in range(30):
                await client.send(said("pillar:order", f"{name}{n}"))

        await asyncio.gather(talk(one, "one"), talk(two, "two"))
        heard = [[await client.next() for _ in range(60)] for client in (here, there)]
        assert heard[0] == heard[1]
        for client in (one, two):
            mine = [frame for frame in heard[0] if frame["connection_id"] == client.connection_id]
            texts = [frame["message"]["payload"]["message"] for frame in mine]
            assert texts == sorted(texts, key=lambda text: int(text[3:]))


# 3.2 back-pressure


@pytest.fixture
def fragile(world: World) -> tuple[RedisProcess, Gateway]:
    """A Redis of its own, to be stopped; circuits that open for half a second, and a short queue."""
    redis = world.redis()
    rules = {"gateway_open_s": 0.5, "gateway_queue_max": 20}
    first, second = (world.reference(redis_url=redis.url, **SETTINGS, **rules).address for _ in range(2))
    return redis, Gateway(first, second, redis.url, SETTINGS["redis_prefix"])


def health_says(gateway: Gateway, status: int) -> Callable[[], Any]:
    async def says() -> bool:
        answers = [await gateway.get("/health/websocket-gateway", address) for address in gateway.both]
        return all(answer.status_code == status for answer in answers)

    return says


async def publish(gateway: Gateway, number: int) -> tuple[int, str]:
    answer = await gateway.post("publish", {"channel": "guide", "message": number, "realm": "test"})
    return answer.status_code, answer.json()["status"]


async def test_3_2_what_redis_cannot_take_waits_in_order_and_what_is_too_much_is_rejected(
    fragile: tuple[RedisProcess, Gateway],
) -> None:
    redis, gateway = fragile
    async with join(gateway.first) as here, join(gateway.second) as there, join(gateway.first) as talker:
        assert await publish(gateway, 0) == (200, "published")
        for client in (here, there, talker):
            assert (await client.next())["message"] == 0
        redis.stop()
        await until(health_says(gateway, 503))
        assert [await publish(gateway, n) for n in range(1, 16)] == [(200, "queued")] * 15
        for n in range(5):
            await talker.send(said(text=f"t{n}"))
        await talker.settle()
        assert await publish(gateway, 99) == (503, "rejected")
        await talker.send(said(text="too much"))
        error = await talker.next()
        assert (error["type"], error["message"]) == ("error", "Message rejected: system overloaded")

        redis.start()
        for client in (here, there):
            frames = [await client.next() for _ in range(20)]
            assert [frame["message"] for frame in frames[:15]] == list(range(1, 16))
            texts = [frame["message"]["payload"]["message"] for frame in frames[15:]]
            assert texts == [f"t{n}" for n in range(5)]
        assert await publish(gateway, 100) == (200, "published")
        for client in (here, there):
            assert (await client.next())["message"] == 100

        async def every_circuit_is_closed() -> bool:
            health = (await gateway.get("/health/websocket-gateway")).json()
            return bool(health["circuits"] == {})

        await until(every_circuit_is_closed)


async def test_3_2_an_open_circuit_is_told_of_and_lets_nothing_through_before_its_time(
    world: World,
) -> None:
    redis = world.redis()
    rules = {"gateway_open_s": 3600}
    one = world.reference(redis_url=redis.url, **SETTINGS, **rules).address
    gateway = Gateway(one, one, redis.url, SETTINGS["redis_prefix"])
    async with join(one) as client:
        redis.stop()
        await until(health_says(gateway, 503))
        assert await publish(gateway, 1) == (200, "queued")

        async def is_open() -> bool:
            circuits = (await gateway.get("/health/websocket-gateway")).json()["circuits"]
            return bool(circuits["guide"]["state"] == "open")

        await until(is_open)
        redis.start()
        await until(health_says(gateway, 200))
        health = (await gateway.get("/health/websocket-gateway")).json()
        assert health["circuits"] == {"guide": {"state": "open", "waiting": 1}}
        assert await publish(gateway, 2) == (200, "queued")
        assert await client.settle() == []


# 3.3 eviction


@pytest.fixture
async def beating(world: World, redis_url: str, redis_prefix: str) -> Gateway:
    settings = SETTINGS | {
        "redis_prefix": redis_prefix,
        "gateway_ping_s": 0.2,
        "gateway_idle_s_max": 1,
        "gateway_lease_s": 60,
    }
    one = world.reference(redis_url=redis_url, **settings).address
    return Gateway(one, one, redis_url, redis_prefix)


@pytest.mark.parametrize("answer", [{"type": "pong"}, {"type": "heartbeat", "action": "pong"}])
async def test_3_3_who_answers_stays_and_who_does_not_is_evicted_however_much_it_talks(
    beating: Gateway, answer: dict[str, str]
) -> None:
    async with join(beating.first, "mute") as mute, join(beating.first, "polite") as polite:

        async def reply(client: GatewaySocket, frame: dict[str, str]) -> tuple[int, str]:
            """To each ping with this frame, until the end."""
            try:
                while True:
                    await client.connection.recv()
                    await client.send(frame)
            except ConnectionClosed:
                return await client.closed()

        stays = asyncio.ensure_future(reply(polite, answer))
        ended = await reply(mute, {"channel": "pillar:talk"})
        assert ended == (1008, "stale: no answer to a ping")

        async def one_is_left() -> bool:
            return bool((await beating.stats())["per_user"] == {"polite": 1})

        await until(one_is_left)
        assert beating.members("user", "mute") == beating.members("channel", "pillar:talk") == set()
        assert not stays.done()
        await polite.connection.close()
        assert (await stays)[0] == 1000
    await until(beating.is_empty)


async def test_3_3_a_ping_is_a_frame_with_a_time(beating: Gateway) -> None:
    async with join(beating.first) as client:
        frame = json.loads(await client.connection.recv())
        assert frame.keys() == {"type", "timestamp"}
        assert frame["type"] == "ping"
