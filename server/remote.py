"""The service face in a process of its own: it reaches every client through Redis.

async with remote_service("redis://127.0.0.1:6379/0") as service:
    await service.notify_all("deployed", {"version": 7})
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .app import build_broker
from .clock import Clock, wall_clock_ms
from .dialects.base import DialectOptions
from .service.notify import Service
from .settings import Settings


@asynccontextmanager
async def remote_service(redis_url: str, redis_prefix: str = "syncbed") -> AsyncIterator[Service]:
    """`redis_prefix` is that of the servers. Nothing is connected before the first call."""
    settings = Settings(redis_url=redis_url, redis_prefix=redis_prefix)
    broker = build_broker(settings)
    try:
        yield Service(broker, DialectOptions(settings.channel_chars_max, wall_clock_ms(Clock())))
    finally:
        await broker.close()
