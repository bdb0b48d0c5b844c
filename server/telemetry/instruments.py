"""Every instrument, with both of its names: seed 004's for Prometheus, seed 002's for OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "up-down", "counter", "histogram"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """`prometheus` or `otel` is empty where one of the two has no such instrument."""

    otel: str
    prometheus: str
    kind: Kind
    unit: str
    about: str
    label: str = ""
    """What its numbers are told apart by: a label and an attribute."""
    value: str = ""
    """The one value of the label that this is; two instruments of OpenTelemetry may be one metric."""
    buckets: tuple[float, ...] = ()

    @property
    def key(self) -> str:
        return self.otel or self.prometheus


_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

INSTRUMENTS: dict[str, Instrument] = {
    each.key: each
    for each in (
        Instrument(
            "websocket.connections.active",
            "websocket_clients_total",
            "up-down",
            "{connection}",
            "Connected clients",
        ),
        Instrument(
            "websocket.connections.total",
            "websocket_connections_total",
            "counter",
            "{connection}",
            "Connections accepted so far",
        ),
        Instrument(
            "websocket.messages.received",
            "websocket_messages_total",
            "counter",
            "{message}",
            "Messages, by direction",
            "direction",
            "received",
        ),
        Instrument(
            "websocket.messages.sent",
            "websocket_messages_total",
            "counter",
            "{message}",
            "Messages, by direction",
            "direction",
            "sent",
        ),
        Instrument(
            "websocket.errors",
            "websocket_errors_total",
            "counter",
            "{error}",
            "Errors that clients were told, by error",
            "error",
        ),
        Instrument(
            "websocket.message.latency_ms",
            "websocket_message_seconds",
            "histogram",
            "ms",
            "How long it took to carry out one message of a client",
            buckets=_SECONDS,
        ),
        Instrument("", "websocket_rooms_total", "gauge", "{room}", "Rooms that somebody is in"),
        Instrument(
            "",
            "websocket_messages_per_second",
            "gauge",
            "{message}/s",
            "Messages a second, both ways, over ten seconds",
        ),
        Instrument(
            "",
            "websocket_message_bytes",
            "histogram",
            "{character}",
            "Characters of one message of a client",
            buckets=(64, 256, 1024, 4096, 16_384, 65_536, 262_144),
        ),
        Instrument(
            "",
            "websocket_connection_seconds",
            "histogram",
            "s",
            "How long a connection lasted",
            buckets=(1, 10, 60, 300, 1800, 3600, 14_400, 86_400),
        ),
    )
}
"""By key. The guide calls clients and rooms totals; they go up and down. Prometheus has times in seconds."""
