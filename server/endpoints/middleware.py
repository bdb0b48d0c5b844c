"""What happens before any endpoint: whose request is this, and has a test asked for something odd?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from opentelemetry import context
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..clock import Clock
from ..core.connection import Close
from ..errors import HOST_REFUSED, ORIGIN_REFUSED, SyncbedError
from ..guard.client_faults import NO_FAULTS, ClientFaults
from ..guard.origins import OriginRules
from ..telemetry.spans import going_on
from .answers import JsonAnswer
from .transport import Transport, transport_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class OriginGuard:
    """403 for a strange Host, and for a WebSocket or a write from a strange page."""

    def __init__(
        self, app: ASGIApp, rules: OriginRules, closes: Mapping[str, Close], count: Callable[[str], None]
    ) -> None:
        """`closes`: paths of WebSockets whose clients want to be told of a strange page by a close code.
        `count` hears of each such close.
        """
        self._app = app
        self._rules = rules
        self._closes = closes
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            error = self._error(scope)
            if error is not None:
                close = self._closes.get(scope["path"]) if scope["type"] == "websocket" else None
                if close is not None and error.kind is ORIGIN_REFUSED:
                    self._count(close.error)
                    await _accept_and_close(close, receive, send)
                    return
                await JsonAnswer({"error": error.body()}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _error(self, scope: Scope) -> SyncbedError | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._rules.host_is_ours(host):
            return SyncbedError(
                HOST_REFUSED, f"this server does not answer to {host!r}: see SYNCBED_ALLOWED_HOSTS"
            )
        writes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if writes and not self._rules.origin_is_welcome(origin, host):
            return SyncbedError(
                ORIGIN_REFUSED, f"origin {origin!r} is not welcome: see SYNCBED_ALLOWED_ORIGINS"
            )
        return None


class TraceContext:
    """What a request says of its trace (W3C) goes on in what it publishes, and a connection's span in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", ())
        if not any(name == b"traceparent" for name, _ in headers):
            await self._app(scope, receive, send)
            return
        token = context.attach(going_on(Headers(scope=scope)))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)


class FaultInjection:
    """Test mode: delays a client's requests, or aborts them. `/test/*` itself is never touched."""

    def __init__(self, app: ASGIApp, faults: ClientFaults, clock: Clock) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client_id = _client_id(scope)
        transport = transport_of(scope)
        if client_id is None or transport is None or scope["path"].startswith("/test/"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            if self._faults.of(client_id).offline:
                await _abort(transport, receive, "websocket.disconnect")
            else:
                await self._app(scope, receive, send)
            return
        self._faults.opened(client_id, transport.abort)
        try:
            await self._request(client_id, transport, scope, receive, send)
        finally:
            self._faults.closed(client_id, transport.abort)

    async def _request(
        self, client_id: str, transport: Transport, scope: Scope, receive: Receive, send: Send
    ) -> None:
        faults = self._faults.of(client_id)
        if faults.delay_ms:
            await self._clock.sleep(faults.delay_ms / 1000, f"delay of {client_id}")
        if self._faults.of(client_id).offline:
            await _abort(transport, receive, "http.disconnect")
            return

        async def send_and_close(message: Message) -> None:
            # Chromium sends a request again, a POST too, when a connection that it has used before dies
            # without an answer: what a faulted client was answered on is not used again.
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, send if faults == NO_FAULTS else send_and_close)


async def _accept_and_close(close: Close, receive: Receive, send: Send) -> None:
    """A browser tells a page the code of a connection that was open, and nothing of one that was not."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": close.code, "reason": close.reason})


async def _abort(transport: Transport, receive: Receive, last: str) -> None:
    """Abort, and wait for the last message: uvicorn would take an earlier return for a mistake of ours."""
    transport.abort()
    while (await receive())["type"] != last:
        pass


def _client_id(scope: Scope) -> str | None:
    if scope["type"] == "http":
        return Headers(scope=scope).get("client-id")
    if scope["type"] == "websocket":
        named = parse_qs(scope["query_string"].decode("latin-1")).get("client_id")
        return named[0] if named else None
    return None
