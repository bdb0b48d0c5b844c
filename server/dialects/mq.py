"""The `mq` dialect (seed 000): events on topics, and requests both ways.

A topic is a channel. What a client is asked comes as a signal on its own channel; see `service/calls.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import (
    ALL,
    MESSAGE,
    REQUEST,
    Event,
    carries_signals,
    client_channel,
    topic_channel,
    topic_of,
)
from ..core.json_text import dumps
from ..core.messages import (
    Answer,
    Answered,
    Ask,
    Command,
    Emit,
    ErrorReply,
    Outgoing,
    Register,
    Registered,
    Respond,
    Subscribe,
    Unsubscribe,
)
from ..core.request import request_of
from ..errors import INVALID_CHANNEL, INVALID_FRAME, INVALID_JSON, UNKNOWN_TYPE, SyncbedError
from .base import DialectOptions, check_channel, json_kind, parse_object
from .tables import Frame, Sends, Takes

REGISTER = "_client.register"
REGISTERED = "_internal.client.registered"
DEREGISTERED = "_internal.client.deregistered"
NOTIFIED = "_internal.notification"
ERROR = "_internal.error"
"""The topic of an error that answers no request."""
OWN = ("_client.", "_internal.")
"""What topics that no client can speak on begin with; it may listen to `DEREGISTERED`."""

CORRELATION_CHARS_MAX = 200


AT_MS = 1234567890123
WHO = {"brokerClientID": "wsconn-uuid", "pageSessionID": "ps-1"}


def _example(type_: str, topic: str, body: Any = None, **members: Any) -> Frame:
    header = {"messageID": "m1", **members, "type": type_, "topic": topic, "timestamp": AT_MS}
    return {"header": header, "body": body}


FRAMES: dict[str, Sends] = {
    "registered": Sends(
        _example("event", REGISTERED, WHO | {"status": "registered"}), "its id, which it has since the accept"
    ),
    "event": Sends(
        _example("event", "news", {"any": "payload"}),
        "to everybody who subscribed to the topic, who said it included; from the application to one client",
    ),
    "event of another dialect": Sends(
        _example("event", "orders", {"any": "payload"}, event="created"), "or a commit: it has a name"
    ),
    "deregistered": Sends(
        _example("event", DEREGISTERED, WHO | {"status": "deregistered"}),
        "to who subscribed to it: a client has gone. `pageSessionID` is null if it had not registered",
    ),
    "notification": Sends(
        _example("event", NOTIFIED, {"event": "deployed", "data": {"any": "payload"}}),
        "`notify_all(event, data)`: from the application to everybody",
    ),
    "response": Sends(_example("response", "C1", {"any": "payload"}, correlationID="C1")),
    "error": Sends(
        _example("error", "C1", {"error": "handler error: boom"}, correlationID="C1"),
        "or `no handler for topic: X`, or `too many requests at once: …`",
    ),
    "request": Sends(
        _example("request", "client.echo", {"any": "payload"}, correlationID="caller.1", ttl=10000),
        "`request_to_client`: to be answered with a `response` or an `error`",
    ),
    "refusal": Sends(
        _example("error", ERROR, {"error": '"header" must be an object, not null'}),
        "what is wrong with a frame, of whatever type; the connection lives. What is not JSON is only logged",
    ),
}
"""What the server sends."""


class MqEncoder:
    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event(name=name) if name == REQUEST and carries_signals(message.channel):
                asked = request_of(message.payload)
                return self._frame(
                    "request", asked.topic, asked.body, correlationID=asked.correlation, ttl=asked.ttl_ms
                )
            case Event():
                return self._event(message)
            case Answered():
                id_ = message.correlation
                if message.error is not None:
                    return self._frame("error", id_, dumps({"error": message.error}), correlationID=id_)
                return self._frame("response", id_, dumps(message.body), correlationID=id_)
            case Registered():
                body = {
                    "brokerClientID": message.connection_id,
                    "pageSessionID": message.page_session,
                    "status": "registered",
                }
                return self._frame("registered", REGISTERED, dumps(body))
            case Answer():
                return self._frame("event", message.type, dumps(message.data))
            case ErrorReply() if message.kind is not INVALID_JSON:  # that is logged, and nothing else
                return self._frame("refusal", ERROR, dumps({"error": message.message}))
            case _:
                return None

    def _event(self, event: Event) -> str | None:
        # The payload is JSON text already: it is spliced in, never parsed and written again.
        if carries_signals(event.channel):
            topic = topic_of(event.channel)
            return None if topic is None else self._frame("event", topic, event.payload)
        if event.channel == ALL:
            return self._frame("notification", NOTIFIED, event.payload)
        message_id = f"{event.position.epoch}-{event.position.offset}"
        if event.name == MESSAGE:
            return self._frame("event", event.channel, event.payload, messageID=message_id)
        row = "event of another dialect"
        return self._frame(row, event.channel, event.payload, messageID=message_id, event=event.name)

    def _frame(self, row: str, topic: str, body: str, **members: Any) -> str:
        """`body` is JSON text."""
        example = FRAMES[row].example["header"]
        values = {
            "messageID": members.get("messageID") or self._options.new_id(),
            "type": example["type"],
            "topic": topic,
            "timestamp": self._options.now_ms(),
        }
        header = {name: (values | members)[name] for name in example}
        return f'{{"header":{dumps(header)},"body":{body}}}'


class MqDialect:
    name = "mq"
    id_prefix = "wsconn-"
    needs_user = False
    registers = False
    answers_requests = True
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = MqEncoder(options)

    def home(self, connection: Connection) -> str | None:
        return client_channel(connection.id)

    def greet(self, connection: Connection) -> None:
        """The original says nothing first: a client registers."""

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        header = frame.get("header")
        if not isinstance(header, dict):
            raise SyncbedError(INVALID_FRAME, f'"header" must be an object, not {json_kind(header)}')
        type_ = _text(header, "type")
        takes = TYPES.get(type_)
        if takes is None:
            raise SyncbedError(UNKNOWN_TYPE, f"unknown type {type_[:80]!r}: one of {', '.join(TYPES)}")
        return [takes.parse(self, header, frame.get("body"))]

    def _event(self, header: dict[str, Any], body: Any) -> Command:
        topic = _text(header, "topic")
        if topic == REGISTER:
            page_session = body.get("pageSessionID") if isinstance(body, dict) else None
            if not isinstance(page_session, str) or not 1 <= len(page_session) <= CORRELATION_CHARS_MAX:
                most = CORRELATION_CHARS_MAX
                raise SyncbedError(INVALID_FRAME, f'"pageSessionID" must be a text of 1 to {most} characters')
            return Register(page_session)
        return Emit(self._channel(topic), body)

    def _request(self, header: dict[str, Any], body: Any) -> Command:
        return Ask(_correlation(header), _text(header, "topic"), body)

    def _response(self, header: dict[str, Any], body: Any) -> Command:
        return Respond(_correlation(header), body)

    def _error(self, header: dict[str, Any], body: Any) -> Command:
        return Respond(_correlation(header), None, error_text(body))

    def _subscribe(self, header: dict[str, Any], body: Any) -> Command:
        return Subscribe(self._listened(header, body))

    def _unsubscribe(self, header: dict[str, Any], body: Any) -> Command:
        return Unsubscribe(self._listened(header, body))

    def _listened(self, header: dict[str, Any], body: Any) -> str:
        """The original's first client names the topic in the body, under the topic `subscribe`."""
        topic = _text(header, "topic")
        if isinstance(body, str) and topic in ("", "subscribe", "unsubscribe"):
            topic = body
        return topic_channel(topic) if topic == DEREGISTERED else self._channel(topic)

    def _channel(self, topic: str) -> str:
        if topic.startswith(OWN):
            raise SyncbedError(INVALID_CHANNEL, f"the topic {topic[:80]} is the server's own")
        return check_channel(topic, self._options)


def error_text(body: Any) -> str:
    """What went wrong, as either of the original's clients says it."""
    error = body.get("error") if isinstance(body, dict) else body
    if isinstance(error, dict):
        error = error.get("message")
    return error if isinstance(error, str) else f"the client answered an error: {dumps(body)[:200]}"


def _correlation(header: dict[str, Any]) -> str:
    correlation = _text(header, "correlationID")
    if not 1 <= len(correlation) <= CORRELATION_CHARS_MAX:
        raise SyncbedError(
            INVALID_FRAME, f'"correlationID" must be a text of 1 to {CORRELATION_CHARS_MAX} characters'
        )
    return correlation


def _text(header: dict[str, Any], key: str) -> str:
    value = header.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SyncbedError(INVALID_FRAME, f'"{key}" must be a text, not {json_kind(value)}')
    return value


TYPES: dict[str, Takes[Callable[[MqDialect, dict[str, Any], Any], Command]]] = {
    "event": Takes(
        _example("event", REGISTER, {"pageSessionID": "ps-1"}),
        "→ `registered`, again if it is repeated. On any other topic an event: to the application's handlers "
        "and to who subscribed; no answer",
        MqDialect._event,
    ),
    "request": Takes(
        _example("request", "test.echo", {"param": "p"}, correlationID="C1", ttl=5000),
        "→ `response` or `error`, when it is there: others may be answered before it",
        MqDialect._request,
    ),
    "response": Takes(
        _example("response", "caller.1", {"any": "payload"}, correlationID="caller.1"),
        "to a request of the server's. One that nobody waits for is dropped",
        MqDialect._response,
    ),
    "error": Takes(
        _example("error", "caller.1", {"error": {"message": "bad"}}, correlationID="caller.1"),
        'or `{"error":"bad"}`',
        MqDialect._error,
    ),
    "subscribe": Takes(
        _example("subscribe", "news"),
        "no answer. The topic may stand in the body, under the topic `subscribe`",
        MqDialect._subscribe,
    ),
    "unsubscribe": Takes(_example("unsubscribe", "news"), "no answer", MqDialect._unsubscribe),
}
"""What a client may send, by `type`."""
