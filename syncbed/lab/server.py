"""The lab's own server: its page and modules, the stream to the page, the links of the tabs.

Owns who may come in: the Host must be this machine's own name, the stream needs the token of this start and
the lab's own Origin, a tab's link its own token (which its driver checks) and the Origin of a profile. It has
a port of its own and speaks on loopback alone. Everything else is its callers' business.
"""

from __future__ import annotations

import asyncio
import secrets
import socket as stdlib_socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from .errors import LabError

BIND_HOST = "127.0.0.1"
LAB_HOST = "lab.localhost"
MESSAGE_BYTES_MAX = 16 * 1024 * 1024  # a tab's report may hold all that it shows
PAGE = Path("lab") / "index.html"

# Panes are other origins by design, on ports that come and go; nothing else may be loaded from anywhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self' http://lab.localhost:*; "
    "frame-src http://*.localhost:* http://localhost:* http://127.0.0.1:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Talk = Callable[[WebSocket], Awaitable[None]]


def host_of(authority: str) -> str:
    """The name in a Host header, without its port."""
    return authority if authority.endswith("]") else authority.rpartition(":")[0] or authority


def is_this_machine(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "[::1]") or host.endswith(".localhost")


class HostGuard:
    """A page that rebinds its own name to this address still sends its own Host: it is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = host_of(Headers(scope=scope).get("host", ""))
        if is_this_machine(host):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http":
            text = f"{host!r} is not this host: open the lab as {LAB_HOST}, localhost or 127.0.0.1\n"
            await PlainTextResponse(text, 421)(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close(1008)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending


class Doors:
    """Who may open a stream or a link."""

    def __init__(self, token: str, profile_ports: Callable[[], set[int]]) -> None:
        self.token = token
        self._profile_ports = profile_ports

    def live(self, socket: WebSocket) -> bool:
        given = socket.query_params.get("token", "")
        return secrets.compare_digest(given.encode(), self.token.encode()) and self._same_origin(socket)

    def link(self, socket: WebSocket) -> bool:
        """Its token is the tab's own, which its driver knows."""
        origin = socket.headers.get("origin")
        if origin is None:  # not a browser
            return True
        try:
            parts = urlsplit(origin)
            port = parts.port or 80
        except ValueError:
            return False
        return is_this_machine(parts.hostname or "") and port in self._profile_ports()

    @staticmethod
    def _same_origin(socket: WebSocket) -> bool:
        origin = socket.headers.get("origin")
        return origin is None or origin == f"http://{socket.headers.get('host', '')}"


def build_app(static: Path, doors: Doors, live: Talk, link: Talk) -> ASGIApp:
    """The lab's server as an ASGI app."""

    async def page(request: Request) -> Response:
        if not (static / PAGE).is_file():
            return PlainTextResponse(f"the lab's page is not there: {PAGE}\n", 404)
        return FileResponse(static / PAGE)

    def behind(allowed: Callable[[WebSocket], bool], talk: Talk) -> Talk:
        async def enter(socket: WebSocket) -> None:
            if allowed(socket):
                await talk(socket)
            else:
                await socket.close(1008)  # before it is accepted: the browser is answered 403

        return enter

    return HostGuard(
        Starlette(
            routes=[
                Route("/", page),
                Mount("/static", StaticFiles(directory=static)),
                WebSocketRoute("/live", behind(doors.live, live)),
                WebSocketRoute("/link", behind(doors.link, link)),
            ]
        )
    )


class LabServer(uvicorn.Server):
    """Serves in the lab's own loop; signals are the command's business."""

    def __init__(self, port: int, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.port = port
        self._serving: asyncio.Task[None] | None = None
        self._raw: stdlib_socket.socket | None = None

    @property
    def url(self) -> str:
        """With the token: whoever has it may do what the lab can do."""
        return f"http://{LAB_HOST}:{self.port}/?token={self.token}"

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: the command that runs the lab has its own."""
        yield

    def listen(self) -> None:
        """Take the port, so that it is known before anything is served. Raises `LabError`."""
        raw = stdlib_socket.socket(stdlib_socket.AF_INET, stdlib_socket.SOCK_STREAM)
        raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEADDR, 1)
        try:
            raw.bind((BIND_HOST, self.port))
        except (OSError, OverflowError) as error:
            raw.close()
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise LabError("port", f"the lab's port {self.port} cannot be opened: {why}") from error
        raw.listen(64)
        self.port = raw.getsockname()[1]
        self._raw = raw

    async def start(self, app: ASGIApp) -> None:
        assert self._raw is not None
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                lifespan="off",
                ws="websockets-sansio",
                ws_max_size=MESSAGE_BYTES_MAX,
                ws_per_message_deflate=False,
            )
        )
        self._serving = asyncio.get_running_loop().create_task(self.serve([self._raw]))

    async def stop(self) -> None:
        if self._serving is None:
            if self._raw is not None:
                self._raw.close()
            return
        self.should_exit = self.force_exit = True
        await self._serving
