"""The backend objects of SYNC-012, as thin faces on the core: same names, same calls, no second hub.

backend = WebSocketBroadcastBackend()
app.include_router(backend.get_router())
await backend.broadcast("orders", "created", {"entity_id": "123"})
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.routing import Router, WebSocketRoute
from starlette.websockets import WebSocket

from .app import build_broker, build_instance
from .brokers.base import BrokerUnavailableError
from .core import json_text
from .core.events import SYSTEM_PREFIX, Event
from .core.hub import Hub
from .endpoints.instance import Instance
from .endpoints.websocket import converse
from .settings import Settings

logger = logging.getLogger("syncbed.backends")

PATH = "/ws/broadcast"
EVENTS_WAITING_MAX = 10_000
TURNS = 20
"""Of the event loop: a frame takes three from the transport to the hub."""
LOOK_S_MAX = 5.0

Handler = Callable[[str, Any], Awaitable[None] | None]
T = TypeVar("T")


class WebSocketBroadcastBackend:
    """Broadcasts to the WebSockets of this process; `broadcast` may be called from any event loop."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._instance: Instance = build_instance(settings or Settings(redis_url=None))
        self._loop: asyncio.AbstractEventLoop | None = None

    def get_router(self) -> Any:
        """A router with `/ws/broadcast`: FastAPI's kind where FastAPI is installed, else Starlette's."""
        try:
            from fastapi import APIRouter
        except ImportError:
            return Router([WebSocketRoute(PATH, self._serve)], lifespan=self._lifespan)
        router = APIRouter(lifespan=self._lifespan)
        router.add_websocket_route(PATH, self._serve)
        return router

    async def broadcast(self, channel: str, event_type: str, payload: Any) -> None:
        work = self._instance.broker.publish(channel, event_type, json_text.dumps(payload))
        await self._on_our_loop(work)

    def get_subscriber_count(self, channel: str) -> int:
        return self._look(lambda hub: len(hub.channels.get(channel, ())))

    def get_all_channels(self) -> list[str]:
        return self._look(lambda hub: [name for name in hub.channels if not name.startswith(SYSTEM_PREFIX)])

    def get_total_connections(self) -> int:
        return self._look(lambda hub: len(hub.connections))

    @asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        await self._instance.relay.open()
        try:
            yield
        finally:
            await self._instance.relay.close()
            self._loop = None

    async def _serve(self, websocket: WebSocket) -> None:
        headers = websocket.headers
        if not self._instance.origins.origin_is_welcome(headers.get("origin"), headers.get("host", "")):
            await websocket.close()  # before the accept: 403. The Host is the application's to check
            return
        await converse(websocket, self._instance, "broadcast")

    def _look(self, question: Callable[[Hub], T]) -> T:
        """Ask the hub; from another thread only after everything that the application has received by now.

        Starlette's TestClient runs the application in a thread of its own: a frame that the test has sent
        would otherwise be counted or not as the threads happen to run.
        """
        if self._loop is None or self._loop is _running_loop():
            return question(self._instance.hub)

        async def look() -> T:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            return question(self._instance.hub)

        return asyncio.run_coroutine_threadsafe(look(), self._loop).result(LOOK_S_MAX)

    async def _on_our_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """The hub belongs to the loop of the application; a test may well call from another one."""
        if self._loop is None or self._loop is asyncio.get_running_loop():
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


class RedisBroadcastBackend:
    """Broadcasts through Redis to every process that subscribed to the channel.

    `channel_prefix` keeps the channels of several applications apart on one Redis.
    """

    def __init__(self, redis_url: str, channel_prefix: str) -> None:
        self._broker = build_broker(Settings(redis_url=redis_url, redis_prefix=channel_prefix))
        self._handlers: dict[str, list[Handler]] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENTS_WAITING_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening = asyncio.Lock()
        self._open = False

    async def broadcast(self, channel: str, event_type: str, payload: Any) -> None:
        await self._opened()
        await self._broker.publish(channel, event_type, json_text.dumps(payload))

    async def subscribe(self, channel: str, handler: Handler) -> None:
        """Call `handler(event_type, payload)` for each event from now on; it may be a coroutine function."""
        await self._opened()
        await self._broker.join(channel)
        self._handlers.setdefault(channel, []).append(handler)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._broker.close()

    # a Listener of the broker

    def received(self, event: Event) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            logger.warning("the handlers are too slow: an event of %s is lost", event.channel)

    def connected(self) -> None:
        for channel in self._handlers:
            self._spawn(self._rejoin(channel))

    def disconnected(self, why: str) -> None:
        """Nothing to do: `connected` follows when Redis is back."""

    # private

    async def _opened(self) -> None:
        async with self._opening:
            if not self._open:
                await self._broker.open(self)
                self._spawn(self._hand_over())
                self._open = True

    async def _hand_over(self) -> None:
        """Call the handlers one event after the other: a slow one delays, but never reorders."""
        while True:
            event = await self._events.get()
            for handler in self._handlers.get(event.channel, []):
                try:
                    result = handler(event.name, json_text.loads(event.payload))
                    if inspect.isawaitable(result):
                        await result
                except Exception:
                    logger.exception("a handler of %s failed", event.channel)

    async def _rejoin(self, channel: str) -> None:
        try:
            await self._broker.join(channel)
        except BrokerUnavailableError as error:
            logger.warning("will join %s when Redis is back: %s", channel, error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
