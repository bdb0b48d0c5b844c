"""The `broadcast` dialect (SYNC-012), with the positions that our own SDK asks for.

A client that never sends `positions` never sees a frame that the original client does not know, but for
errors. A client that does is told where each channel stands, and may resume from there.
"""

from __future__ import annotations

from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import Event, Position
from ..core.json_text import dumps
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

PING = {"type": "ping"}


class PlainEncoder:
    """For clients of the original protocol."""

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                return "{" + _event_members(message) + "}"
            case Pong():
                return dumps({"type": "pong"})
            case ErrorReply():
                return dumps({"type": "error", "code": message.kind.code, "message": message.message})
            case _:
                return None


class PositionsEncoder(PlainEncoder):
    """For clients that follow positions."""

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                position = message.position
                tail = f',"epoch":{dumps(position.epoch)},"offset":{position.offset}}}'
                return "{" + _event_members(message) + tail
            case Subscribed():
                return dumps({"type": "subscribed"} | _place(message) | {"recovered": message.recovered})
            case PositionNow():
                return dumps({"type": "position"} | _place(message))
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
    needs_user = False
    registers = False
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
            return [Ping()]
        if not frame.keys() & {"subscribe", "unsubscribe"}:
            raise SyncbedError(
                INVALID_FRAME, 'a frame must hold "subscribe", "unsubscribe" or {"type":"ping"}'
            )
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
