"""A WebSocket between a browser and its upstream, from the 101 on.

Two wsproto connections, one against each side, and two lanes between them. Messages are passed
whole, whatever their fragments were. Control frames are no messages: the wire answers pings itself
(unless the connection is half open), passes close codes both ways, and drops pongs.
"""

import asyncio
from typing import TYPE_CHECKING

from wsproto.connection import Connection as WsConnection
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

from .faults.actions import Action, Close, Cut, StopReading
from .lane import Lane, Payload
from .message import Direction
from .sockets import How, Socket

if TYPE_CHECKING:
    from .connection import Connection

OPEN, REMOTE_CLOSING, CLOSED = ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING, ConnectionState.CLOSED
GOING_AWAY, TOO_BIG = 1001, 1009


class Side:
    """One side of the bridge: a socket, its wsproto connection, and the lane its messages enter."""

    def __init__(self, bridge: "Bridge", socket: Socket, role: ConnectionType, early: bytes) -> None:
        self.bridge = bridge
        self.socket = socket
        self.ws = WsConnection(role, [], early)
        self.lane: Lane
        self.failed = False
        self._parts: list[Payload] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        ws = self.ws
        if self.failed or ws.state is CLOSED:
            return
        if data:
            ws.receive_data(data)
        for event in ws.events():
            if isinstance(event, TextMessage):
                self._piece(event.data, event.message_finished)
            elif isinstance(event, BytesMessage):
                self._piece(bytes(event.data), event.message_finished)
            elif isinstance(event, Ping):
                if ws.state is OPEN and not self.bridge.connection.silences:
                    self.socket.write(ws.send(event.response()))
            elif isinstance(event, CloseConnection):
                # wsproto tells a parse error in the same event, but leaves the state alone.
                if ws.state in (REMOTE_CLOSING, CLOSED):
                    self.bridge.close_received(self, int(event.code), event.reason or "")
                else:
                    self.bridge.broken(self, int(event.code), event.reason or "")
            if self.failed:
                return

    def _piece(self, data: Payload, finished: bool) -> None:
        if finished and not self._parts:
            self.lane.offer(data)
            return
        self._size += len(data)
        if self._size > self.bridge.connection.wire.settings.message_bytes_max:
            self.bridge.connection.emit(
                "limit_reached", limit="message_bytes_max", direction=self.lane.direction
            )
            self.bridge.broken(self, TOO_BIG, "message too big for the wire")
            return
        self._parts.append(data)
        if finished:
            parts, self._parts, self._size = self._parts, [], 0
            whole = "".join(parts) if isinstance(parts[0], str) else b"".join(parts)  # type: ignore[arg-type]
            self.lane.offer(whole)

    def message(self, payload: Payload) -> bool:
        """Write a message to this side; False if it takes none any more."""
        if self.ws.state is not OPEN or self.socket.lost:
            return False
        event = TextMessage(data=payload) if isinstance(payload, str) else BytesMessage(data=payload)
        self.socket.write(self.ws.send(event))
        return True

    def close(self, code: int, reason: str) -> None:
        """Write a close frame to this side, unless it has one already."""
        if self.ws.state in (OPEN, REMOTE_CLOSING):
            # wsproto knows "no code" by the enum's identity alone; any other 1005 becomes 1000.
            said = CloseReason.NO_STATUS_RCVD if code == CloseReason.NO_STATUS_RCVD else code
            self.socket.write(self.ws.send(CloseConnection(code=said, reason=reason or None)))


class Bridge:
    def __init__(
        self, connection: "Connection", browser: tuple[Socket, bytes], upstream: tuple[Socket, bytes]
    ) -> None:
        self.connection = connection
        self.done = asyncio.get_running_loop().create_future()
        self.browser = Side(self, browser[0], ConnectionType.SERVER, browser[1])
        self.upstream = Side(self, upstream[0], ConnectionType.CLIENT, upstream[1])
        self.up = self._lane("up", self.browser, self.upstream)
        self.down = self._lane("down", self.upstream, self.browser)
        self._closing = ""  # the rule that is closing it cleanly

    def _lane(self, direction: Direction, source: Side, target: Side) -> Lane:
        def pause(full: bool) -> None:
            (source.socket.pause if full else source.socket.resume)("lane")

        def stall(rule_id: str, action: StopReading) -> bool:
            return self.connection.stall(rule_id, source.socket, action)

        def back_pressure(writable: bool) -> None:
            (source.socket.resume if writable else source.socket.pause)("receiver")

        source.lane = Lane(self.connection, direction, target.message, pause, stall)
        target.socket.on_writable = back_pressure
        source.socket.on_end = lambda how: self._ended(source, target, how)
        return source.lane

    def start(self) -> None:
        """Parse what came early, then everything as it comes."""
        for side in (self.browser, self.upstream):
            side.feed(b"")
            side.socket.consume(side.feed)
            if not self.connection.ended and (side.socket.eof or side.socket.lost):
                self._ended(side, self._other(side), "rst" if side.socket.was_reset else "fin")

    @property
    def waiting(self) -> int:
        return sum(item.message is not None for lane in (self.up, self.down) for item in lane.queue)

    def _other(self, side: Side) -> Side:
        return self.upstream if side is self.browser else self.browser

    # Ends that come from a side

    def close_received(self, side: Side, code: int, reason: str) -> None:
        self.connection.emit("close_seen", code=code, reason=reason, direction=side.lane.direction)
        if self._closing:
            self._closed_by_rule()
            return
        side.lane.finish(lambda: self._pass_close(side, code, reason))

    def _pass_close(self, side: Side, code: int, reason: str) -> None:
        self._other(side).close(code, reason)
        if self.browser.ws.state is CLOSED and self.upstream.ws.state is CLOSED:
            # Chromium tells the page only once TCP is closed too.
            self.connection.end("close", "close", f"close {code}")

    def _ended(self, side: Side, other: Side, how: How) -> None:
        if self._closing:
            self._closed_by_rule()
            return
        name = "browser" if side is self.browser else "upstream"

        def pass_end() -> None:
            same = "abort" if how == "rst" else "close"
            self.connection.end(same, same, f"{name} {how}")  # type: ignore[arg-type]

        if side is self.browser:  # whatever waits for it has nobody to reach
            self.down.gone("browser gone")
        side.lane.finish(pass_end)

    def broken(self, side: Side, code: int, reason: str) -> None:
        """A side broke the protocol: it is told so, the other side sees the connection die."""
        side.failed = True
        name = "browser" if side is self.browser else "upstream"
        self.connection.emit("protocol_error", side=name, code=code, reason=reason)
        side.close(code, reason)
        first, second = ("close", "abort") if side is self.browser else ("abort", "close")
        self.connection.end(first, second, "protocol error")  # type: ignore[arg-type]

    # Ends that a rule or a person asks for

    @property
    def closable(self) -> bool:
        """Whether the browser can still be told a code: it has not been told one yet."""
        return not self._closing and self.browser.ws.state in (OPEN, REMOTE_CLOSING)

    def apply(self, action: Action, rule_id: str) -> bool:
        """Answers whether anything was done."""
        if not isinstance(action, Close) or not self.closable:
            return False
        self.strike(action, rule_id, None)
        return True

    def strike(self, action: Cut | Close, rule_id: str, delivered: Direction | None) -> None:
        """End it now. `delivered` is the direction whose last frame must still arrive."""
        if isinstance(action, Close):
            self._close_by_rule(action, rule_id)
        elif action.side == "both" and delivered is not None:
            # RST would drop what was just written, so its receiver gets FIN, the other RST.
            first, second = ("abort", "close") if delivered == "up" else ("close", "abort")
            self.connection.end(first, second, "cut", rule_id)  # type: ignore[arg-type]
        else:
            self.connection.cut(action.side, rule_id)

    def _close_by_rule(self, action: Close, rule_id: str) -> None:
        if not self.closable:
            return
        self._closing = rule_id or "close"
        self.up.lose("close", rule_id)
        self.down.lose("close", rule_id)
        self.browser.close(action.code, action.reason)
        self.upstream.close(GOING_AWAY, "")
        limit_ms = self.connection.wire.settings.close_ms_max
        asyncio.get_running_loop().call_later(limit_ms / 1000, self._closed_by_rule, True)

    def _closed_by_rule(self, late: bool = False) -> None:
        """The browser answered the close (or will not): then TCP is closed at once."""
        if late or self.browser.ws.state is CLOSED or self.browser.socket.eof or self.browser.socket.lost:
            self.connection.end("close", "close", "closed by rule", self._closing)

    # The connection's side of it

    def lift(self, rule_id: str) -> None:
        for lane in (self.up, self.down):
            lane.lift(rule_id)

    def connection_ended(self, how: str, rule_id: str) -> None:
        self.up.lose(how, rule_id)
        self.down.lose(how, rule_id)
        if not self.done.done():
            self.done.set_result(None)
