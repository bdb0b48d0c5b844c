"""The service face in a process of its own: it reaches every client through Redis.

async with remote_service("redis://127.0.0.1:6379/0") as service:
    await service.notify_all("deployed", {"version": 7})
    where = await service.request_to_client(client_id, "page.where", None)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .app import build_broker, build_hub, build_relay, new_id
from .clock import Clock, wall_clock_ms
from .dialects.base import DialectOptions
from .service.calls import Calls
from .service.notify import Service
from .settings import Settings
from .telemetry.spans import Spans


@asynccontextmanager
async def remote_service(redis_url: str, redis_prefix: str = "syncbed") -> AsyncIterator[Service]:
    """`redis_prefix` is that of the servers. Nothing is connected before the first call."""
    settings = Settings(redis_url=redis_url, redis_prefix=redis_prefix)
    clock = Clock()
    relay = build_relay(settings, build_hub(settings, Spans()), build_broker(settings), clock)
    options = DialectOptions(settings.channel_chars_max, now_ms=wall_clock_ms(clock))
    try:
        yield Service(relay, options, Calls(relay, clock, new_id))
    finally:
        await relay.close()
