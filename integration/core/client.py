"""A client of the `state` dialect on real sockets, its tokens, and how its figures are taken."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt

from integration.client import Frame, Socket, connect
from syncbed.world import Address

SECRET = "a secret of the core tests, long enough"


def token(user: str = "alice", expires_in_s: float = 3600, secret: str = SECRET, **claims: Any) -> str:
    given = {"sub": user, "exp": time.time() + expires_in_s} | claims
    return jwt.encode(given, secret, "HS256")


class StateSocket(Socket):
    connection_id = ""
    state: Frame

    async def begin(self) -> None:
        welcome = await self.next()
        assert welcome["type"] == "connection_established", welcome
        self.connection_id = welcome["payload"]["connection_id"]
        self.state = await self.next()

    async def answer(self, frame: Frame) -> Frame:
        await self.send(frame)
        answered: Frame = await self.next()
        return answered

    async def ping(self) -> float:
        """Seconds until the pong."""
        began = time.perf_counter()
        assert (await self.answer({"type": "ping"}))["type"] == "pong"
        return time.perf_counter() - began

    async def update(self, update_type: str, data: Any, version: int | None = None) -> Frame:
        payload = {"update_type": update_type, "data": data, "version": version}
        return await self.answer({"type": "state_update", "payload": payload})

    def drop(self) -> None:
        """As when the network goes: no goodbye."""
        self.connection.transport.abort()


@dataclass
class Core:
    address: Address
    caller: httpx.AsyncClient

    @asynccontextmanager
    async def open(self, user: str = "alice", **token_options: Any) -> AsyncIterator[StateSocket]:
        query = f"?token={token(user, **token_options)}"
        async with connect(self.address, "/ws/state", query) as socket:
            client = StateSocket(socket.connection)
            await client.begin()
            yield client

    async def notify(self, user: str, data: Any, *, priority: bool = False) -> str:
        body = {"event": "noted", "data": data, "priority": priority}
        status: str = (await self.caller.post(f"/test/users/{user}/messages", json=body)).json()["status"]
        return status

    async def leftovers(self) -> dict[str, int]:
        found: dict[str, int] = (await self.caller.get("/test/leftovers")).json()
        return found

    async def is_empty(self) -> bool:
        found = await self.leftovers()
        return found["connections"] == found["users"] == found["vitals"] == found["joined"] == 0


@dataclass
class Figures:
    """Latency of each, throughput of all."""

    tell: Callable[[str], None]
    seconds: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def start(self) -> None:
        self.began = time.perf_counter()

    def done(self, what: str, count: int | None = None) -> None:
        took = time.perf_counter() - self.began
        counted = len(self.seconds) if count is None else count
        ordered = sorted(self.seconds)
        middle, last = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        latency = f"p50 {middle * 1000:.2f} ms, p99 {last * 1000:.2f} ms"
        text = f"{counted} {what}: {latency}, {counted / took:.0f}/s"
        print(text)
        self.tell(text)
