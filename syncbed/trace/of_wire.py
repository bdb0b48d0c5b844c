"""What the wire saw, and what the bed read from the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .kind import Foreign, Kind

# What the wire saw


@dataclass(frozen=True, slots=True)
class Frame(Kind):
    """A WebSocket message, an HTTP request or an answer, and what the wire did to it."""

    kind = "frame"
    message: str  # its name: what it is, never when it came
    did: Literal[
        "seen",
        "held",
        "delayed",
        "delivered",
        "abandoned",
        "lost",
        "dropped",
        "duplicated",
        "reordered",
        "answer_lost",
        "resent",
        "failed",
    ]
    tab: str = ""
    direction: str = ""  # up: to the server, down: to the tab
    layer: str = ""  # http, ws, connect
    stage: str = ""
    upstream: str = ""  # the server it goes to or comes from, by its name at the wire
    connection: str = ""
    method: str = ""
    path: str = ""
    query: str = ""
    status: int | None = None
    mutation: str = ""
    rule: str = ""
    why: str = ""
    tcp_impossible: bool = False  # dropped, duplicated, reordered on a connection that lives on
    passed_by: str = ""  # reordered: the message that went first
    headers: Foreign = None
    payload: str | None = None
    payload_base64: str | None = None
    payload_cut: bool = False
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Connection(Kind):
    """A connection at the wire, or a socket as its tab sees it: the source says which.

    A tab knows no connection's id. `refused` is then a socket that never opened; from the driver, a
    request that the browser could not send.
    """

    kind = "connection"
    did: Literal["opened", "websocket", "refused", "closing", "closed", "silenced", "stalled", "resumed"]
    connection: str = ""
    tab: str = ""
    path: str = ""
    how: str = ""  # closed: cut, browser fin, upstream gone...
    code: int | None = None  # of a WebSocket's close: 1006 is an abrupt end
    rule: str = ""


# What the bed read from the server


@dataclass(frozen=True, slots=True)
class Commit(Kind):
    """A committed write, as the committed log has it."""

    kind = "commit"
    channel: str
    epoch: str
    offset: int
    event: str
    entity_id: str
    version: int
    client_id: str | None = None
    mutation_id: int | None = None
    item: Foreign = None


@dataclass(frozen=True, slots=True)
class Broadcast(Kind):
    """An entry of the log that is no commit: it took an offset all the same."""

    kind = "broadcast"
    channel: str
    epoch: str
    offset: int
    event: str
    payload: Foreign = None


@dataclass(frozen=True, slots=True)
class LogRead(Kind):
    """The bed has read the log: every entry with `after` < offset <= `through` is in this trace."""

    kind = "log_read"
    channel: str
    epoch: str
    after: int
    through: int


@dataclass(frozen=True, slots=True)
class Snapshot(Kind):
    """The server's items, read at `offset`."""

    kind = "snapshot"
    channel: str
    epoch: str
    offset: int
    items: tuple[Foreign, ...]
