"""Every metric of the gateway's list, driven by real clients and read by a collector and by Prometheus."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import pytest

from integration.client import Socket, connect, http
from integration.telemetry.collector import Collector, collecting
from integration.telemetry.reporting import reporting
from integration.waiting import until
from server.telemetry.instruments import INSTRUMENTS
from syncbed.world import ReferenceProcess


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as collector:
        yield collector


async def join(client: Socket, room: str) -> None:
    assert (await client.next())["type"] == "connected"
    await client.send({"type": "subscribe", "room": room})
    assert (await client.next())["type"] == "subscribed"


async def becomes(collector: Collector, name: str, value: float, **attributes: str) -> None:
    async def is_so() -> bool:
        found = collector.number("one", name, **attributes)
        return found is not None and found.value == value

    await until(is_so)


async def test_every_metric_is_told_under_its_name_with_its_kind_and_unit(collector: Collector) -> None:
    with reporting(collector, "one") as running:
        async with (
            connect(running.address, "/ws/rooms") as first,
            connect(running.address, "/ws/rooms") as second,
        ):
            await join(first, "chat")
            await join(second, "chat")
            await becomes(collector, "websocket.connections.active", 2)
            await first.send({"type": "publish", "room": "chat", "data": 1})
            assert (await second.next())["data"] == 1
            await first.send({"type": "dance"})
            assert (await first.next())["type"] == "error"
            await becomes(collector, "websocket.messages.received", 4)
            await becomes(collector, "websocket.messages.sent", 6)
            await becomes(collector, "websocket.errors", 1, error="unknown_type")
        await becomes(collector, "websocket.connections.active", 0)
        await becomes(collector, "websocket.connections.total", 2)
        await until(lambda: latency(collector)[0] == 4)
    assert 0 < latency(collector)[1] < 60_000
    told = {name: number for (_, name, _), number in collector.numbers.items()}
    of_ours = {each.otel: each for each in INSTRUMENTS.values() if each.otel}
    assert told.keys() == of_ours.keys()
    assert {name: (each.kind, each.unit) for name, each in told.items()} == {
        name: (each.kind, each.unit) for name, each in of_ours.items()
    }


def latency(collector: Collector) -> tuple[int, float]:
    found = collector.number("one", "websocket.message.latency_ms")
    return (0, 0.0) if found is None else (found.count, found.value)


async def test_prometheus_and_the_collector_are_told_the_same_numbers(collector: Collector) -> None:
    with reporting(collector, "one") as running:
        async with connect(running.address, "/ws/rooms") as client:
            await join(client, "chat")
            for _ in range(3):
                await client.send({"type": "dance"})
                await client.next()
            await becomes(collector, "websocket.errors", 3, error="unknown_type")
            scraped = await scrape(running)
            for name, number in (
                ("websocket.connections.active", "websocket_clients_total"),
                ("websocket.connections.total", "websocket_connections_total"),
                ("websocket.messages.received", 'websocket_messages_total{direction="received"}'),
                ("websocket.messages.sent", 'websocket_messages_total{direction="sent"}'),
            ):
                await becomes(collector, name, scraped[number])
        found = collector.number("one", "websocket.message.latency_ms")
        assert found is not None
        assert found.count == scraped["websocket_message_seconds_count"] == 4
        assert found.value / 1000 == pytest.approx(scraped["websocket_message_seconds_sum"])


async def test_a_collector_that_is_away_costs_its_data_and_nothing_else() -> None:
    nobody = Collector()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with reporting(nobody, "one") as running:
            async with connect(running.address, "/ws/rooms") as client:
                await join(client, "chat")
                assert (await scrape(running))["websocket_clients_total"] == 1
            assert await asyncio.to_thread(running.stop) == 0


async def scrape(running: ReferenceProcess) -> dict[str, float]:
    async with http(running.address) as caller:
        text = (await caller.get("/metrics")).text
    pairs = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in pairs}
