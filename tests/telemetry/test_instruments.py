"""The table of instruments, and the numbers that both of its readers see."""

from __future__ import annotations

import re
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import generate_latest

from server.core.hub import Hub, HubLimits
from server.telemetry.instruments import INSTRUMENTS
from server.telemetry.metrics import Metrics

GATEWAY = {
    "websocket.connections.active": "up-down",
    "websocket.connections.total": "counter",
    "websocket.messages.sent": "counter",
    "websocket.messages.received": "counter",
    "websocket.errors": "counter",
    "websocket.message.latency_ms": "histogram",
}
GUIDE = {
    "websocket_clients_total",
    "websocket_rooms_total",
    "websocket_messages_per_second",
    "websocket_messages_total",
    "websocket_errors_total",
}


def test_every_name_of_the_two_documents_is_there() -> None:
    assert {each.otel: each.kind for each in INSTRUMENTS.values() if each.otel} == GATEWAY
    assert {each.prometheus for each in INSTRUMENTS.values()} >= GUIDE


def test_both_readers_see_each_number_once_under_their_own_names() -> None:
    reader = InMemoryMetricReader()
    metrics = Metrics(Hub(HubLimits(1, 1)), lambda: 0.0, MeterProvider([reader]))
    metrics.opened()
    for _ in range(3):
        metrics.received(10)
    metrics.sent(5)
    metrics.error("rate_limited")
    metrics.error("rate_limited")
    metrics.carried_out(0.25)
    told = read(reader)
    assert told == {
        ("websocket.connections.active", ""): 0,
        ("websocket.connections.total", ""): 1,
        ("websocket.messages.received", ""): 3,
        ("websocket.messages.sent", ""): 5,
        ("websocket.errors", "rate_limited"): 2,
        ("websocket.message.latency_ms", ""): 250,
    }
    assert read(reader) == told  # reading is not counting
    scraped = dict(re.findall(r"^(\S+) (\S+)$", generate_latest(metrics.registry).decode(), re.MULTILINE))
    assert scraped['websocket_messages_total{direction="received"}'] == "3.0"
    assert scraped['websocket_messages_total{direction="sent"}'] == "5.0"
    assert scraped['websocket_errors_total{error="rate_limited"}'] == "2.0"
    assert scraped["websocket_connections_total"] == "1.0"
    assert scraped["websocket_message_seconds_sum"] == "0.25"


def read(reader: InMemoryMetricReader) -> dict[tuple[str, str], float]:
    """The numbers by name and error; of a histogram its sum."""
    told = reader.get_metrics_data()
    assert told is not None
    return {
        (metric.name, str(dict(point.attributes or {}).get("error", ""))): number_of(point)
        for resource in told.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def number_of(point: Any) -> float:
    number: float = point.sum if hasattr(point, "sum") else point.value
    return number
