"""A client of the gateway on real sockets, and the gateway as tests see it: two instances, HTTP, Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import redis as redis_client

from integration.client import Frame, Socket, connect, http
from syncbed.world import Address


def said(channel: str = "guide", text: str = "hi", intent: str = "chat") -> Frame:
    return {"channel": channel, "intent": intent, "payload": {"message": text, "conversation_id": "c1"}}


class GatewaySocket(Socket):
    """Pings are answered and passed over."""

    connection_id = ""

    async def next(self) -> Any:
        while (frame := await super().next()).get("type") == "ping":
            await self.send({"type": "pong"})
        return frame

    async def settle(self, *, positions_too: bool = False) -> list[Frame]:
        """What came before the answer to a ping of ours."""
        await self.send({"type": "ping"})
        before: list[Frame] = []
        while (frame := await self.next()).get("type") != "pong":
            before.append(frame)
        return before

    async def hears(self, text: str) -> Frame:
        """The next message, which is what another client said."""
        frame: Frame = await self.next()
        assert frame["message"]["payload"]["message"] == text, frame
        return frame

    def drop(self) -> None:
        """As when the network goes: no goodbye."""
        self.connection.transport.abort()


@asynccontextmanager
async def join(
    address: Address, token: str | None = None, path: str = "/ws/gateway", **options: Any
) -> AsyncIterator[GatewaySocket]:
    """Connected and welcomed."""
    query = "" if token is None else f"?session_token={token}"
    async with connect(address, path, query, **options) as socket:
        client = GatewaySocket(socket.connection)
        welcome = await client.next()
        assert welcome["type"] == "system", welcome
        client.connection_id = welcome["connection_id"]
        yield client


async def refused(address: Address, token: str | None = None, **options: Any) -> int:
    """The code that the server closes a newcomer with."""
    query = "" if token is None else f"?session_token={token}"
    async with connect(address, "/ws/gateway", query, **options) as socket:
        return (await socket.closed())[0]


@dataclass
class Gateway:
    """Two instances in front of one Redis."""

    first: Address
    second: Address
    redis_url: str
    prefix: str

    @property
    def both(self) -> tuple[Address, Address]:
        return self.first, self.second

    def registered(self) -> list[str]:
        """What the registry holds."""
        with redis_client.Redis.from_url(self.redis_url, decode_responses=True) as caller:
            return sorted(caller.scan_iter(f"{self.prefix}:{{websocket}}:*"))

    def record(self, connection_id: str) -> dict[str, str]:
        with redis_client.Redis.from_url(self.redis_url, decode_responses=True) as caller:
            found: Any = caller.hgetall(f"{self.prefix}:{{websocket}}:connection:{connection_id}")
            return dict(found)

    def members(self, kind: str, name: str) -> set[str]:
        with redis_client.Redis.from_url(self.redis_url, decode_responses=True) as caller:
            found: Any = caller.smembers(f"{self.prefix}:{{websocket}}:{kind}:{name}:connections")
            return set(found)

    async def is_empty(self) -> bool:
        return self.registered() == []

    async def get(self, path: str, address: Address | None = None) -> httpx.Response:
        async with http(address or self.first) as caller:
            return await caller.get(path)

    async def post(self, what: str, body: Any, address: Address | None = None) -> httpx.Response:
        async with http(address or self.first) as caller:
            return await caller.post(f"/api/post-office/websocket/{what}", json=body)

    async def stats(self, address: Address | None = None) -> Frame:
        answer = (await self.get("/test/websocket-gateway/connection-count", address)).json()
        assert answer["success"] is True
        stats: Frame = answer["stats"]
        return stats

    async def instance_id(self, address: Address) -> str:
        found: str = (await self.get("/health/websocket-gateway", address)).json()["instance_id"]
        return found
