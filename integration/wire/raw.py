"""Bare sockets for both ends of the wire, and WebSocket frames made by hand.

Everything waits for bytes or for an end, never for time; `PATIENCE_S` only says when a test has
failed.
"""

import asyncio
import os
import socket as stdlib_socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from syncbed.wire import Record, Wire, WireError

T = TypeVar("T")
PATIENCE_S = 5.0
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


async def turning_true(found: Callable[[], bool]) -> None:
    """Let the loop run until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not found():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def soon(what: Awaitable[T]) -> T:
    async with asyncio.timeout(PATIENCE_S):
        return await what


class RawSocket:
    """One end of a TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, *, receive_bytes: int | None = None) -> "RawSocket":
        raw = stdlib_socket.socket(stdlib_socket.AF_INET, stdlib_socket.SOCK_STREAM)
        if receive_bytes is not None:
            raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_RCVBUF, receive_bytes)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        return cls(*await asyncio.open_connection(sock=raw, limit=2**26))

    def send(self, data: bytes) -> None:
        if not self.writer.is_closing():  # uvloop raises where asyncio says nothing
            self.writer.write(data)

    async def until(self, marker: bytes) -> bytes:
        """What comes, up to and with the marker."""
        return await soon(self.reader.readuntil(marker))

    async def head(self) -> bytes:
        return await self.until(b"\r\n\r\n")

    async def exactly(self, size: int) -> bytes:
        return await soon(self.reader.readexactly(size))

    async def rest(self) -> bytes:
        """Everything until FIN. Raises `ConnectionResetError` if RST comes first."""
        return await soon(self.reader.read())

    async def rest_or_reset(self) -> bytes:
        """Everything until the connection ends in whatever way."""
        found = bytearray()
        try:
            while data := await soon(self.reader.read(65_536)):
                found += data
        except ConnectionResetError:
            pass
        return bytes(found)

    async def ending(self) -> Literal["fin", "rst"]:
        try:
            await self.rest()
        except ConnectionResetError:
            return "rst"
        return "fin"

    def finish(self) -> None:
        self.writer.write_eof()

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        raw = self.writer.get_extra_info("socket")
        if raw is None or raw.fileno() < 0:
            return  # it ended already
        raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    # WebSocket, from either end

    def send_frame(self, opcode: int, payload: bytes, *, mask: bool, fin: bool = True) -> None:
        self.send(frame(opcode, payload, mask=mask, fin=fin))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its opcode (with 0x80 if it is final) and its payload, unmasked."""
        first, second = await self.exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.exactly(8))
        key = await self.exactly(4) if second & 0x80 else b""
        payload = await self.exactly(length)
        return first, masked(payload, key) if key else payload

    async def text(self) -> str:
        opcode, payload = await self.frame()
        assert opcode == 0x80 | TEXT, (opcode, payload)
        return payload.decode()

    async def close_frame(self) -> tuple[int, str]:
        """The code and reason of the close frame that comes next; code 1005 if it has none."""
        opcode, payload = await self.frame()
        assert opcode == 0x80 | CLOSE, (opcode, payload)
        return (int.from_bytes(payload[:2]), payload[2:].decode()) if payload else (1005, "")


def frame(opcode: int, payload: bytes, *, mask: bool, fin: bool = True) -> bytes:
    length = len(payload)
    if length < 126:
        size = bytes([length])
    elif length <= 0xFFFF:
        size = b"\x7e" + struct.pack("!H", length)
    else:
        size = b"\x7f" + struct.pack("!Q", length)
    head = bytearray([(0x80 if fin else 0) | opcode]) + size
    if not mask:
        return bytes(head) + payload
    head[1] |= 0x80
    key = os.urandom(4)
    return bytes(head) + key + masked(payload, key)


def masked(payload: bytes, key: bytes) -> bytes:
    stream = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(len(payload))


def close_payload(code: int, reason: str = "") -> bytes:
    return struct.pack("!H", code) + reason.encode()


class RawUpstream:
    """A server that does nothing by itself: a test takes its connections one by one."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted_total = 0
        self._accepted: asyncio.Queue[RawSocket] = asyncio.Queue()
        self._all: list[RawSocket] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.accepted_total += 1
            socket = RawSocket(reader, writer)
            self._all.append(socket)
            self._accepted.put_nowait(socket)

        self._server = await asyncio.start_server(accept, "127.0.0.1", self.port, limit=2**26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def accepted(self) -> RawSocket:
        return await soon(self._accepted.get())

    def stop_listening(self) -> None:
        assert self._server is not None
        self._server.close()

    def stop(self) -> None:
        self.stop_listening()
        for socket in self._all:
            socket.abort()


@dataclass
class Rig:
    """A wire in front of upstreams, with all it reported."""

    wire: Wire
    records: list[Record] = field(default_factory=list)
    clients: list[RawSocket] = field(default_factory=list)

    async def client(self, profile: str = "alice", *, receive_bytes: int | None = None) -> RawSocket:
        socket = await soon(RawSocket.to(self.wire.ports[profile], receive_bytes=receive_bytes))
        self.clients.append(socket)
        return socket

    def events(self, event: str) -> list[Record]:
        return [record for record in self.records if record.event == event]

    def names(self, event: str) -> list[str]:
        return [record.message.name for record in self.events(event) if record.message is not None]

    async def saw(self, event: str, count: int = 1) -> list[Record]:
        """Wait until the wire has reported so many events of that name."""
        try:
            return await self.wire.until(
                lambda: found if len(found := self.events(event)) >= count else [], PATIENCE_S * 1000
            )
        except WireError:
            seen = "\n".join(str(record.to_json(100)) for record in self.records)
            raise AssertionError(f"no {count} × {event}; what happened:\n{seen}") from None

    async def in_flight(self, *names: str) -> None:
        """Wait until exactly these messages wait, in any order."""

        def now() -> list[str]:
            return sorted(waiting.message.name for waiting in self.wire.in_flight())

        try:
            await self.wire.until(lambda: now() == sorted(names), PATIENCE_S * 1000)
        except WireError:
            raise AssertionError(f"in flight: {now()}, wanted: {sorted(names)}") from None

    def conserved(self) -> None:
        """Nothing came from nowhere, nothing is gone without a word."""
        for tally in self.wire.counters.to_json():
            assert int(str(tally["waiting"])) == 0, tally


HANDSHAKE = (
    b"GET /ws?__tab=1 HTTP/1.1\r\nHost: alice.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
ACCEPT = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


async def open_websocket(
    rig: Rig, upstream: RawUpstream, profile: str = "alice", handshake: bytes = HANDSHAKE
) -> tuple[RawSocket, RawSocket]:
    """Both ends of a WebSocket through the wire: the browser's and the server's."""
    browser = await rig.client(profile)
    browser.send(handshake)
    server = await upstream.accepted()
    await server.head()
    server.send(ACCEPT)
    assert await browser.head() == ACCEPT
    return browser, server


def request(method: str, path: str, body: bytes = b"", *headers: str, fetch: bool = False) -> bytes:
    """A request as a browser writes it; `fetch` marks it as made by page code."""
    lines = [f"{method} {path} HTTP/1.1", "Host: alice.localhost", *headers]
    if fetch:
        lines.append("Sec-Fetch-Dest: empty")
    if body or method in ("POST", "PATCH", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    return (
        "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body
    )


StartWire = Callable[..., Awaitable[Rig]]
Sockets = Sequence[RawSocket]
