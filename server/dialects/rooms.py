"""The `rooms` dialect (seed 004): rooms are channels, and a broadcast goes to everybody.

`TYPES`, `FRAMES` and `ERRORS` are the guide's tables. What it does not name, a message of a type that the
application handles among it, follows its shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import EVERYBODY, MESSAGE, NOTIFICATION, ROOM_UPDATE, SYSTEM_PREFIX, Event
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
from .tables import Says, Sends, Takes

ERRORS: dict[str, Says] = {
    INVALID_JSON.name: Says("invalid JSON format", "it is not JSON"),
    INVALID_FRAME.name: Says("invalid JSON format", "it is no object, or a member is of the wrong kind"),
    UNKNOWN_TYPE.name: Says("unknown message type", "the type is missing, or nobody handles it"),
    CHANNEL_REQUIRED.name: Says("room name is required", "the room is missing or empty"),
    NOT_SUBSCRIBED.name: Says(
        "not subscribed to this room", "a `publish` or `unsubscribe` without a subscription"
    ),
    CHANNEL_FULL.name: Says("room is at maximum capacity", "the room is full; the connection stays"),
    AT_CAPACITY.name: Says("server is at maximum capacity", "the server is full; close 1013 follows"),
    SHUTTING_DOWN.name: Says("connection closed", "the server is shutting down; close 1001 follows"),
}
"""By the name of the error. The others say what they say anywhere."""

WELCOME = "Connected to WebSocket server"
AT_MS = 1234567890123

FRAMES: dict[str, Sends] = {
    "connected": Sends(
        {"type": "connected", "data": {"client_id": "uuid-string", "message": WELCOME}, "timestamp": AT_MS},
        "comes first",
    ),
    "subscribed": Sends(
        {
            "type": "subscribed",
            "room": "chat",
            "data": {"room": "chat", "client_count": 5},
            "timestamp": AT_MS,
        },
        "oneself counted",
    ),
    "unsubscribed": Sends(
        {"type": "unsubscribed", "room": "chat", "data": {"room": "chat"}, "timestamp": AT_MS}
    ),
    "message": Sends(
        {
            "type": "message",
            "room": "chat",
            "data": {"any": "payload"},
            "client_id": "sender-uuid",
            "timestamp": AT_MS,
        },
        "a broadcast names no `room`; a commit, or an event of another dialect, has `event` in place of "
        "`client_id`",
    ),
    "pong": Sends({"type": "pong", "timestamp": AT_MS}),
    "error": Sends(
        {"type": "error", "error": "room name is required", "timestamp": AT_MS},
        "the connection lives unless a close follows",
    ),
    NOTIFICATION: Sends(
        {"type": NOTIFICATION, "data": {"event": "deployed", "data": {"any": "payload"}}, "timestamp": AT_MS},
        "`notify_all(event, data)`: from the application to everybody",
    ),
    ROOM_UPDATE: Sends(
        {"type": ROOM_UPDATE, "room": "chat", "data": {"any": "payload"}, "timestamp": AT_MS},
        "`notify_room(room, data)`: from the application to a room",
    ),
}
"""What the server sends, by `type`; and messages of the application's own types."""


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
                return dumps({"type": message.type, "data": message.data, "timestamp": self._now_ms()})
            case ErrorReply():
                says = ERRORS.get(message.kind.name)
                return self._frame("error", error=message.message if says is None else says.word)
            case _:
                return None

    def _event(self, event: Event) -> str:
        # The payload is JSON text already: it is spliced in, never parsed and written again.
        own = event.name in (NOTIFICATION, ROOM_UPDATE)
        parts = [f'"type":{dumps(event.name if own else MESSAGE)}']
        if not event.channel.startswith(SYSTEM_PREFIX):
            parts.append(f'"room":{dumps(event.channel)}')
        parts.append(f'"data":{event.payload}')
        if event.name == MESSAGE:
            parts.append(f'"client_id":{dumps(event.sender)}')
        elif not own:
            parts.append(f'"event":{dumps(event.name)}')  # a commit, or what another dialect sent
        parts.append(f'"timestamp":{self._now_ms()}')
        return "{" + ",".join(parts) + "}"

    def _frame(self, type_: str, **members: Any) -> str:
        return FRAMES[type_].text(**members, timestamp=self._now_ms())


class RoomsDialect:
    name = "rooms"
    id_prefix = ""
    needs_user = False
    registers = False
    answers_requests = False
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
        takes = TYPES.get(type_)
        if takes is not None:
            return [takes.parse(self, frame)]
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


TYPES: dict[str, Takes[Callable[[RoomsDialect, dict[str, Any]], Command]]] = {
    "subscribe": Takes(
        {"type": "subscribe", "room": "chat"},
        "→ `subscribed`; a repeat answers again",
        RoomsDialect._subscribe,
    ),
    "unsubscribe": Takes(
        {"type": "unsubscribe", "room": "chat"}, "→ `unsubscribed`", RoomsDialect._unsubscribe
    ),
    "publish": Takes(
        {"type": "publish", "room": "chat", "data": {"any": "payload"}},
        "to all others in the room; no answer",
        RoomsDialect._publish,
    ),
    "broadcast": Takes(
        {"type": "broadcast", "data": {"any": "payload"}},
        "to all others that are connected; no answer",
        RoomsDialect._broadcast,
    ),
    "ping": Takes({"type": "ping"}, "→ `pong`", RoomsDialect._ping),
}
"""What a client may send, by `type`."""
