"""What a dialect is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..core import json_text
from ..core.connection import Connection, Encoder
from ..core.events import SYSTEM_PREFIX
from ..core.messages import Command
from ..errors import INVALID_CHANNEL, INVALID_FRAME, INVALID_JSON, SyncbedError


@dataclass(frozen=True, slots=True)
class DialectOptions:
    """What a dialect is given: limits, and what it must not take for itself."""

    channel_chars_max: int
    new_id: Callable[[], str] = lambda: "id"
    """For the ids of frames."""
    now_ms: Callable[[], int] = lambda: 0
    """Since 1970, for the timestamps in frames."""
    now_iso: Callable[[], str] = lambda: "1970-01-01T00:00:00.000Z"
    """The same, as ISO 8601."""
    custom_types: Collection[str] = ()
    """Of messages that the application handles."""
    state_text_chars_max: int = 8192
    state_limits: dict[str, Any] = field(default_factory=dict)
    """What the welcome of `state` says under `limits`."""


class Dialect(Protocol):
    """Stateless: what it must remember of a connection is which encoder the connection uses."""

    name: str
    encoder: Encoder
    """The one that a new connection starts with."""

    id_prefix: str
    """What the id of a connection begins with."""
    says_goodbye: bool
    """Whether its clients are told when the server ends, and closed with 1001."""
    answers_requests: bool
    """Whether its clients can be asked something (`service/calls.py`): who waits then hears of their end."""
    needs_user: bool
    """Whether a connection must show a token before it is accepted."""
    registers: bool
    """Whether a connection is entered in the registry that all instances share."""

    def home(self, connection: Connection) -> str | None:
        """The system channel that each connection of this dialect stands in."""

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


def check_channel(name: Any, limits: DialectOptions) -> str:
    if not isinstance(name, str):
        raise SyncbedError(INVALID_CHANNEL, f"a channel name must be a string, not {json_kind(name)}")
    if not 1 <= len(name) <= limits.channel_chars_max:
        raise SyncbedError(
            INVALID_CHANNEL,
            f"a channel name has 1 to {limits.channel_chars_max} characters, this one has {len(name)}",
        )
    if name.startswith(SYSTEM_PREFIX):
        raise SyncbedError(INVALID_CHANNEL, f"a channel name must not begin with {SYSTEM_PREFIX}")
    return name
