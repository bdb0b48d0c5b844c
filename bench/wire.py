"""What the wire costs: round trips straight to a server and through the wire, alternating in one run.

Prints median and 99th percentile in ms, for a WebSocket echo and for HTTP (GET, POST), and what the
wire adds at the median. Server, wire and client are three processes. No rule is in force.

    python bench/wire.py [--rounds 10] [--trips 400] [--json]
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

TOP = Path(__file__).resolve().parent.parent
LIMIT_ADDED_MS = 0.5  # what the wire may add to a WebSocket round trip, at the median
PAYLOAD = json.dumps({"channel": "orders", "event": "created", "payload": {"entity_id": "x" * 120}})

Trip = Callable[[], Awaitable[None]]


def serve_echo() -> None:
    """The server behind the wire: uvicorn with an echo, its port on stdout."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route, WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    async def echo(client: WebSocket) -> None:
        await client.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await client.send_text(await client.receive_text())

    async def answer(request: Request) -> Response:
        return JSONResponse({"length": len(await request.body())})

    app = Starlette(routes=[WebSocketRoute("/ws", echo), Route("/api", answer, methods=["GET", "POST"])])

    class Echo(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(json.dumps({"port": self.servers[0].sockets[0].getsockname()[1]}), flush=True)

    config = uvicorn.Config(app, port=0, log_level="warning", ws_ping_interval=None, timeout_keep_alive=60)
    Echo(config).run()


def start(*command: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    """A process that says in its first line, as JSON, where it listens."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{' '.join(command)} ended with {process.wait()} before it listened")
    return process, json.loads(line)


def over_websocket(client: ClientConnection) -> Trip:
    async def trip() -> None:
        await client.send(PAYLOAD)
        await client.recv()

    return trip


def over_http(port: int, method: str) -> Trip:
    """One request on a fresh connection, as every wire answer closes its own."""
    body = PAYLOAD.encode() if method == "POST" else b""
    head = f"{method} /api HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def trip() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200"), answer
        writer.close()

    return trip


async def measure(trip: Trip, trips: int) -> list[float]:
    taken_ms = []
    for _ in range(trips):
        begun = time.perf_counter()
        await trip()
        taken_ms.append((time.perf_counter() - begun) * 1000)
    return taken_ms


def summary(taken_ms: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken_ms, n=100)
    return {"median_ms": statistics.median(taken_ms), "p99_ms": cuts[98], "trips": len(taken_ms)}


async def compare(
    direct_port: int, wire_port: int, rounds: int, trips: int
) -> dict[str, dict[str, dict[str, float]]]:
    async with (
        connect(f"ws://127.0.0.1:{direct_port}/ws", compression=None) as direct,
        connect(f"ws://127.0.0.1:{wire_port}/ws", compression=None) as through,
    ):
        what: dict[str, dict[str, tuple[Trip, int]]] = {
            "WebSocket echo": {
                "direct": (over_websocket(direct), trips),
                "wire": (over_websocket(through), trips),
            }
        }
        for method in ("GET", "POST"):
            what[f"HTTP {method}"] = {
                "direct": (over_http(direct_port, method), trips // 4),
                "wire": (over_http(wire_port, method), trips // 4),
            }
        taken: dict[str, dict[str, list[float]]] = {name: {"direct": [], "wire": []} for name in what}
        for number in range(rounds + 1):
            for name, ways in what.items():
                # The order changes each round, so that neither way always runs on a warmer machine.
                for way in sorted(ways, reverse=number % 2 == 0):
                    found = await measure(*ways[way])
                    if number > 0:  # the first round warms up
                        taken[name][way] += found
    return {name: {way: summary(taken_ms) for way, taken_ms in ways.items()} for name, ways in taken.items()}


def table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    lines = [
        f"{'':<16}{'direct':>18}{'through the wire':>22}{'added':>10}",
        f"{'ms':<16}{'median':>10}{'p99':>8}{'median':>14}{'p99':>8}{'median':>10}",
    ]
    for name, ways in found.items():
        direct, wire = ways["direct"], ways["wire"]
        added = wire["median_ms"] - direct["median_ms"]
        lines.append(
            f"{name:<16}{direct['median_ms']:>10.3f}{direct['p99_ms']:>8.3f}"
            f"{wire['median_ms']:>14.3f}{wire['p99_ms']:>8.3f}{added:>10.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--trips", type=int, default=400, help="WebSocket trips a round; a quarter as many for HTTP"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve-echo", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve_echo:
        serve_echo()
        return
    server, at = start(str(Path(__file__).resolve()), "--serve-echo")
    upstream = f"main=http://127.0.0.1:{at['port']}"
    wire, listening = start(
        "-m", "syncbed.wire", "--upstream", upstream, "--port", "0", "--control-port", "0", "--json"
    )
    try:
        profiles = listening["profiles"]
        assert isinstance(profiles, dict)
        found = asyncio.run(compare(int(str(at["port"])), profiles["alice"], asked.rounds, asked.trips))
    finally:
        for process in (wire, server):
            process.terminate()
            process.wait()
    print(json.dumps(found) if asked.json else table(found))
    websocket = found["WebSocket echo"]
    added_ms = websocket["wire"]["median_ms"] - websocket["direct"]["median_ms"]
    if added_ms >= LIMIT_ADDED_MS:
        raise SystemExit(
            f"the wire adds {added_ms:.3f} ms to a WebSocket round trip, the limit is {LIMIT_ADDED_MS}"
        )


if __name__ == "__main__":
    main()
