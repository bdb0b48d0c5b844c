"""Spans, and how a trace goes on in another process.

A message of a client is a span, the root of a trace of its own: a connection may last for days, so it is a
link of its messages and not their parent. What is published meanwhile carries the span's context in the
event's record in the broker (W3C's `traceparent`; the client's payload is not touched), and each instance
that hands the event out tells so in a child span, one for all of its connections. Nothing of it goes to
clients: no dialect's frame has a place for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ..core.events import Event, gateway_name
from .metrics import SCOPE

CONNECTION, MESSAGE = "websocket.connection", "websocket.message"

_w3c = TraceContextTextMapPropagator()


def traceparent() -> str:
    """The context of the current span, for whoever goes on with it; empty if there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier["traceparent"]


def going_on(carrier: Mapping[str, str]) -> context.Context:
    """The context that `traceparent` and `tracestate` of a carrier tell; the empty one if they tell none."""
    return _w3c.extract(carrier, context.Context())


@contextmanager
def resumed(traceparent: str) -> Iterator[None]:
    """What was put off goes on under the context it had; without one, under none."""
    token = context.attach(going_on({"traceparent": traceparent}))
    try:
        yield
    finally:
        context.detach(token)


class Spans:
    """Those of one instance. `connection` gives None if nobody traces, and then nothing else is asked."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer(SCOPE)

    def connection(self, connection_id: str, dialect: str, path: str) -> Span | None:
        """To be ended. A child of what the upgrade request carried, if anything (`TraceContext`)."""
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            return None
        attributes = {
            "websocket.connection_id": connection_id,
            "websocket.dialect": dialect,
            "url.path": path,
        }
        return self._tracer.start_span(CONNECTION, kind=SpanKind.SERVER, attributes=attributes)

    def message(self, connection: Span, connection_id: str, characters: int) -> AbstractContextManager[Span]:
        """Current while one message of a client is carried out."""
        return self._tracer.start_as_current_span(
            MESSAGE,
            context.Context(),
            SpanKind.SERVER,
            {
                "websocket.direction": "received",
                "websocket.connection_id": connection_id,
                "websocket.message.characters": characters,
            },
            [Link(connection.get_span_context())],
        )

    def delivering(self, event: Event, connections: int) -> Callable[[], None]:
        """An event that carries a context is being put into so many outboxes; call the answer after it."""
        span = self._tracer.start_span(
            MESSAGE,
            going_on({"traceparent": event.trace}),
            SpanKind.CONSUMER,
            {
                "websocket.direction": "sent",
                "websocket.channel": gateway_name(event.channel) or event.channel,
                "websocket.connections": connections,
                "websocket.offset": event.position.offset,
            },
        )
        return span.end


def failed(error: str) -> None:
    """The current span ended in an error that its client was told."""
    span = trace.get_current_span()
    span.set_status(Status(StatusCode.ERROR, error))
    span.set_attribute("error.type", error)
