"""Drains one connection's outbox into its socket, joining what has piled up into one write."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..core.connection import SLOW_CONSUMER, Connection
from .transport import Transport, transport_of

CLOSE_S_MAX = 2.0
"""A peer that does not take the close frame within this time is aborted."""


class Writer:
    """`wake` may be called any number of times; the frames go out once the event loop comes round."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._transport = transport_of(websocket.scope)
        self._loop = asyncio.get_running_loop()
        self._scheduled = False
        self._task: asyncio.Task[None] | None = None

    def wake(self, connection: Connection) -> None:
        if self._scheduled:
            return
        self._scheduled = True
        if self._transport is not None:
            self._transport.on_writable = lambda: self.wake(connection)
            self._loop.call_soon(self._flush, connection, self._transport)
        else:
            self._task = self._loop.create_task(self._send(connection))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _flush(self, connection: Connection, transport: Transport) -> None:
        self._scheduled = False
        if connection.closing == SLOW_CONSUMER:
            connection.outbox.drain()  # there is no room for it: the client resumes from where it is
        elif not transport.writable:
            return  # `on_writable` wakes us
        frames = connection.outbox.drain()
        if frames:
            transport.write(b"".join([frame.wire for frame in frames]))
        if connection.closing is not None and self._task is None:
            self._task = self._loop.create_task(self._close(connection))

    async def _send(self, connection: Connection) -> None:
        """The way without a transport: a frame at a time, as ASGI has it."""
        self._scheduled = False
        try:
            for frame in connection.outbox.drain():
                await self._websocket.send_text(frame.text)
            if connection.closing is not None:
                await self._close(connection)
        except (WebSocketDisconnect, RuntimeError):
            return  # it is gone: the endpoint's receive loop says so

    async def _close(self, connection: Connection) -> None:
        assert connection.closing is not None
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self._websocket.close(connection.closing.code, connection.closing.reason)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()
        except (WebSocketDisconnect, RuntimeError):
            return
