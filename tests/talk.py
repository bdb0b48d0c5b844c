"""Vectors played against the whole application, without a socket: ASGI messages in, ASGI messages out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from server.app import build_app
from server.settings import Settings
from tests.vectors import Bindings, Vector

TURNS = 40
"""Of the event loop: more than a frame takes from one client to another."""
WAIT_S_MAX = 60.0
ABOUT_NOBODY = {"freeze", "advance_s", "notify", "notify_all", "notify_room"}
"""Steps that no client takes, and that open none."""


class AsgiSocket:
    """One WebSocket of an application, as an ASGI server would drive it."""

    def __init__(
        self, app: Starlette, path: str, query: str = "", headers: dict[str, str] | None = None
    ) -> None:
        given = {"host": "localhost", **(headers or {})}
        self.frames: list[Any] = []
        self._came = asyncio.Event()
        self.close_code: int | None = None
        self.status: int | None = None
        self.subprotocol: str | None = None
        offered = given.get("sec-websocket-protocol", "")
        self._scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": [name.strip() for name in offered.split(",") if name.strip()],
            "scheme": "ws",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
            "extensions": {"websocket.http.response": {}},
            "state": {},
        }
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._in.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(app(self._scope, self._in.get, self._out))

    async def _out(self, message: Any) -> None:
        match message["type"]:
            case "websocket.accept":
                self.subprotocol = message.get("subprotocol")
            case "websocket.send":
                self.frames.append(json.loads(message["text"]))
                self._came.set()
            case "websocket.close":
                self.close_code = message.get("code", 1000)
                self._in.put_nowait({"type": "websocket.disconnect", "code": self.close_code})
            case "websocket.http.response.start":
                self.status = message["status"]

    def send(self, text: str) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": text})

    async def next(self) -> Any:
        async with asyncio.timeout(WAIT_S_MAX):
            while not self.frames:
                self._came.clear()
                await self._came.wait()
        return self.frames.pop(0)

    async def closed(self) -> int | None:
        async with asyncio.timeout(WAIT_S_MAX):
            await self._task
        return self.close_code

    async def end(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(WAIT_S_MAX):
            await self._task


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Talk:
    """Plays the steps of one vector."""

    def __init__(self, app: Starlette, path: str) -> None:
        self.app = app
        self.instance = app.state.instance
        self.path = path
        self.clients: dict[str, AsgiSocket] = {}
        self.bindings = Bindings()

    def open(self, name: str, step: dict[str, Any]) -> AsgiSocket:
        return AsgiSocket(self.app, self.path)

    async def take(self, step: dict[str, Any]) -> None:
        name = step.get("client", "a")
        if name not in self.clients and not step.keys() & ABOUT_NOBODY:
            self.clients[name] = self.open(name, step)
            await turns()
        client = self.clients.get(name)
        if client is None or step.keys() & ABOUT_NOBODY:
            await self.take_alone(step)
            return
        match step:
            case {"send": frame}:
                client.send(json.dumps(self.bindings.fill(frame)))
            case {"text": text}:
                client.send(text)
            case {"receive": frame}:
                self.bindings.match(frame, await client.next())
            case {"silent": True}:
                await turns()
                assert client.frames == []
            case {"closed": code}:
                assert await client.closed() == code
            case {"ends": True}:
                await self.clients.pop(name).end()
            case {"broadcast": event}:
                payload = json.dumps(event["payload"])
                await self.instance.broker.publish(event["channel"], event["event"], payload)
            case {"subscribers": counts}:
                channels = self.instance.hub.channels
                assert {channel: len(channels.get(channel, ())) for channel in counts} == counts
            case _:
                pytest.fail(f"unknown step {step}")

    async def take_alone(self, step: dict[str, Any]) -> None:
        service, clock = self.instance.service, self.instance.clock
        match step:
            case {"notify_all": told}:
                await service.notify_all(told["event"], told["data"])
            case {"notify_room": told}:
                await service.notify_room(told["room"], told["data"])
            case {"notify": told}:
                await service.notify_user(**{"priority": False} | told)
            case {"freeze": True}:
                clock.freeze()
            case {"advance_s": seconds}:
                await clock.advance(seconds * 1000, turns)
            case _:
                pytest.fail(f"unknown step {step}")


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Starlette]:
    app = build_app(Settings(**{"redis_url": None} | settings))
    async with app.router.lifespan_context(app):
        yield app


async def play(vector: Vector, path: str, kind: type[Talk] = Talk, **settings: Any) -> None:
    """The vector, and afterwards nothing may be left of anybody."""
    async with running(**settings | vector.get("settings", {})) as app:
        talk = kind(app, path)
        for step in vector["steps"]:
            await talk.take(step)
        for client in talk.clients.values():
            await client.end()
        await turns()
        assert (app.state.instance.hub.connections, app.state.instance.hub.channels) == ({}, {})
