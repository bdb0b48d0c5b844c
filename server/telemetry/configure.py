"""Starts OpenTelemetry's SDK, if it is installed and its own environment variables ask for it.

They are OpenTelemetry's (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, …), and
the SDK reads most of them itself. Here stands only which of them ask for it. Under
`opentelemetry-instrument` there is nothing left to do.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from opentelemetry import metrics, trace

from ..errors import StartupError

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

logger = logging.getLogger("syncbed.telemetry")

Signal = Literal["TRACES", "METRICS"]
EXPORTERS = ("otlp", "console", "prometheus", "none")
"""`prometheus` asks for nothing: there is /metrics in any case."""
PROTOCOL = "http/protobuf"
FLUSH_S_MAX = 3.0

End = Callable[[], None]


def configure(environ: Mapping[str, str]) -> End:
    """Answers what tells the rest and ends it, in `FLUSH_S_MAX` seconds at most."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return _nothing
    traces, numbers = exporters("TRACES", environ), exporters("METRICS", environ)
    if not traces and not numbers:
        return _nothing
    if not _installed():
        logger.warning("OTEL_* asks for telemetry, and its SDK is not installed: pip install 'syncbed[otel]'")
        return _nothing
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return _nothing  # somebody has, before us
    resource = _resource(environ)
    ends: list[End] = []
    if traces:
        ends.append(_trace(traces, resource))
    if numbers:
        ends.append(_measure(numbers, resource))
    return lambda: _end(ends)


def _installed() -> bool:
    try:
        import_module("opentelemetry.sdk")
        import_module("opentelemetry.exporter.otlp.proto.http")
    except ImportError:
        return False
    return True


def exporters(signal: Signal, environ: Mapping[str, str]) -> list[str]:
    """Which are asked for; StartupError for one that there is not."""
    variable = f"OTEL_{signal}_EXPORTER"
    text = environ.get(variable) or ("otlp" if _otlp(signal, "ENDPOINT", environ) else "none")
    asked = [name.strip() for name in text.split(",")]
    for name in asked:
        if name not in EXPORTERS:
            raise StartupError(f"{variable}: there is no exporter {name!r}; there are {', '.join(EXPORTERS)}")
    protocol = _otlp(signal, "PROTOCOL", environ)
    if "otlp" in asked and protocol not in ("", PROTOCOL):
        raise StartupError(f"OTEL_EXPORTER_OTLP_PROTOCOL: {protocol!r} is not spoken here; {PROTOCOL} is")
    return [name for name in asked if name in ("otlp", "console")]


def _otlp(signal: Signal, what: str, environ: Mapping[str, str]) -> str:
    own = environ.get(f"OTEL_EXPORTER_OTLP_{signal}_{what}")
    return own or environ.get(f"OTEL_EXPORTER_OTLP_{what}", "")


def _trace(asked: list[str], resource: Resource) -> End:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for name in asked:
        exporter = OTLPSpanExporter() if name == "otlp" else ConsoleSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _measure(asked: list[str], resource: Resource) -> End:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader

    chosen = [OTLPMetricExporter() if name == "otlp" else ConsoleMetricExporter() for name in asked]
    readers = [PeriodicExportingMetricReader(exporter) for exporter in chosen]
    provider = MeterProvider(readers, resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    return provider.shutdown


def _resource(environ: Mapping[str, str]) -> Resource:
    from opentelemetry.sdk.resources import Resource

    named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    ours = {} if named else {"service.name": "syncbed"}
    return Resource.create({**ours, "service.instance.id": str(uuid.uuid4())})


def _end(ends: list[End]) -> None:
    """Where the collector is gone the SDK would try for long; so in threads, which nobody waits for."""
    threads = [threading.Thread(target=end, daemon=True) for end in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FLUSH_S_MAX)


def _nothing() -> None:
    """Nobody asked for telemetry."""
