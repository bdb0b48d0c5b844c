"""What the wire has passed on every living connection, by whose it is: its half of the books.

A message counts when it is parsed (*got*) and when it is handed to its receiver's socket (*put*). A
connection that ended is in nobody's books any more, here as in the page and in the server, so nothing has
to be known about what died with it. Reads a wire, changes nothing, waits for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wsproto.connection import ConnectionState

from ..wire import Wire
from ..wire.connection import Connection
from ..wire.http import Exchange
from ..wire.websocket import Bridge

OPEN, LOCAL_CLOSING = ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING


@dataclass(slots=True)
class TabBook:
    """One tab. Equal books: nothing has reached it or left it in between."""

    connections: list[str] = field(default_factory=list)
    open: int = 0
    closing: int = 0
    opening: int = 0
    """Handshakes that a rule holds back for good."""
    got: int = 0
    put: int = 0
    unanswered: int = 0
    """Requests of page code that the page still waits for."""
    streaming: int = 0
    """Answers whose head it has and whose end it has not."""


@dataclass(slots=True)
class UpstreamBook:
    """One server behind the wire."""

    connections: list[str] = field(default_factory=list)
    sockets: int = 0
    got: int = 0
    put: int = 0
    requests: int = 0
    """It has them whole, and has not answered."""


@dataclass(slots=True)
class Books:
    tabs: dict[str, TabBook] = field(default_factory=dict)
    upstreams: dict[str, UpstreamBook] = field(default_factory=dict)
    moving: list[str] = field(default_factory=list)
    """What passes through the wire at this moment, in words."""
    blind: list[str] = field(default_factory=list)
    """Why these books are not to be relied on: bytes that the wire has not read, or no longer counts."""

    def tab(self, name: str) -> TabBook:
        return self.tabs.setdefault(name, TabBook())

    def upstream(self, name: str) -> UpstreamBook:
        return self.upstreams.setdefault(name, UpstreamBook())


def read_books(wire: Wire) -> Books:
    books = Books()
    for connection in wire.connections.values():
        tab = books.tab(f"{connection.profile}/{connection.tab}")
        upstream = books.upstream(connection.upstream)
        if connection.bridge is not None:
            _websocket(books, tab, upstream, connection, connection.bridge)
        elif connection.exchange is not None:
            _request(books, tab, upstream, connection, connection.exchange)
        elif connection.silenced:
            books.blind.append(f"{connection.profile}: {connection.id} was silenced before it said anything")
        if connection.stalled:
            books.blind.append(f"{connection.profile}: the wire does not read {connection.id}")
    if wire.kept:
        books.blind.append(f"{wire.kept} sockets were left open by a cut of their other side")
    return books


def _websocket(
    books: Books, tab: TabBook, upstream: UpstreamBook, connection: Connection, bridge: Bridge
) -> None:
    name = f"{connection.profile}/{connection.tab} {connection.path} #{connection.nth}"
    if bridge.up.moving or bridge.down.moving:
        books.moving.append(f"{name} has frames on their way")
    if LOCAL_CLOSING in (bridge.browser.ws.state, bridge.upstream.ws.state) and not connection.silenced:
        books.moving.append(f"{name} is being closed")
    if not (bridge.browser.socket.eof or bridge.browser.socket.lost):  # else its page has left it
        tab.connections.append(connection.id)
        tab.got += bridge.up.got
        tab.put += bridge.down.put
        tab.open += bridge.browser.ws.state is OPEN
        tab.closing += bridge.browser.ws.state is not OPEN
    if bridge.upstream.ws.state is OPEN:
        upstream.connections.append(connection.id)
        upstream.sockets += 1
        upstream.put += bridge.up.put
        upstream.got += bridge.down.got


def _request(
    books: Books, tab: TabBook, upstream: UpstreamBook, connection: Connection, exchange: Exchange
) -> None:
    request = exchange.request
    if exchange.head.websocket:
        tab.opening += connection.parked
    elif request.application and not connection.browser_gone:
        under_way = exchange.under_way.frame if exchange.under_way is not None else 0
        tab.connections.append(f"{connection.id}.{connection.requests}.{under_way}")
        if exchange.head_sent:
            tab.streaming += 1
        else:
            tab.unanswered += 1
    if exchange.trip.awaits_answer and not exchange.head.websocket:
        upstream.connections.append(f"{connection.id}.{connection.requests}")
        upstream.requests += 1
    elif not connection.parked:
        books.moving.append(f"{request.name} is passing")
