"""The gateway as the settings ask for it: its registry, its sessions and its lanes."""

from __future__ import annotations

import time
import uuid

from .brokers.base import Broker
from .brokers.lanes import Lanes
from .brokers.redis import open_pool
from .brokers.relay import Relay
from .clock import Clock, iso_time
from .core.circuit import CircuitRules
from .dialects.base import DialectOptions
from .errors import StartupError
from .registry.base import Registry, RegistryLimits
from .registry.memory import MemoryRegistry
from .registry.presence import Presence
from .registry.redis import RedisRegistry
from .registry.sessions import Sessions
from .service.gateway import Gateway
from .service.notify import Service
from .settings import Settings

BEATS_PER_LEASE = 5
BEATS_TO_LIVE = 3
"""Beats without which an instance is dead: the others look at each of theirs, so within the lease."""


def build_gateway(
    settings: Settings, relay: Relay, broker: Broker, service: Service, options: DialectOptions, clock: Clock
) -> Gateway:
    began_s = clock.now_s()
    beat_s = settings.gateway_lease_s / BEATS_PER_LEASE
    limits = RegistryLimits(
        settings.gateway_user_connections_max,
        settings.gateway_connections_max,
        round(beat_s * BEATS_TO_LIVE * 1000),
        settings.gateway_registry_ttl_s,
    )
    registry: Registry
    sessions = None
    if settings.redis_url is None:
        registry = MemoryRegistry(limits, lambda: time.monotonic() * 1000)
        if settings.gateway_sessions:
            raise StartupError("SYNCBED_GATEWAY_SESSIONS: sessions are in Redis; set SYNCBED_REDIS_URL")
    else:
        pool = open_pool(settings.redis_url, settings.redis_timeout_ms)
        registry = RedisRegistry(pool, settings.redis_prefix, limits)
        if settings.gateway_sessions:
            sessions = Sessions(pool, settings.gateway_session_key)
    rules = CircuitRules(
        settings.gateway_failures_max,
        settings.gateway_open_s,
        settings.gateway_successes_min,
        settings.gateway_queue_max,
    )
    return Gateway(
        broker,
        Lanes(broker, rules, clock, relay.spawn, settings.gateway_queue_bytes_max),
        Presence(registry, f"ws-gateway-{uuid.uuid4().hex[:8]}", beat_s, iso_time),
        service,
        sessions,
        options,
        lambda: clock.now_s() - began_s,
    )
