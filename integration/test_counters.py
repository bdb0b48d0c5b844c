"""What a test bed asks a server while it holds the network: /test/counters and /test/clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from syncbed.world import World

pytestmark = pytest.mark.own_stack


@pytest.fixture(params=["memory", "redis"])
async def http(request: pytest.FixtureRequest, world: World) -> AsyncIterator[httpx.AsyncClient]:
    url = None if request.param == "memory" else request.getfixturevalue("redis_url")
    async with httpx.AsyncClient(base_url=world.reference(redis_url=url).url) as client:
        yield client


async def counters(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/test/counters")).json()
    return found


async def clock(http: httpx.AsyncClient, **asked: object) -> dict[str, Any]:
    answer = await http.post("/test/clock", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def idle(http: httpx.AsyncClient) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (found := await counters(http))["busy"] or found["unheard"]:
            pass
    return found


def websocket(http: httpx.AsyncClient, **options: Any) -> connect:
    return connect(f"{str(http.base_url).replace('http', 'ws', 1)}/ws/broadcast", **options)


async def test_what_a_socket_sends_and_gets_is_counted_and_forgotten_with_it(http: httpx.AsyncClient) -> None:
    async with websocket(http) as socket:
        await socket.send('{"subscribe": ["a", "b"], "positions": {}}')
        for _ in range(2):
            assert json.loads(await socket.recv())["type"] == "subscribed"
        found = await idle(http)
        assert (found["sockets"], found["received"], found["sent"]) == (1, 1, 2)
        for number in range(3):
            await http.post("/api/a", json={"title": str(number)})
        for _ in range(3):
            await socket.recv()
        found = await idle(http)
        assert (found["received"], found["sent"], found["requests"]) == (1, 5, 0)
    async with asyncio.timeout(60):
        while (await counters(http))["sockets"]:
            pass
    found = await idle(http)
    assert (found["received"], found["sent"]) == (0, 0)


async def test_a_frozen_clock_checks_no_position_until_it_is_advanced(http: httpx.AsyncClient) -> None:
    assert (await clock(http, frozen=True))["timers"] == [{"name": "position check #1", "in_ms": 5000}]
    async with websocket(http) as socket:
        await socket.send('{"subscribe": ["a"], "positions": {}}')
        await socket.recv()
        assert (await clock(http, advance_ms=4999))["ended"] == []
        assert (await counters(http))["sent"] == 1
        assert (await clock(http, advance_ms=1))["ended"] == ["position check #1"]
        assert json.loads(await socket.recv())["type"] == "position"
        timers = (await clock(http))["timers"]
        assert timers == [{"name": "position check #2", "in_ms": 5000}]


async def test_a_delayed_request_sleeps_and_does_not_count_as_busy(http: httpx.AsyncClient) -> None:
    await clock(http, frozen=True)
    await http.put("/test/clients/alice/faults", json={"delay_ms": 2000})
    asked = asyncio.create_task(http.get("/api/a", headers={"Client-Id": "alice"}))
    async with asyncio.timeout(60):
        while not (found := await counters(http))["requests"]:
            pass
    assert (found["busy"], found["sleeping"]) == (0, 2)
    assert (await clock(http, advance_ms=2000))["ended"] == ["delay of alice #1"]
    assert (await asked).status_code == 200


async def test_a_flowing_clock_cannot_be_advanced(http: httpx.AsyncClient) -> None:
    answer = await http.post("/test/clock", json={"advance_ms": 5})
    assert answer.status_code == 422
    assert "freeze it" in answer.json()["error"]["message"]
    await clock(http, frozen=True)
    assert (await clock(http, frozen=False))["frozen"] is False


async def test_outside_test_mode_there_is_neither(world: World) -> None:
    async with httpx.AsyncClient(base_url=world.reference(test_mode=False).url) as client:
        assert (await client.get("/test/counters")).status_code == 404
        assert (await client.get("/test/clock")).status_code == 404
