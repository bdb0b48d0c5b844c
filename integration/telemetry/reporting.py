"""A reference server that tells a collector everything at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from integration.telemetry.collector import Collector
from syncbed.world import ReferenceProcess
from syncbed.world.reference import without_settings


@asynccontextmanager
async def reporting(collector: Collector, service: str, **settings: Any) -> AsyncIterator[ReferenceProcess]:
    """`service` is its name with the collector, which can answer while the server begins and ends."""
    environ = {
        **without_settings(os.environ),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": service,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "50",
    }
    process = ReferenceProcess(None, environ, test_mode=True, **settings)
    await asyncio.to_thread(process.start)
    try:
        yield process
    finally:
        if process.running:
            await asyncio.to_thread(process.stop)
