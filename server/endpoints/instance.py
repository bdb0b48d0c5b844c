"""What the endpoints of one server share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from ..brokers.base import Broker
from ..brokers.relay import Relay
from ..clock import Clock
from ..core.connection import Connection
from ..core.hub import Hub
from ..core.outbox import OutboxLimits
from ..dialects.base import Dialect
from ..guard.admission import Admission
from ..guard.client_faults import ClientFaults
from ..guard.origins import OriginRules
from ..guard.tokens import Tokens
from ..service.calls import Calls
from ..service.gateway import Gateway
from ..service.handlers import Handlers
from ..service.notify import Service
from ..settings import Settings
from ..sync.collections import Collections
from ..telemetry.metrics import Metrics
from ..telemetry.spans import Spans
from .drain import Drain
from .vitals import Vitals


@dataclass(frozen=True, slots=True)
class Instance:
    settings: Settings
    hub: Hub
    admission: Admission
    broker: Broker
    relay: Relay
    service: Service
    gateway: Gateway
    calls: Calls
    handlers: Handlers
    metrics: Metrics
    spans: Spans
    drain: Drain
    tokens: Tokens
    clock: Clock
    now_ms: Callable[[], int]
    dialects: dict[str, Dialect]
    origins: OriginRules
    faults: ClientFaults
    collections: Collections
    outbox_limits: OutboxLimits
    new_id: Callable[[], str]
    now_s: Callable[[], float] = time.monotonic
    vitals: dict[Connection, Vitals] = field(default_factory=dict)


def instance_of(connection: HTTPConnection) -> Instance:
    instance = connection.app.state.instance
    assert isinstance(instance, Instance)
    return instance
