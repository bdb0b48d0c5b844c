"""Fan-out: deliveries per second of server CPU, beside a naive Starlette server in the same run.

`scripts/bench fanout [SUBSCRIBERS] [EVENTS] [ROUNDS]`. Sixteen publishers keep one request each under way.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from syncbed.world import ReferenceProcess

PUBLISHERS = 16
PATIENCE_S = 60
EVENT = {"channel": "orders", "event": "created", "payload": {"entity_id": "123", "text": "x" * 150}}
BODY = json.dumps(EVENT, separators=(",", ":")).encode()
EVENT_BYTES = 4 + len(BODY)  # the frame's head, and the very same text
SUBSCRIBE = b'{"subscribe":["orders"]}'
HANDSHAKE = (
    b"GET /ws/broadcast HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Subscriber(asyncio.Protocol):
    """Counts bytes. All events are equally long, so bytes tell deliveries."""

    def __init__(self) -> None:
        self.ready = asyncio.get_running_loop().create_future()
        self.bytes = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(HANDSHAKE)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self.bytes >= 0:
            self.bytes += len(data)
        elif b"\r\n\r\n" in data:
            self.bytes = 0
            mask = bytes(4)  # masked with zeros, as RFC 6455 allows
            self._transport.write(bytes([0x81, 0x80 | len(SUBSCRIBE)]) + mask + SUBSCRIBE)
            self.ready.set_result(None)


async def publish(port: int, count: int) -> int:
    """Publish one after the other; the number of subscribers that the last one went to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /test/broadcast HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    answer = b"{}"
    for _ in range(count):
        writer.write(head + BODY)
        told = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(re.findall(rb"(?i)content-length: (\d+)", told)[0]))
    writer.close()
    return int(json.loads(answer)["subscriber_count"])


async def measure(port: int, pid: int, subscribers: int, events: int) -> tuple[float, float]:
    """Deliveries per server-CPU-second, and per second on the wall."""
    loop = asyncio.get_running_loop()
    joined = [(await loop.create_connection(Subscriber, "127.0.0.1", port))[1] for _ in range(subscribers)]
    await asyncio.gather(*(subscriber.ready for subscriber in joined))
    due = 0  # until all of them are subscribed
    while (reached := await publish(port, 1)) < subscribers:
        due += reached
    await delivered(joined, due + reached)

    each = events // PUBLISHERS
    began, cpu_began = time.perf_counter(), cpu_s(pid)
    await asyncio.gather(*(publish(port, each) for _ in range(PUBLISHERS)))
    deliveries = subscribers * each * PUBLISHERS
    await delivered(joined, due + reached + deliveries)
    seconds, cpu = time.perf_counter() - began, cpu_s(pid) - cpu_began
    for subscriber in joined:
        subscriber.close()
    return deliveries / cpu, deliveries / seconds


async def delivered(joined: list[Subscriber], deliveries: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while sum(subscriber.bytes for subscriber in joined) < deliveries * EVENT_BYTES:  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def cpu_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def ours() -> Iterator[tuple[int, int]]:
    with ReferenceProcess(lambda line: None, test_mode=True) as reference:
        yield int(reference.url.rsplit(":", 1)[1]), reference.pid


@contextmanager
def naive() -> Iterator[tuple[int, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.naive", str(port)])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def main(subscribers: int = 500, events: int = 480, rounds: int = 3) -> None:
    figures: dict[str, list[tuple[float, float]]] = {"syncbed": [], "naive Starlette": []}
    for _ in range(rounds):
        for name, start in (("syncbed", ours), ("naive Starlette", naive)):
            with start() as (port, pid):
                figures[name].append(uvloop.run(measure(port, pid, subscribers, events)))
    print(f"fan-out to {subscribers} subscribers, {events} events, median of {rounds} interleaved rounds")
    base = statistics.median(cpu for cpu, _ in figures["naive Starlette"])
    for name, rows in figures.items():
        cpu, wall = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"  {name:16} {cpu:12,.0f} per server-CPU-s   x {cpu / base:5.1f}   {wall:12,.0f} per s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
