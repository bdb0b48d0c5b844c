"""A client on real sockets: a WebSocket that speaks broadcast, and calls over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed

from syncbed.world import Address

ANSWER_S_MAX = 60.0
Frame = dict[str, Any]


class Socket:
    """One WebSocket. Every wait has a deadline."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, frame: Any) -> None:
        await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next(self) -> Any:
        async with asyncio.timeout(ANSWER_S_MAX):
            return json.loads(await self.connection.recv())

    async def events(self, count: int) -> list[Frame]:
        """The next `count` events; what else comes in between is passed over."""
        events: list[Frame] = []
        while len(events) < count:
            frame = await self.next()
            if "event" in frame:
                events.append(frame)
        return events

    async def subscribe(self, *channels: str) -> None:
        """As the original client does; returns when the server has done it, which a pong proves."""
        await self.send({"subscribe": list(channels)})
        await self.settle()

    async def follow(self, channel: str, position: tuple[str, int] | None = None) -> Frame:
        """Subscribe with a position (None: from now on); returns the answer."""
        start = None if position is None else {"epoch": position[0], "offset": position[1]}
        await self.send({"subscribe": [channel], "positions": {channel: start}})
        while True:
            frame: Frame = await self.next()
            if frame.get("type") == "subscribed" and frame["channel"] == channel:
                return frame

    async def settle(self, *, positions_too: bool = False) -> list[Frame]:
        """What came before the answer to a ping that is sent now.

        The regular positions, which come by the clock, only if they are asked for.
        """
        await self.send({"type": "ping"})
        before: list[Frame] = []
        while (frame := await self.next()) != {"type": "pong"}:
            if positions_too or frame.get("type") != "position":
                before.append(frame)
        return before

    async def closed(self) -> tuple[int, str]:
        """Read to the end; its code (1006 if nobody said goodbye) and reason."""
        async with asyncio.timeout(ANSWER_S_MAX):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as end:
                return (1006, "") if end.rcvd is None else (end.rcvd.code, end.rcvd.reason)


@asynccontextmanager
async def connect(
    address: Address, path: str = "/ws/broadcast", query: str = "", **options: Any
) -> AsyncIterator[Socket]:
    url = address.ws_url + path + query
    given = {"ping_interval": None, "proxy": None, "max_size": None, "close_timeout": 1} | options
    async with websocket_connect(url, **given) as connection:
        yield Socket(connection)


@asynccontextmanager
async def http(address: Address, client_id: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    headers = {} if client_id is None else {"Client-Id": client_id}
    async with httpx.AsyncClient(
        base_url=address.url, headers=headers, timeout=ANSWER_S_MAX, trust_env=False, verify=False
    ) as client:
        yield client


async def broadcast(address: Address, channel: str, payload: Any = None, event: str = "noted") -> Frame:
    async with http(address) as client:
        answer = await client.post(
            "/test/broadcast", json={"channel": channel, "event": event, "payload": payload}
        )
        answer.raise_for_status()
        body: Frame = answer.json()
        return body


async def health(address: Address) -> Frame:
    async with http(address) as client:
        body: Frame = (await client.get("/health")).json()
        return body


async def nobody_is_left(address: Address) -> bool:
    return await health(address) == {"status": "ok", "clients": 0, "rooms": 0}
