"""What a dialect is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from ..core import json_text
from ..core.connection import Connection, Encoder
from ..core.messages import Command
from ..errors import INVALID_CHANNEL, INVALID_FRAME, INVALID_JSON, SyncbedError


@dataclass(frozen=True, slots=True)
class DialectLimits:
    channel_chars_max: int


class Dialect(Protocol):
    """Stateless: what it must remember of a connection is which encoder the connection uses."""

    name: str
    encoder: Encoder
    """The one that a new connection starts with."""

    def greet(self, connection: Connection) -> None:
        """Say what a client of this dialect hears first; runs once, when the connection opens."""

    def decode(self, text: str, connection: Connection) -> list[Command]:
        """The commands in a frame; SyncbedError if it makes no sense. Nothing is done by halves."""


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object in a frame, or an error that says what was found instead."""
    try:
        frame = json_text.loads_foreign(text)
    except ValueError as error:
        raise SyncbedError(INVALID_JSON, f"the frame is not valid JSON: {error}") from None
    if not isinstance(frame, dict):
        raise SyncbedError(INVALID_FRAME, f"a frame must be a JSON object, not {json_kind(frame)}")
    return frame


def json_kind(value: Any) -> str:
    """What a JSON value is, in the words of JSON, for error messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def check_channel(name: Any, limits: DialectLimits) -> str:
    if not isinstance(name, str):
        raise SyncbedError(INVALID_CHANNEL, f"a channel name must be a string, not {json_kind(name)}")
    if not 1 <= len(name) <= limits.channel_chars_max:
        raise SyncbedError(
            INVALID_CHANNEL,
            f"a channel name has 1 to {limits.channel_chars_max} characters, this one has {len(name)}",
        )
    return name
