"""A client as the core sees it: a connection whose outbox is read instead of written to a socket."""

from __future__ import annotations

import itertools
import json
from typing import Any

from server.core.connection import Connection, Encoder
from server.core.events import Event, Position
from server.core.outbox import OutboxLimits
from server.dialects.broadcast import PLAIN, POSITIONS

ROOMY = OutboxLimits(frames_max=1000, bytes_max=1_000_000, slow_consumer="close")
_numbers = itertools.count(1)


def open_connection(encoder: Encoder = POSITIONS, limits: OutboxLimits = ROOMY) -> Connection:
    connection = Connection(f"c{next(_numbers)}", encoder, limits, wake=lambda connection: None)
    connection.step("accept")
    return connection


def plain_connection() -> Connection:
    return open_connection(PLAIN)


def heard(connection: Connection) -> list[dict[str, Any]]:
    """The frames that wait for this client, which are gone afterwards."""
    return [json.loads(frame.text) for frame in connection.outbox.drain()]


def offsets_heard(connection: Connection) -> list[int]:
    return [frame["offset"] for frame in heard(connection) if "event" in frame]


def event(offset: int, epoch: str = "e1", channel: str = "orders") -> Event:
    return Event(channel, "created", f'{{"n":{offset}}}', Position(epoch, offset))
