"""The `broadcast` dialect (SYNC-012), with the positions that our own SDK asks for.

A client that never sends `positions` never sees a frame that the original client does not know, but for
errors. A client that does is told where each channel stands, and may resume from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import ALL, NOTIFICATION, Event, Position
from ..core.json_text import dumps, loads
from ..core.messages import (
    NOW,
    Command,
    ErrorReply,
    Outgoing,
    Ping,
    Pong,
    PositionNow,
    Start,
    Subscribe,
    Subscribed,
    Unsubscribe,
)
from ..errors import INVALID_FRAME, SyncbedError
from .base import DialectOptions, check_channel, json_kind, parse_object
from .tables import Sends, Takes

PLACE = {"channel": "orders", "epoch": "e1", "offset": 42}
EVENT = {"channel": "orders", "event": "created", "payload": {"entity_id": "123"}}

FRAMES: dict[str, Sends] = {
    "event": Sends(EVENT, "to every subscriber, the originator included"),
    "event with its position": Sends(EVENT | PLACE, "the same, to who asked for positions"),
    "told to all": Sends(
        {"channel": NOTIFICATION, "event": "deployed", "payload": {"any": "payload"}},
        "`notify_all(event, data)`: from the application to everybody, subscribed or not",
    ),
    "subscribed": Sends(
        {"type": "subscribed", **PLACE, "recovered": True},
        "to who asked for positions: the events after this one follow, all of them, in order. With "
        "`recovered` false some are lost: read the state anew. It may come at any time",
    ),
    "position": Sends(
        {"type": "position", **PLACE},
        "to who asked for positions, every few seconds: who is behind it has lost something",
    ),
    "pong": Sends({"type": "pong"}),
    "error": Sends(
        {"type": "error", "code": 40002, "message": "a frame of the wrong shape"}, "the connection lives"
    ),
}
"""What the server sends."""


class PlainEncoder:
    """For clients of the original protocol."""

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event(channel=channel) if channel == ALL:
                told = loads(message.payload)
                return FRAMES["told to all"].text(
                    channel=NOTIFICATION, event=told["event"], payload=told["data"]
                )
            case Event():
                return "{" + _event_members(message) + "}"
            case Pong():
                return FRAMES["pong"].text()
            case ErrorReply():
                return FRAMES["error"].text(code=message.kind.code, message=message.message)
            case _:
                return None


class PositionsEncoder(PlainEncoder):
    """For clients that follow positions."""

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event(channel=channel) if channel != ALL:
                position = message.position
                tail = f',"epoch":{dumps(position.epoch)},"offset":{position.offset}}}'
                return "{" + _event_members(message) + tail
            case Subscribed():
                return FRAMES["subscribed"].text(**_place(message), recovered=message.recovered)
            case PositionNow():
                return FRAMES["position"].text(**_place(message))
            case _:
                return super().encode(message)


def _event_members(event: Event) -> str:
    # The payload is JSON text already: it is spliced in, never parsed and written again.
    return f'"channel":{dumps(event.channel)},"event":{dumps(event.name)},"payload":{event.payload}'


def _place(message: Subscribed | PositionNow) -> dict[str, Any]:
    position = message.position
    return {"channel": message.channel, "epoch": position.epoch, "offset": position.offset}


PLAIN = PlainEncoder()
POSITIONS = PositionsEncoder()


class BroadcastDialect:
    name = "broadcast"
    encoder: Encoder = PLAIN
    id_prefix = ""
    needs_user = False
    registers = False
    answers_requests = False
    says_goodbye = False

    def __init__(self, limits: DialectOptions) -> None:
        self._limits = limits

    def home(self, connection: Connection) -> str | None:
        return None

    def greet(self, connection: Connection) -> None:
        """The original says nothing first."""

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        if frame.get("type") == "ping":
            return TYPES["ping"].parse(self, frame, connection)
        for member in ("subscribe", "unsubscribe"):
            if member in frame:
                return TYPES[member].parse(self, frame, connection)
        raise SyncbedError(INVALID_FRAME, 'a frame must hold "subscribe", "unsubscribe" or {"type":"ping"}')

    def _ping(self, frame: dict[str, Any], connection: Connection) -> list[Command]:
        return [Ping()]

    def _subscriptions(self, frame: dict[str, Any], connection: Connection) -> list[Command]:
        unsubscribe = self._channels(frame, "unsubscribe")
        subscribe = self._channels(frame, "subscribe")
        starts = self._positions(frame, subscribe)
        if starts is not None:
            connection.encoder = POSITIONS
        commands: list[Command] = [Unsubscribe(channel) for channel in unsubscribe]
        for channel in subscribe:
            follows = connection.encoder is POSITIONS
            commands.append(Subscribe(channel, (starts or {}).get(channel, NOW) if follows else None))
        return commands

    def _channels(self, frame: dict[str, Any], key: str) -> list[str]:
        names = frame.get(key, [])
        if not isinstance(names, list):
            raise SyncbedError(
                INVALID_FRAME, f'"{key}" must be an array of channel names, not {json_kind(names)}'
            )
        return list(dict.fromkeys(check_channel(name, self._limits) for name in names))

    def _positions(self, frame: dict[str, Any], subscribe: list[str]) -> dict[str, Start] | None:
        if "positions" not in frame:
            return None
        positions = frame["positions"]
        if not isinstance(positions, dict):
            raise SyncbedError(INVALID_FRAME, f'"positions" must be an object, not {json_kind(positions)}')
        stray = positions.keys() - set(subscribe)
        if stray:
            raise SyncbedError(
                INVALID_FRAME, f'"positions" names a channel that "subscribe" does not: {min(stray)}'
            )
        return {channel: _start(channel, value) for channel, value in positions.items()}


def _start(channel: str, value: Any) -> Start:
    match value:
        case None:
            return NOW
        case {"epoch": str(epoch), "offset": int(offset)} if offset >= 0 and not isinstance(offset, bool):
            return Position(epoch, offset)
        case _:
            raise SyncbedError(
                INVALID_FRAME,
                f'the position of {channel} must be null or {{"epoch": text, "offset": 0 or more}}',
            )


TYPES: dict[str, Takes[Callable[[BroadcastDialect, dict[str, Any], Connection], list[Command]]]] = {
    "subscribe": Takes(
        {"subscribe": ["orders", "contacts"]},
        "no answer; one frame may hold `unsubscribe` as well",
        BroadcastDialect._subscriptions,
    ),
    "unsubscribe": Takes({"unsubscribe": ["orders"]}, "no answer", BroadcastDialect._subscriptions),
    "subscribe with positions": Takes(
        {"subscribe": ["orders"], "positions": {"orders": {"epoch": "e1", "offset": 42}}},
        "asks for positions, and resumes from this one; `null`: from now on → `subscribed`",
        BroadcastDialect._subscriptions,
    ),
    "ping": Takes({"type": "ping"}, "→ `pong`", BroadcastDialect._ping),
}
"""What a client may send."""
