"""Phase 2 of seed 002, in its order: the registry, channels, the endpoint, publish, statistics."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis as redis_client

from integration.gateway.client import Gateway, join, refused, said
from integration.gateway.conftest import SETTINGS
from integration.waiting import until
from syncbed.world import Address, World

NOBODY = {"global": 0, "per_user": {}, "by_channel": {}, "by_gateway": {}}


async def test_2_1_a_connection_stands_in_redis(gateway: Gateway) -> None:
    async with join(gateway.second, "tok") as client:
        id_ = client.connection_id
        instance = await gateway.instance_id(gateway.second)
        record = gateway.record(id_)
        at = record["connected_at"]
        assert record == {
            "connection_id": id_,
            "session_token": "tok",
            "channel": "guide",
            "connected_at": at,
            "last_activity": at,
            "last_heartbeat": at,
            "gateway_instance_id": instance,
            "metadata": "{}",
        }
        places = (("channel", "guide"), ("user", "tok"), ("gateway", instance))
        assert all(gateway.members(kind, name) == {id_} for kind, name in places)
        for address in gateway.both:  # each instance can tell
            answer = (await gateway.get(f"/test/websocket-gateway/connection/{id_}", address)).json()
            assert answer["success"] is True
            assert answer["connection"] == record | {"metadata": {}, "channels": ["guide"]}
    await until(gateway.is_empty)
    answer = await gateway.get(f"/test/websocket-gateway/connection/{id_}")
    assert (answer.status_code, answer.json()["success"]) == (404, False)


async def test_2_1_activity_and_answers_are_told_with_the_beat(gateway: Gateway) -> None:
    async with join(gateway.first, "tok") as client:
        before = gateway.record(client.connection_id)
        await client.send({"type": "pong"})
        await client.settle()

        async def is_told() -> bool:
            after = gateway.record(client.connection_id)
            return all(after[name] > before[name] for name in ("last_activity", "last_heartbeat"))

        await until(is_told)


@pytest.mark.parametrize(
    "channel", ["guide", "pillar:content", "any:name:connections", "a/b", "/", "x/connections"]
)
async def test_2_2_a_channel_knows_who_is_on_it(gateway: Gateway, channel: str) -> None:
    async with join(gateway.first) as here, join(gateway.second) as there:
        for client in (here, there):
            await client.send(said(channel))
            await client.settle()
        path = f"/api/test/websocket-gateway/channel/{channel}/connections"
        answer = (await gateway.get(path)).json()
        ids = sorted([here.connection_id, there.connection_id])
        assert answer == {"success": True, "channel": channel, "connections": ids, "count": 2}
        assert gateway.record(here.connection_id)["channel"] == channel


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_2_3_the_endpoint_is_where_one_connects(gateway: Gateway, prefix: str) -> None:
    path = f"{prefix}/post-office/websocket/endpoint?session_token=t%20k"
    answer = (await gateway.get(path)).json()
    assert answer["success"] is True
    assert answer["websocket_url"] == f"{gateway.first.ws_url}/ws/gateway?session_token=t%20k"
    assert answer["channels"][:2] == ["guide", "pillar:content"]
    assert set(answer["message_format"]) == {"channel", "intent", "payload"}
    assert "session_token" not in (await gateway.get(f"{prefix}/post-office/websocket/endpoint")).text


async def test_2_4_what_is_published_reaches_every_instance(gateway: Gateway) -> None:
    async with join(gateway.first) as here, join(gateway.second) as there:
        message = {"type": "test", "content": "Test message from SOA API"}
        answer = await gateway.post("publish", {"channel": "guide", "message": message, "realm": "content"})
        assert answer.json() == {"success": True, "status": "published", "channel": "websocket:guide"}
        for client in (here, there):
            frame = await client.next()
            assert set(frame) == {"source", "message", "timestamp"}
            assert (frame["source"], frame["message"]) == ("content", message)


@pytest.mark.parametrize(
    "body",
    [{}, {"channel": ""}, {"channel": 5, "message": 1}, {"channel": "$syncbed/all", "message": 1}, []],
)
async def test_2_4_a_publication_that_makes_no_sense_is_refused(gateway: Gateway, body: object) -> None:
    answer = await gateway.post("publish", body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["definite"] is True


async def test_2_4_who_subscribes_over_http_asks_for_what_is_new(gateway: Gateway) -> None:
    channel = "pillar:polled"
    begun = (await gateway.post("subscribe", {"channel": channel})).json()
    assert begun["success"] is True
    assert (begun["status"], begun["channel"]) == ("subscribed", f"websocket:{channel}")
    assert begun["messages"] == []
    for n in range(3):
        await gateway.post("publish", {"channel": channel, "message": n, "realm": "r"}, gateway.second)
    after = {"epoch": begun["epoch"], "offset": begun["offset"]}
    told = (await gateway.post("subscribe", {"channel": channel, "after": after, "limit": 2})).json()
    assert [each["message"] for each in told["messages"]] == [0, 1]
    after = {"epoch": told["epoch"], "offset": told["offset"]}
    told = (await gateway.post("subscribe", {"channel": channel, "after": after})).json()
    assert [each["message"] for each in told["messages"]] == [2]
    assert told["recovered"] is True
    gone = {"channel": channel, "after": {"epoch": "another", "offset": 1}}
    told = (await gateway.post("subscribe", gone)).json()
    assert (told["recovered"], told["offset"]) == (False, begun["offset"] + 3)


async def test_2_4_one_connection_is_sent_to_from_any_instance(gateway: Gateway) -> None:
    async with join(gateway.first) as client, join(gateway.second) as other:
        for address in gateway.both:
            message = {"type": "response", "message": "only you", "agent_type": "guide"}
            body = {"connection_id": client.connection_id, "message": message}
            answer = await gateway.post("send", body, address)
            assert answer.json() == {"success": True, "connection_id": client.connection_id}
            assert await client.next() == message
        assert await other.settle() == []
    body = {"connection_id": client.connection_id, "message": {}}

    async def is_gone() -> bool:
        answer = await gateway.post("send", body, gateway.second)
        return answer.status_code == 404 and answer.json()["error"] == "client not found"

    await until(is_gone)


async def test_2_5_the_statistics_are_those_of_all_instances(gateway: Gateway) -> None:
    assert await gateway.stats() == NOBODY
    async with join(gateway.first, "a") as client, join(gateway.second, "a"), join(gateway.second, "b:c"):
        await client.send(said("pillar:content"))
        await client.settle()
        ids = [await gateway.instance_id(address) for address in gateway.both]
        expected = {
            "global": 3,
            "per_user": {"a": 2, "b:c": 1},
            "by_channel": {"guide": 3, "pillar:content": 1},
            "by_gateway": {ids[0]: 1, ids[1]: 2},
        }
        for address in gateway.both:
            assert await gateway.stats(address) == expected
            for path in ("/health/websocket-gateway", "/api/health/websocket-gateway"):

                async def is_told(path: str = path, address: Address = address) -> bool:
                    health = (await gateway.get(path, address)).json()
                    assert health["uptime_seconds"] >= 0
                    return bool((health["status"], health["connections"]) == ("ready", expected))

                await until(is_told)


async def test_2_5_health_names_nobody_outside_test_mode(world: World) -> None:
    one = world.reference(test_mode=False).address
    gateway = Gateway(one, one, "", "")
    async with join(one, "a-token-of-somebody"):

        async def is_counted() -> bool:
            health = await gateway.get("/health/websocket-gateway")
            assert "a-token-of-somebody" not in health.text
            return list(health.json()["connections"]["per_user"].values()) == [1]

        await until(is_counted)


async def test_2_5_counts_are_looked_up_once_a_second(gateway: Gateway) -> None:
    def lookups() -> int:
        with redis_client.Redis.from_url(gateway.redis_url) as caller:
            stats: Any = caller.info("commandstats")
            return int(stats["cmdstat_zrange"]["calls"])

    await gateway.get("/health/websocket-gateway")
    before = lookups()
    for _ in range(10):
        await asyncio.gather(*(gateway.get("/health/websocket-gateway") for _ in range(10)))
    assert lookups() - before < 50


async def test_2_5_a_connection_with_a_slash_in_its_id_is_found(gateway: Gateway) -> None:
    async with join(gateway.first, "a/b") as client:
        answer = await gateway.get(f"/test/websocket-gateway/connection/{client.connection_id}")
        assert answer.json()["connection"]["session_token"] == "a/b"


async def test_2_5_without_redis_activity_is_told_with_the_beat_too(world: World) -> None:
    one = world.reference(**SETTINGS).address
    gateway = Gateway(one, one, "", "")
    async with join(one, "tok") as client:

        async def times() -> tuple[str, str]:
            path = f"/test/websocket-gateway/connection/{client.connection_id}"
            told = (await gateway.get(path)).json()["connection"]
            return told["last_activity"], told["last_heartbeat"]

        before = await times()
        await client.send({"type": "pong"})
        await client.settle()

        async def both_have_moved() -> bool:
            return all(now > then for now, then in zip(await times(), before, strict=True))

        await until(both_have_moved)


async def test_2_5_who_is_connected_is_told_in_test_mode_only(world: World) -> None:
    one = world.reference(test_mode=False).address
    gateway = Gateway(one, one, "", "")
    assert (await gateway.get("/health/websocket-gateway")).status_code == 200
    for path in ("connection-count", "connection/x", "channel/guide/connections"):
        for prefix in ("", "/api"):
            answer = await gateway.get(f"{prefix}/test/websocket-gateway/{path}")
            assert answer.status_code in (404, 405), path


# the limits hold across instances


async def test_a_sixth_connection_of_a_token_is_refused_on_any_instance(gateway: Gateway) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(join(gateway.both[n % 2], "one-token")) for n in range(5)]
        for address in gateway.both:
            assert await refused(address, "one-token") == 4004
        await clients[0].connection.close()

        async def one_has_gone() -> bool:
            return len(gateway.members("user", "one-token")) == 4

        await until(one_has_gone)
        await stack.enter_async_context(join(gateway.second, "one-token"))
