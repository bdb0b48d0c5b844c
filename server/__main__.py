"""`python -m server`: run one instance, configured by the environment (server/configuration.py).

`python -m server --explain [--json]` prints every setting and where it came from, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

import uvicorn

from .app import build_app
from .configuration import explain, read_configuration
from .consul import registration
from .endpoints.transport import HttpProtocol, WebSocketProtocol
from .errors import StartupError
from .listen import open_sockets
from .settings import Settings
from .telemetry.configure import configure

GC_ALLOCATIONS = 20_000
"""Between two collections. Python's own 700 are a tenth of a fan-out's time, spent on live sockets."""


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to us: uvicorn's own handling would end the process before the broker is closed."""

    leave: Callable[[], Awaitable[None]]
    drain: Callable[[], Awaitable[None]]

    def obey_signals(self) -> None:
        """To be called before anybody is told that we listen: who was told may ask us to end at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.leave()
        for server in self.servers:  # nobody connects any more
            server.close()
        await self.drain()
        await super().shutdown(sockets)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit  # the second signal does not wait
        self.should_exit = True


async def serve(settings: Settings) -> None:
    app = build_app(settings)
    sockets = open_sockets(settings)
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=max(settings.frame_bytes_max, settings.mq_frame_bytes_max),
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        ws_per_message_deflate=False,  # one frame is shared by all connections: see core/frame.py
        timeout_keep_alive=settings.http_idle_s_max,
        timeout_graceful_shutdown=settings.shutdown_s_max,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    async with app.router.lifespan_context(app):
        running = _Uvicorn(config)
        running.drain = lambda: app.state.instance.drain.run(settings.shutdown_s_max)
        running.obey_signals()
        entry = registration(settings, sockets[0].getsockname()[1])
        running.leave = entry.end if entry is not None else _nothing
        _announce(settings, sockets)
        if entry is not None:
            entry.start()
        gc.freeze()
        gc.set_threshold(GC_ALLOCATIONS, 20, 50)
        await running.serve(sockets)


async def _nothing() -> None:
    """There is nothing to leave."""


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
        configuration = read_configuration(os.environ)
        if "--explain" in sys.argv[1:]:
            print(explain(configuration, as_json="--json" in sys.argv[1:]))
            return 0
        end_telemetry = configure(os.environ)
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(serve(configuration.settings))
        finally:
            end_telemetry()
    except StartupError as error:
        print(f"syncbed: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # while it was starting
        return 128 + signal.SIGINT
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
