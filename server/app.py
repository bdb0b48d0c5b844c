"""The one composition root: settings in, application out."""

from __future__ import annotations

import itertools
import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from .brokers.base import Broker, BrokerLimits
from .brokers.memory import MemoryBroker
from .brokers.redis import RedisBroker
from .brokers.relay import Relay, RelayLimits
from .clock import Clock, HeldClock, iso_time, wall_clock_ms
from .core.hub import Hub, HubLimits
from .core.offline_queue import QueueLimits
from .core.outbox import OutboxLimits
from .dialects.base import DialectOptions
from .dialects.registry import DIALECTS
from .endpoints import collections, control, errors, gateway, health, held, metrics, pages, people, websocket
from .endpoints.counting import Activity, Counting
from .endpoints.doors import Door
from .endpoints.drain import Drain
from .endpoints.instance import Instance
from .endpoints.middleware import FaultInjection, OriginGuard, TraceContext
from .gateway import build_gateway
from .guard.admission import Admission
from .guard.client_faults import ClientFaults
from .guard.origins import OriginRules
from .guard.tokens import Tokens
from .service.calls import Calls
from .service.gateway import REFUSED_ORIGIN
from .service.handlers import HANDLERS, Handlers, import_handlers
from .service.notify import Service
from .service.rehearsal import with_rehearsal
from .settings import Settings
from .sync.collections import Collections
from .telemetry.metrics import Metrics
from .telemetry.spans import Spans

SECURE = "/ws/secure"


def build_app(settings: Settings, handlers: Handlers = HANDLERS) -> Starlette:
    """`handlers` are the application's; those of the modules in `settings.handlers` register themselves."""
    import_handlers(settings.handlers)
    clock = HeldClock() if settings.test_mode else Clock()
    instance = build_instance(settings, clock, handlers)
    activity = Activity(clock) if isinstance(clock, HeldClock) else None

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await instance.relay.open()
        instance.gateway.start()
        try:
            yield
        finally:
            await instance.gateway.stop(settings.gateway_last_try_s)
            await instance.relay.close()

    closes = {
        path: REFUSED_ORIGIN for path, dialect in websocket_paths(settings).items() if dialect == "gateway"
    }
    middleware = [
        Middleware(OriginGuard, rules=instance.origins, closes=closes, count=instance.metrics.error),
        Middleware(TraceContext),
    ]
    if activity is not None:
        middleware.insert(0, Middleware(Counting, activity=activity))
        middleware.append(Middleware(FaultInjection, faults=instance.faults, clock=clock))
    app = Starlette(
        routes=build_routes(settings, instance, activity),
        middleware=middleware,
        exception_handlers=errors.HANDLERS,
        lifespan=lifespan,
    )
    app.state.instance = instance
    return app


def websocket_paths(settings: Settings) -> dict[str, str]:
    """Each with the dialect that is spoken there."""
    if not settings.ws_enabled:
        return {}
    return {"/ws": settings.ws_dialect} | {f"/ws/{name}": name for name in DIALECTS} | {SECURE: "state"}


def build_routes(settings: Settings, instance: Instance, activity: Activity | None) -> list[BaseRoute]:
    """`activity` is there in test mode only."""
    routes: list[BaseRoute] = []
    for path, dialect in websocket_paths(settings).items():
        door: Door = "secure" if path == SECURE else "state"
        routes.append(WebSocketRoute(path, websocket.endpoint(dialect, door)))
        routes.append(Route(path, websocket.upgrade_required))
    routes += health.ROUTES + metrics.routes(instance.metrics)
    routes += gateway.ROUTES + list(collections.ROUTES)
    if activity is not None:
        routes += gateway.TEST_ROUTES + control.ROUTES + people.ROUTES + held.routes(activity)
    return routes + pages.routes(settings.static_dir)


def build_instance(settings: Settings, clock: Clock | None = None, handlers: Handlers = HANDLERS) -> Instance:
    clock = clock or Clock()
    spans = Spans()
    broker, hub = build_broker(settings), build_hub(settings, spans)
    relay = build_relay(settings, hub, broker, clock)
    calls = Calls(relay, clock, new_id)
    if settings.test_mode:
        handlers = with_rehearsal(handlers, clock)
    faults = ClientFaults(settings.client_faults_max)
    now_ms = wall_clock_ms(clock)
    dialect_options = DialectOptions(
        settings.channel_chars_max,
        frame_ids(),
        now_ms,
        lambda: iso_time(now_ms()),
        handlers.types,
        settings.state_text_chars_max,
        {
            "max_message_chars": settings.state_text_chars_max,
            "max_messages_per_minute": settings.state_messages_per_min_max,
            "max_connections_per_user": settings.user_connections_max,
            "heartbeat_interval_s": settings.heartbeat_s,
        },
    )
    admission = Admission(
        hub, settings.connections_max, settings.user_connections_max, settings.user_over_limit
    )
    service = Service(relay, dialect_options, calls)
    consul_names = set() if settings.consul_address is None else {settings.consul_address.lower()}
    return Instance(
        settings=settings,
        hub=hub,
        admission=admission,
        service=service,
        gateway=build_gateway(settings, relay, broker, service, dialect_options, clock),
        calls=calls,
        handlers=handlers,
        metrics=Metrics(hub, clock.now_s),
        spans=spans,
        drain=Drain(hub, admission),
        tokens=build_tokens(settings),
        clock=clock,
        now_ms=now_ms,
        broker=broker,
        relay=relay,
        dialects={name: dialect(dialect_options) for name, dialect in DIALECTS.items()},
        origins=OriginRules(
            frozenset(settings.allowed_origins),
            frozenset(settings.allowed_hosts) | consul_names,
            test_mode=settings.test_mode,
        ),
        faults=faults,
        collections=Collections(broker, new_id, faults, strict=settings.strict),
        outbox_limits=OutboxLimits(
            settings.outbox_frames_max, settings.outbox_bytes_max, settings.slow_consumer
        ),
        now_s=clock.now_s,
        new_id=new_id,
    )


def build_hub(settings: Settings, spans: Spans) -> Hub:
    return Hub(
        HubLimits(
            settings.channels_per_connection_max,
            settings.history_events_max,
            settings.members_per_channel_max,
        ),
        spans.delivering,
    )


def build_relay(settings: Settings, hub: Hub, broker: Broker, clock: Clock) -> Relay:
    limits = RelayLimits(
        settings.position_check_ms, settings.resume_events_max, settings.outbox_bytes_max // 2
    )
    return Relay(hub, broker, limits, clock)


def build_tokens(settings: Settings) -> Tokens:
    if settings.token_secret is not None:
        return Tokens(settings.token_secret.get_secret_value())
    return Tokens(secrets.token_hex(32) if settings.test_mode else None)


def build_broker(settings: Settings) -> Broker:
    limits = BrokerLimits(
        settings.history_events_max,
        settings.mutations_remembered_max,
        settings.mutations_remembered_s,
        settings.item_bytes_max,
        QueueLimits(settings.queue_messages_max, settings.queue_age_s_max * 1000),
    )
    if settings.redis_url is None:
        return MemoryBroker(limits, _random_epoch())
    return RedisBroker(
        settings.redis_url, settings.redis_prefix, limits, settings.redis_timeout_ms, _random_epoch
    )


def new_id() -> str:
    return str(uuid.uuid4())


def frame_ids() -> Callable[[], str]:
    """Ids that no other process makes either; one for each frame, so they are counted and not drawn."""
    prefix, numbers = uuid.uuid4().hex[:12], itertools.count(1)
    return lambda: f"{prefix}-{next(numbers)}"


def _random_epoch() -> str:
    return uuid.uuid4().hex[:12]
