"""A reference server that tells a collector everything at once."""

from __future__ import annotations

import os
from typing import Any

from integration.telemetry.collector import Collector
from syncbed.world import ReferenceProcess
from syncbed.world.reference import without_settings


def reporting(collector: Collector, service: str, **settings: Any) -> ReferenceProcess:
    """To be entered, or started; `service` is its name with the collector."""
    environ = {
        **without_settings(os.environ),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": service,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_METRIC_EXPORT_INTERVAL": "50",
    }
    return ReferenceProcess(None, environ, test_mode=True, **settings)
