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


ROWS = {
    "websocket.connections.active": ("up-down", "{connection}"),
    "websocket.connections.total": ("counter", "{connection}"),
    "websocket.messages.sent": ("counter", "{message}"),
    "websocket.messages.received": ("counter", "{message}"),
    "websocket.errors": ("counter", "{error}"),
    "websocket.message.latency_ms": ("histogram", "ms"),
}
"""What seed 002 names, with kind and unit."""


async def test_every_metric_is_told_under_its_name_with_its_kind_and_unit(collector: Collector) -> None:
    async with reporting(collector, "one") as running:
        async with (
            connect(running.address, "/ws/gateway") as first,
            connect(running.address, "/ws/gateway") as second,
        ):
            for client in (first, second):
                assert (await client.next())["type"] == "system"
            await becomes(collector, "websocket.connections.active", 2)
            await first.send({"channel": "guide", "intent": "chat", "payload": {"message": "hi"}})
            assert (await second.next())["channel"] == "guide"
            await first.send("not json")
            assert (await first.next())["type"] == "error"
            await becomes(collector, "websocket.messages.received", 2)
            await becomes(collector, "websocket.messages.sent", 4)
            await becomes(collector, "websocket.errors", 1, error="invalid_json")
        await becomes(collector, "websocket.connections.active", 0)
        await becomes(collector, "websocket.connections.total", 2)
        await until(lambda: latency(collector)[0] == 2)
    assert 0 < latency(collector)[1] < 60_000
    told = {name: (number.kind, number.unit) for (_, name, _), number in collector.numbers.items()}
    assert told == ROWS


def latency(collector: Collector) -> tuple[int, float]:
    found = collector.number("one", "websocket.message.latency_ms")
    return (0, 0.0) if found is None else (found.count, found.value)


async def test_prometheus_and_the_collector_are_told_the_same_numbers(collector: Collector) -> None:
    async with reporting(collector, "one") as running:
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
        async with reporting(nobody, "one") as running:
            async with connect(running.address, "/ws/rooms") as client:
                await join(client, "chat")
                assert (await scrape(running))["websocket_clients_total"] == 1
            assert await asyncio.to_thread(running.stop) == 0


async def scrape(running: ReferenceProcess) -> dict[str, float]:
    async with http(running.address) as caller:
        text = (await caller.get("/metrics")).text
    pairs = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in pairs}
