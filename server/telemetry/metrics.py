"""The numbers behind the instruments. Each is kept once; Prometheus and OpenTelemetry both read it there.

What counts up is read when somebody asks, so that counting costs the same whoever listens. Only a histogram
is told each value: ours, and OpenTelemetry's, which does nothing without its SDK.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping

from opentelemetry import metrics as otel
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..core.hub import Hub
from ..core.meter import Meter
from .instruments import INSTRUMENTS, Instrument

SCOPE = "syncbed"

Numbers = Mapping[str, float]
"""By the value of the instrument's label; by nothing if it has none."""


class Metrics(Collector):
    def __init__(
        self, hub: Hub, now_s: Callable[[], float], provider: otel.MeterProvider | None = None
    ) -> None:
        """`provider`: OpenTelemetry's; None: that of the process, which may be set later, or never."""
        self._now_s = now_s
        self._opened = 0
        self._received, self._sent = Meter(), Meter()
        self._errors: Counts[str] = Counts()
        self._reads: dict[str, Callable[[], Numbers]] = {
            "websocket.connections.active": lambda: {"": len(hub.connections)},
            "websocket.connections.total": lambda: {"": self._opened},
            "websocket.messages.received": lambda: {"received": self._received.total},
            "websocket.messages.sent": lambda: {"sent": self._sent.total},
            "websocket.errors": lambda: self._errors,
            "websocket_rooms_total": lambda: {"": hub.rooms},
            "websocket_messages_per_second": lambda: {"": self._per_second()},
        }
        self.registry = CollectorRegistry()
        self._took = self._histogram("websocket.message.latency_ms")
        self._size = self._histogram("websocket_message_bytes")
        self._lasted = self._histogram("websocket_connection_seconds")
        self._latency_ms = self._offer(otel.get_meter(SCOPE, meter_provider=provider))
        self.registry.register(self)

    def opened(self) -> None:
        self._opened += 1

    def received(self, size: int) -> None:
        self._received.add(1, self._now_s())
        self._size.observe(size)

    def carried_out(self, seconds: float) -> None:
        self._took.observe(seconds)
        self._latency_ms.record(seconds * 1000)

    def sent(self, count: int) -> None:
        self._sent.add(count, self._now_s())

    def error(self, name: str) -> None:
        self._errors[name] += 1

    def ended(self, seconds: float) -> None:
        self._lasted.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """For Prometheus; its histograms stand in the registry themselves."""
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for key, read in self._reads.items():
            instrument = INSTRUMENTS[key]
            family = families.get(instrument.prometheus)
            if family is None:
                family = families[instrument.prometheus] = _family(instrument)
            for value, number in read().items():
                family.add_metric([value] if instrument.label else [], number)
        return families.values()

    def _offer(self, meter: otel.Meter) -> otel.Histogram:
        """Let OpenTelemetry read our numbers; its histogram has to be told."""
        for key, read in self._reads.items():
            instrument = INSTRUMENTS[key]
            if instrument.otel:
                create = (
                    meter.create_observable_counter
                    if instrument.kind == "counter"
                    else meter.create_observable_up_down_counter
                )
                create(instrument.otel, [_observer(instrument, read)], instrument.unit, instrument.about)
        latency = INSTRUMENTS["websocket.message.latency_ms"]
        return meter.create_histogram(latency.otel, latency.unit, latency.about)

    def _histogram(self, key: str) -> Histogram:
        instrument = INSTRUMENTS[key]
        return Histogram(
            instrument.prometheus, instrument.about, buckets=instrument.buckets, registry=self.registry
        )

    def _per_second(self) -> float:
        now_s = self._now_s()
        return self._received.per_second(now_s) + self._sent.per_second(now_s)


def _family(instrument: Instrument) -> GaugeMetricFamily | CounterMetricFamily:
    make = CounterMetricFamily if instrument.kind == "counter" else GaugeMetricFamily
    labels = [instrument.label] if instrument.label else []
    return make(instrument.prometheus, instrument.about, labels=labels)


def _observer(
    instrument: Instrument, read: Callable[[], Numbers]
) -> Callable[[otel.CallbackOptions], Iterable[otel.Observation]]:
    """Called in a thread of the SDK's: what it reads is copied at once. The direction is in the name."""
    label = "" if instrument.value else instrument.label

    def observe(options: otel.CallbackOptions) -> Iterable[otel.Observation]:
        numbers = dict(read())
        return [otel.Observation(number, {label: of} if label else {}) for of, number in numbers.items()]

    return observe
