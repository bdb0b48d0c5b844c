"""RPC: requests per second and their latency, beside a plain Starlette echo in the same run.

`scripts/bench rpc [SECONDS] [ROUNDS]`. Each client has one request under way: it sends the next when it has
the answer; from server to client it is asked, and its latency is from its answer to the next request. The
echo sends the very same text back, unparsed: what a WebSocket costs at least.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import cast

import uvloop

from bench.fanout import cpu_s, naive
from syncbed.world import ReferenceProcess

Server = Callable[[], AbstractContextManager[tuple[int, int]]]
CLIENTS = (1, 50)
PATIENCE_S = 30
MASK = bytes(4)  # of zeros, as RFC 6455 allows


def frame(type_: str, topic: str, body: object, correlation: str) -> bytes:
    header = {
        "messageID": "m1",
        "correlationID": correlation,
        "type": type_,
        "topic": topic,
        "timestamp": 1234567890123,
        "ttl": 5000,
    }
    text = json.dumps({"header": header, "body": body}, separators=(",", ":")).encode()
    if len(text) < 126:
        return bytes([0x81, 0x80 | len(text)]) + MASK + text
    return bytes([0x81, 0x80 | 126]) + len(text).to_bytes(2, "big") + MASK + text


BODY = {"param": "x" * 60}
ASK = frame("request", "bench.echo", BODY, "C1")
BEGIN = frame("request", "bench.begin", BODY, "C1")


class Client(asyncio.Protocol):
    """Sends `ASK` again with every answer. A frame that comes is an answer, whatever is in it."""

    def __init__(self, path: str) -> None:
        self._handshake = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self.ready = asyncio.get_running_loop().create_future()
        self.seconds: list[float] = []
        self.first: bytes | None = None
        """What came first, for a look at it."""
        self.running = False
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._handshake)

    def ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(ASK)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.ready.done():
            if b"\r\n\r\n" in self._buffer:
                self._buffer = self._buffer.split(b"\r\n\r\n", 1)[1]
                self.ready.set_result(None)
            return
        while len(self._buffer) >= 4:
            size, head = self._buffer[1], 2
            if size == 126:
                size, head = int.from_bytes(self._buffer[2:4], "big"), 4
            if len(self._buffer) < head + size:
                return
            text, self._buffer = self._buffer[head : head + size], self._buffer[head + size :]
            self.answered(text)

    def answered(self, text: bytes) -> None:
        self.first = self.first or text
        self.seconds.append(time.perf_counter() - self._asked)
        if self.running:
            self.ask()


class Asked(Client):
    """Says once that it may be asked, and answers each request."""

    def ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(BEGIN)

    def answered(self, text: bytes) -> None:
        self.first = self.first or text
        self.seconds.append(time.perf_counter() - self._asked)
        correlation = json.loads(text)["header"]["correlationID"]
        self._asked = time.perf_counter()
        self._transport.write(frame("response", correlation, BODY, correlation))


@dataclass(frozen=True)
class Figures:
    per_s: float
    per_cpu_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


async def measure(
    port: int, pid: int, path: str, clients: int, seconds: float, kind: type[Client] = Client
) -> Figures:
    loop = asyncio.get_running_loop()
    joined = [
        (await loop.create_connection(lambda: kind(path), "127.0.0.1", port))[1] for _ in range(clients)
    ]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(client.ready for client in joined))
    for client in joined:  # warm: each once
        client.ask()
    await done(joined, 1)
    for client in joined:  # an error is quickly answered, too
        came = json.loads(client.first or b"{}")
        if came.get("body") != BODY:
            raise SystemExit(f"{path} did not carry the body, but said {came}")
    began, cpu_began = time.perf_counter(), cpu_s(pid)
    for client in joined:
        client.seconds.clear()
        client.running = True
        if kind is Client:  # the other one is being asked already
            client.ask()
    await asyncio.sleep(seconds)
    took, cpu = time.perf_counter() - began, cpu_s(pid) - cpu_began
    for client in joined:
        client.running = False
    latencies = sorted(second * 1000 for client in joined for second in client.seconds)
    for client in joined:
        client.close()
    cuts = statistics.quantiles(latencies, n=100)
    return Figures(len(latencies) / took, len(latencies) / cpu, cuts[49], cuts[94], cuts[98])


async def done(joined: list[Client], count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while any(len(client.seconds) < count for client in joined):  # noqa: ASYNC110
            await asyncio.sleep(0.002)


@contextmanager
def ours() -> Iterator[tuple[int, int]]:
    settings: dict[str, str | int] = {"handlers": '["bench.echo"]', "messages_per_s_max": 1_000_000}
    with ReferenceProcess(lambda line: None, **settings) as reference:
        yield reference.port, reference.pid


def main(seconds: float = 2, rounds: float = 3) -> None:
    rows: dict[str, tuple[Server, str, type[Client]]] = {
        "client to server": (ours, "/ws/mq", Client),
        "server to client": (ours, "/ws/mq", Asked),
        "plain echo": (naive, "/ws/echo", Client),
    }
    figures: dict[tuple[str, int], list[Figures]] = {}
    for _ in range(int(rounds)):
        for name, (start, path, kind) in rows.items():
            with start() as (port, pid):
                for clients in CLIENTS:
                    taken = uvloop.run(measure(port, pid, path, clients, seconds, kind))
                    figures.setdefault((name, clients), []).append(taken)
    print(f"broker: memory; {seconds:g} s each, median of {int(rounds)} interleaved rounds")
    for clients in CLIENTS:
        middle = {name: median(figures[name, clients]) for name in rows}
        print(f"{clients} client{'s' if clients > 1 else ''}, one request under way each")
        for name, row in middle.items():
            print(told(name, row, middle["plain echo"]))


def median(rows: list[Figures]) -> Figures:
    names = Figures.__dataclass_fields__
    return Figures(**{name: statistics.median(getattr(row, name) for row in rows) for name in names})


def told(name: str, row: Figures, base: Figures) -> str:
    return (
        f"  {name:16} {row.per_s:9,.0f} per s  x {row.per_s / base.per_s:4.2f}"
        f"   {row.per_cpu_s:9,.0f} per server-CPU-s  x {row.per_cpu_s / base.per_cpu_s:4.2f}"
        f"   p50 {row.p50_ms:6.2f}  p95 {row.p95_ms:6.2f}  p99 {row.p99_ms:6.2f} ms"
        f"  x {row.p50_ms / base.p50_ms:4.2f} {row.p95_ms / base.p95_ms:4.2f} {row.p99_ms / base.p99_ms:4.2f}"
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
