"""The `mq` dialect (seed 000): events on topics, and requests both ways.

A topic is a channel. What a client is asked comes as a signal on its own channel; see `service/calls.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import (
    MESSAGE,
    REQUEST,
    Event,
    carries_signals,
    connection_channel,
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

REGISTER = "_client.register"
REGISTERED = "_internal.client.registered"
DEREGISTERED = "_internal.client.deregistered"
ERROR = "_internal.error"
"""The topic of an error that answers no request."""
OWN = ("_client.", "_internal.")
"""What topics that no client can speak on begin with; it may listen to `DEREGISTERED`."""

CORRELATION_CHARS_MAX = 200


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
                return self._frame("event", REGISTERED, dumps(body))
            case Answer():
                return self._frame("event", message.type, dumps(message.data))
            case ErrorReply() if message.kind is not INVALID_JSON:  # that is logged, and nothing else
                return self._frame("error", ERROR, dumps({"error": message.message}))
            case _:
                return None

    def _event(self, event: Event) -> str:
        # The payload is JSON text already: it is spliced in, never parsed and written again.
        if carries_signals(event.channel):
            return self._frame("event", topic_of(event.channel) or event.name, event.payload)
        position = event.position
        members = {} if event.name == MESSAGE else {"event": event.name}  # a commit, or of another dialect
        message_id = f"{position.epoch}-{position.offset}"
        return self._frame("event", event.channel, event.payload, message_id, **members)

    def _frame(self, type_: str, topic: str, body: str, message_id: str = "", **members: Any) -> str:
        header: dict[str, Any] = {
            "messageID": message_id or self._options.new_id(),
            "type": type_,
            "topic": topic,
        }
        header["timestamp"] = self._options.now_ms()
        return f'{{"header":{dumps(header | members)},"body":{body}}}'


class MqDialect:
    name = "mq"
    id_prefix = "wsconn-"
    needs_user = False
    answers_requests = True
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = MqEncoder(options)

    def home(self, connection: Connection) -> str | None:
        return connection_channel(connection.id)

    def greet(self, connection: Connection) -> None:
        """The original says nothing first: a client registers."""

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        header = frame.get("header")
        if not isinstance(header, dict):
            raise SyncbedError(INVALID_FRAME, f'"header" must be an object, not {json_kind(header)}')
        type_ = _text(header, "type")
        parse = TYPES.get(type_)
        if parse is None:
            raise SyncbedError(UNKNOWN_TYPE, f"unknown type {type_[:80]!r}: one of {', '.join(TYPES)}")
        return [parse(self, header, frame.get("body"))]

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


TYPES: dict[str, Callable[[MqDialect, dict[str, Any], Any], Command]] = {
    "event": MqDialect._event,
    "request": MqDialect._request,
    "response": MqDialect._response,
    "error": MqDialect._error,
    "subscribe": MqDialect._subscribe,
    "unsubscribe": MqDialect._unsubscribe,
}
"""What a client may send, by `type`."""
