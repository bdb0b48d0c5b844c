"""A collector that speaks OTLP over HTTP, as OpenTelemetry's own does, and keeps what it is told."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integration.waiting import until

PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: str
    error: str
    links: tuple[str, ...]
    attributes: dict[str, Any] = field(hash=False)

    def says(self, **attributes: Any) -> bool:
        """`direction="sent"` is the attribute `websocket.direction`."""
        return all(self.attributes.get(f"websocket.{name}") == value for name, value in attributes.items())


@dataclass(frozen=True)
class Number:
    """Of a histogram `value` is the sum, and `count` how many it was told."""

    unit: str
    kind: str
    value: float
    count: int = 0


class Collector:
    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Span] = []
        self.numbers: dict[tuple[str, str, tuple[tuple[str, Any], ...]], Number] = {}
        """By service, name and attributes: the last that was told."""

    def number(self, service: str, name: str, **attributes: Any) -> Number | None:
        return self.numbers.get((service, name, tuple(sorted(attributes.items()))))

    async def span(self, holds: Callable[[Span], bool]) -> Span:
        """The one span of which this holds, once it is here."""
        await until(lambda: any(map(holds, self.spans)))
        [found] = filter(holds, self.spans)
        return found

    async def traces(self, request: Request) -> Response:
        told = ExportTraceServiceRequest.FromString(await _body(request))
        for resource in told.resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            self.spans += [_span(service, span) for scope in resource.scope_spans for span in scope.spans]
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type=PROTOBUF)

    async def metrics(self, request: Request) -> Response:
        told = ExportMetricsServiceRequest.FromString(await _body(request))
        for resource in told.resource_metrics:
            service = _attributes(resource.resource.attributes)["service.name"]
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                self._take(service, metric)
        return Response(ExportMetricsServiceResponse().SerializeToString(), media_type=PROTOBUF)

    def _take(self, service: str, metric: Any) -> None:
        shape = metric.WhichOneof("data")
        told = getattr(metric, shape)
        kind = {"sum": "counter" if shape == "sum" and told.is_monotonic else "up-down"}.get(shape, shape)
        for point in told.data_points:
            key = (service, metric.name, tuple(sorted(_attributes(point.attributes).items())))
            if shape == "histogram":
                self.numbers[key] = Number(metric.unit, kind, point.sum, point.count)
            else:
                self.numbers[key] = Number(metric.unit, kind, point.as_int or point.as_double)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    routes = [
        Route("/v1/traces", collector.traces, methods=["POST"]),
        Route("/v1/metrics", collector.metrics, methods=["POST"]),
    ]
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        collector.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off")
        running = uvicorn.Server(config)
        serving = asyncio.create_task(running.serve([listening]))
        try:
            await until(lambda: running.started)
            yield collector
        finally:
            running.should_exit = True
            await serving


async def _body(request: Request) -> bytes:
    body = await request.body()
    return gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def _span(service: str, span: Any) -> Span:
    return Span(
        service,
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.status.message if span.status.code == trace_pb2.Status.STATUS_CODE_ERROR else "",
        tuple(link.span_id.hex() for link in span.links),
        _attributes(span.attributes),
    )
