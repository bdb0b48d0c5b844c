"""Drains one connection's outbox into its socket, joining what has piled up into one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..core.connection import SLOW_CONSUMER, Close, Connection
from .transport import Transport, transport_of

CLOSE_S_MAX = 2.0
"""A peer that does not take and answer the close frame within this time is aborted."""


class Writer:
    """`wake` may be called any number of times; the frames go out once the event loop comes round."""

    def __init__(self, websocket: WebSocket, sent: Callable[[int], None], write_s_max: float) -> None:
        """A peer that takes nothing for `write_s_max` seconds is aborted; 0: it may take its time."""
        self._websocket = websocket
        self._sent = sent
        self._write_s_max = write_s_max
        self._deadline: asyncio.TimerHandle | None = None
        self._transport = transport_of(websocket.scope)
        self._loop = asyncio.get_running_loop()
        self._scheduled = False
        self._task: asyncio.Task[None] | None = None

    def wake(self, connection: Connection) -> None:
        if self._transport is None:
            self._wake_sender(connection)
        elif not self._scheduled:
            self._scheduled = True
            self._transport.on_writable = lambda: self._writable(connection)
            self._loop.call_soon(self._flush, connection, self._transport)

    def stop(self) -> None:
        self._cancel_deadline()
        if self._task is not None:
            self._task.cancel()

    def _flush(self, connection: Connection, transport: Transport) -> None:
        self._scheduled = False
        if connection.closing == SLOW_CONSUMER:
            connection.outbox.drain()  # there is no room for it: the client resumes from where it is
        elif not transport.writable:
            if self._write_s_max and self._deadline is None:
                self._deadline = self._loop.call_later(self._write_s_max, transport.abort)
            return  # `on_writable` wakes us
        frames = connection.outbox.drain()
        if frames:
            transport.write(b"".join([frame.wire for frame in frames]))
            self._sent(len(frames))
        if connection.closing is not None and self._task is None:
            self._task = self._loop.create_task(self._close(connection.closing))

    def _writable(self, connection: Connection) -> None:
        self._cancel_deadline()
        self.wake(connection)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    async def _close(self, close: Close) -> None:
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self._websocket.close(close.code, close.reason)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()
        except (WebSocketDisconnect, RuntimeError):
            return  # it is gone: the endpoint's receive loop says so
        else:
            if self._transport is not None:
                # A peer that reads has answered by then. For another one the close frame waits behind
                # everything else, and an orderly end would wait for ever with it.
                self._loop.call_later(CLOSE_S_MAX, self._transport.abort)

    # without a transport: a frame at a time, as ASGI has it

    def _wake_sender(self, connection: Connection) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._send(connection))
        elif connection.closing == SLOW_CONSUMER:
            self._task.cancel()  # it waits for a peer that does not read
            self._task = self._loop.create_task(self._close(SLOW_CONSUMER))

    async def _send(self, connection: Connection) -> None:
        """One at a time, until the outbox is empty: two of them would mix up the order."""
        try:
            while frames := connection.outbox.drain():
                self._sent(len(frames))
                for frame in frames:
                    await self._websocket.send_text(frame.text)
        except (WebSocketDisconnect, RuntimeError):
            return  # it is gone: the endpoint's receive loop says so
        if connection.closing is not None:
            await self._close(connection.closing)
