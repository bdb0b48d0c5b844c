"""`GET /metrics` for Prometheus, under the names of seed 004's guide."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.hub import Hub
from ..core.meter import Meter

NAMES = (
    "websocket_clients_total",
    "websocket_rooms_total",
    "websocket_messages_per_second",
    "websocket_messages_total",
    "websocket_errors_total",
    "websocket_message_seconds",
    "websocket_message_bytes",
    "websocket_connection_seconds",
)


class Metrics(Collector):
    """Counts as it goes; what the hub knows is asked for when somebody scrapes."""

    def __init__(self, hub: Hub, now_s: Callable[[], float]) -> None:
        self._hub, self._now_s = hub, now_s
        self._received, self._sent = Meter(), Meter()
        self._errors: Counts[str] = Counts()
        self.registry = CollectorRegistry()
        self._took = Histogram(
            "websocket_message_seconds", "Carrying out one message of a client", registry=self.registry
        )
        self._size = Histogram(
            "websocket_message_bytes",
            "Characters of one message of a client",
            buckets=(64, 256, 1024, 4096, 16_384, 65_536, 262_144),
            registry=self.registry,
        )
        self._lasted = Histogram(
            "websocket_connection_seconds",
            "How long a connection lasted",
            buckets=(1, 10, 60, 300, 1800, 3600, 14_400, 86_400),
            registry=self.registry,
        )
        self.registry.register(self)

    def received(self, size: int) -> None:
        self._received.add(1, self._now_s())
        self._size.observe(size)

    def carried_out(self, seconds: float) -> None:
        self._took.observe(seconds)

    def sent(self, count: int) -> None:
        self._sent.add(count, self._now_s())

    def error(self, name: str) -> None:
        self._errors[name] += 1

    def ended(self, seconds: float) -> None:
        self._lasted.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        now_s = self._now_s()
        # The guide calls them totals; they are gauges.
        yield GaugeMetricFamily("websocket_clients_total", "Connected clients", len(self._hub.connections))
        yield GaugeMetricFamily("websocket_rooms_total", "Rooms that somebody is in", self._hub.rooms)
        rate = self._received.per_second(now_s) + self._sent.per_second(now_s)
        yield GaugeMetricFamily("websocket_messages_per_second", "Both ways, over ten seconds", rate)
        messages = CounterMetricFamily("websocket_messages", "Messages", labels=["direction"])
        messages.add_metric(["received"], self._received.total)
        messages.add_metric(["sent"], self._sent.total)
        yield messages
        errors = CounterMetricFamily("websocket_errors", "Errors that clients were told", labels=["error"])
        for name, count in self._errors.items():
            errors.add_metric([name], count)
        yield errors


def routes(metrics: Metrics) -> list[Route]:
    async def read(request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", read)]
