"""h11 over a socket: the one place where HTTP meets bytes."""

from typing import cast

import h11

from .sockets import Socket

Role = type[h11.CLIENT] | type[h11.SERVER]


def whole_answer(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes, method: str
) -> list[h11.Event]:
    """An answer that the wire gives in the server's place."""
    headers = [*headers, (b"Content-Length", str(len(body)).encode()), (b"Connection", b"close")]
    sent = [h11.Data(data=body)] if body and method != "HEAD" and status not in (204, 304) else []
    return [h11.Response(status_code=status, headers=headers), *sent, h11.EndOfMessage()]


class HttpPeer:
    """One side of an HTTP/1.1 connection: `role` is what the wire plays on it."""

    def __init__(self, socket: Socket, role: Role, head_bytes_max: int) -> None:
        self.socket = socket
        self.h11 = h11.Connection(role, max_incomplete_event_size=head_bytes_max)

    async def next_event(self) -> h11.Event:
        """The next event; raises `h11.RemoteProtocolError` if the other side broke HTTP or ended midway."""
        while True:
            event = self.h11.next_event()
            if event is h11.PAUSED:
                return h11.ConnectionClosed()
            if event is not h11.NEED_DATA:
                return cast(h11.Event, event)
            self.h11.receive_data(await self.socket.receive())

    def send(self, *events: h11.Event) -> None:
        """Write events as one piece."""
        data = b"".join([self.h11.send(event) or b"" for event in events])
        if data:
            self.socket.write(data)

    def refuse_malformed(self, error: h11.RemoteProtocolError) -> None:
        """Tell a browser that its request cannot be read, if it can still be told."""
        if self.h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = f"the wire cannot read this request: {error}\n".encode()
            headers = [(b"Content-Type", b"text/plain")]
            self.send(*whole_answer(error.error_status_hint, headers, body, "GET"))

    @property
    def can_continue(self) -> bool:
        """Whether another request may follow on this connection."""
        return self.h11.our_state is h11.DONE and self.h11.their_state is h11.DONE

    @property
    def has_more(self) -> bool:
        """Whether bytes came that belong to no event yet (a pipelined request, early frames)."""
        return bool(self.h11.trailing_data[0]) or self.socket.buffered
