"""What ASGI does not offer: several frames in one write, and an end without a goodbye.

Both uvicorn protocols put a `Transport` into their scopes. Under another ASGI server there is none, and the
endpoints fall back to what ASGI has (SPEED.md measures the difference; `docs/architecture.md` says why).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "syncbed.transport"
ABORT_AFTER_S = 2.0


class Transport:
    """The TCP connection below one WebSocket or HTTP request."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.writable = True
        self.on_writable: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        """Whole WebSocket frames only, and only between the accept and the close."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def abort(self) -> None:
        """End the connection with a reset: the other side sees it break, as if the network had."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self._transport.is_closing():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def transport_of(scope: Scope) -> Transport | None:
    transport = scope.get("extensions", {}).get(EXTENSION)
    return transport if isinstance(transport, Transport) else None


class WebSocketProtocol(WebSocketsSansIOProtocol):
    raw: Transport | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)  # it only schedules the application, so the scope may still change
        if hasattr(self, "scope"):
            self.raw = Transport(self.transport)
            self.scope["extensions"] = {**(self.scope["extensions"] or {}), EXTENSION: self.raw}  # type: ignore[dict-item]

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # It ends the connection once everything is written, and a peer that has stopped reading never
        # lets that happen.
        self.loop.call_later(ABORT_AFTER_S, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.raw is not None:
            self.raw.writable = False

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.raw is not None:
            self.raw.writable = True
            self.raw.on_writable()


class HttpProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {EXTENSION: Transport(self.transport)}
        self.scope["extensions"] = extensions
