"""`python -m server`: run one instance, configured by the environment alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn
from pydantic import ValidationError

from .app import build_app
from .endpoints.transport import HttpProtocol, WebSocketProtocol
from .errors import StartupError
from .listen import open_sockets
from .settings import Settings


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to us: uvicorn's own handling would end the process before the broker is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit = self.should_exit  # the second signal does not wait
        self.should_exit = True


async def serve(settings: Settings) -> None:
    app = build_app(settings)
    sockets = open_sockets(settings)
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.frame_bytes_max,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        ws_per_message_deflate=False,  # one frame is shared by all connections: see core/frame.py
        timeout_graceful_shutdown=settings.shutdown_s_max,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    async with app.router.lifespan_context(app):
        _announce(settings, sockets)
        await _Uvicorn(config).serve(sockets)


def _announce(settings: Settings, sockets: list[socket.socket]) -> None:
    """One line on stdout. The sockets listen already, so whoever reads it may connect."""
    port = sockets[0].getsockname()[1]
    host = "localhost" if settings.on_loopback else settings.host
    broker = "memory" if settings.redis_url is None else "redis"
    if settings.port and port != settings.port:
        print(f"syncbed: port {settings.port} is in use, taking {port}", flush=True)
    print(f"syncbed: listening on http://{host}:{port} (broker: {broker})", flush=True)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "SYNCBED_" + "_".join(str(part) for part in first["loc"]).upper()
        print(f"syncbed: error: {name}: {first['msg']}", file=sys.stderr)
        return 2
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve(settings))
    except StartupError as error:
        print(f"syncbed: error: {error}", file=sys.stderr)
        return 2
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
