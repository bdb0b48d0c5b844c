"""`GET /metrics` for Prometheus, under the names of seed 004's guide."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.hub import Hub
from ..core.meter import Meter

METRICS: dict[str, tuple[str, str]] = {
    "websocket_clients_total": ("gauge", "Connected clients"),
    "websocket_rooms_total": ("gauge", "Rooms that somebody is in"),
    "websocket_messages_per_second": ("gauge", "Messages a second, both ways, over ten seconds"),
    "websocket_messages_total": ("counter", "Messages, by direction"),
    "websocket_errors_total": ("counter", "Errors that clients were told, by error"),
    "websocket_message_seconds": ("histogram", "Seconds to carry out one message of a client"),
    "websocket_message_bytes": ("histogram", "Characters of one message of a client"),
    "websocket_connection_seconds": ("histogram", "How long a connection lasted"),
}
"""Name: kind, help. The guide calls the first two totals; they are gauges."""


class Metrics(Collector):
    """Counts as it goes; what the hub knows is asked for when somebody scrapes."""

    def __init__(self, hub: Hub, now_s: Callable[[], float]) -> None:
        self._hub, self._now_s = hub, now_s
        self._received, self._sent = Meter(), Meter()
        self._errors: Counts[str] = Counts()
        self.registry = CollectorRegistry()
        self._took = self._histogram("websocket_message_seconds")
        self._size = self._histogram(
            "websocket_message_bytes", (64, 256, 1024, 4096, 16_384, 65_536, 262_144)
        )
        self._lasted = self._histogram(
            "websocket_connection_seconds", (1, 10, 60, 300, 1800, 3600, 14_400, 86_400)
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
        yield _gauge("websocket_clients_total", len(self._hub.connections))
        yield _gauge("websocket_rooms_total", self._hub.rooms)
        rate = self._received.per_second(now_s) + self._sent.per_second(now_s)
        yield _gauge("websocket_messages_per_second", rate)
        sums = {"received": self._received.total, "sent": self._sent.total}
        yield _counter("websocket_messages_total", "direction", sums)
        yield _counter("websocket_errors_total", "error", self._errors)

    def _histogram(self, name: str, buckets: Sequence[float] = Histogram.DEFAULT_BUCKETS) -> Histogram:
        return Histogram(name, METRICS[name][1], buckets=buckets, registry=self.registry)


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, METRICS[name][1], value)


def _counter(name: str, label: str, sums: Mapping[str, float]) -> Metric:
    counter = CounterMetricFamily(name, METRICS[name][1], labels=[label])
    for value, count in sums.items():
        counter.add_metric([value], count)
    return counter


def routes(metrics: Metrics) -> list[Route]:
    async def read(request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", read)]
