"""The `rooms` dialect (seed 004): rooms are channels, and a broadcast goes to everybody.

`TYPES` and `ERROR_TEXTS` are the guide's tables. What it does not name, a message of a type that the
application handles among it, follows its shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import EVERYBODY, MESSAGE, NOTIFICATION, ROOM_UPDATE, Event
from ..core.json_text import dumps
from ..core.messages import (
    Answer,
    Call,
    Command,
    ErrorReply,
    Join,
    Joined,
    Leave,
    Left,
    Outgoing,
    Ping,
    Pong,
    Publish,
    Welcome,
)
from ..errors import (
    AT_CAPACITY,
    CHANNEL_FULL,
    CHANNEL_REQUIRED,
    INVALID_FRAME,
    INVALID_JSON,
    NOT_SUBSCRIBED,
    SHUTTING_DOWN,
    UNKNOWN_TYPE,
    SyncbedError,
)
from .base import DialectOptions, check_channel, parse_object

ERROR_TEXTS = {
    INVALID_JSON.name: "invalid JSON format",
    INVALID_FRAME.name: "invalid JSON format",
    UNKNOWN_TYPE.name: "unknown message type",
    CHANNEL_REQUIRED.name: "room name is required",
    NOT_SUBSCRIBED.name: "not subscribed to this room",
    CHANNEL_FULL.name: "room is at maximum capacity",
    AT_CAPACITY.name: "server is at maximum capacity",
    SHUTTING_DOWN.name: "connection closed",
}
"""By the name of the error. The others say what they say anywhere."""

WELCOME = "Connected to WebSocket server"


class RoomsEncoder:
    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                return self._event(message)
            case Welcome():
                return self._frame("connected", data={"client_id": message.connection_id, "message": WELCOME})
            case Joined():
                data = {"room": message.channel, "client_count": message.members}
                return self._frame("subscribed", room=message.channel, data=data)
            case Left():
                return self._frame("unsubscribed", room=message.channel, data={"room": message.channel})
            case Pong():
                return self._frame("pong")
            case Answer():
                return self._frame(message.type, data=message.data)
            case ErrorReply():
                return self._frame("error", error=ERROR_TEXTS.get(message.kind.name, message.message))
            case _:
                return None

    def _event(self, event: Event) -> str:
        # The payload is JSON text already: it is spliced in, never parsed and written again.
        own = event.name in (NOTIFICATION, ROOM_UPDATE)
        parts = [f'"type":{dumps(event.name if own else MESSAGE)}']
        if event.channel != EVERYBODY:
            parts.append(f'"room":{dumps(event.channel)}')
        parts.append(f'"data":{event.payload}')
        if event.name == MESSAGE:
            parts.append(f'"client_id":{dumps(event.sender)}')
        elif not own:
            parts.append(f'"event":{dumps(event.name)}')  # a commit, or what another dialect sent
        parts.append(f'"timestamp":{self._now_ms()}')
        return "{" + ",".join(parts) + "}"

    def _frame(self, type_: str, **members: Any) -> str:
        return dumps({"type": type_, **members, "timestamp": self._now_ms()})


class RoomsDialect:
    name = "rooms"
    needs_user = False
    registers = False
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = RoomsEncoder(options.now_ms)

    def home(self, connection: Connection) -> str | None:
        return EVERYBODY

    def greet(self, connection: Connection) -> None:
        connection.send(Welcome(connection.id))

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        type_ = _text(frame, "type")
        parse = TYPES.get(type_)
        if parse is not None:
            return [parse(self, frame)]
        if type_ in self._options.custom_types:
            return [Call(type_, frame.get("data"))]
        raise SyncbedError(UNKNOWN_TYPE)

    def _room(self, frame: dict[str, Any]) -> str:
        room = _text(frame, "room")
        if not room:
            raise SyncbedError(CHANNEL_REQUIRED)
        return check_channel(room, self._options)

    def _subscribe(self, frame: dict[str, Any]) -> Command:
        return Join(self._room(frame))

    def _unsubscribe(self, frame: dict[str, Any]) -> Command:
        return Leave(self._room(frame))

    def _publish(self, frame: dict[str, Any]) -> Command:
        return Publish(self._room(frame), dumps(frame.get("data")))

    def _broadcast(self, frame: dict[str, Any]) -> Command:
        return Publish(None, dumps(frame.get("data")))

    def _ping(self, frame: dict[str, Any]) -> Command:
        return Ping()


def _text(frame: dict[str, Any], key: str) -> str:
    """As the original reads it: null is what is not there."""
    value = frame.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SyncbedError(INVALID_FRAME)
    return value


TYPES: dict[str, Callable[[RoomsDialect, dict[str, Any]], Command]] = {
    "subscribe": RoomsDialect._subscribe,
    "unsubscribe": RoomsDialect._unsubscribe,
    "publish": RoomsDialect._publish,
    "broadcast": RoomsDialect._broadcast,
    "ping": RoomsDialect._ping,
}
"""What a client may send, by `type`."""
