"""One TCP socket of the wire, either side: bytes in and out, back-pressure, and the ways to end it.

Reads go to a coroutine (`receive`) or, after `consume`, straight to a function: that is the fast
path of a WebSocket. Knows no HTTP and no rules.
"""

import asyncio
import socket as stdlib_socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, cast

How = Literal["fin", "rst"]
# l_onoff=1, l_linger=0: close() sends RST and drops what is unsent.
ABORT = struct.pack("ii", 1, 0)


class Socket(asyncio.Protocol):
    def __init__(
        self,
        opened: Callable[["Socket"], None] | None = None,
        *,
        buffer_bytes_max: int = 262_144,
        linger_ms_max: int = 1000,
    ) -> None:
        self.transport: asyncio.Transport
        self.eof = False  # the peer sent FIN
        self.lost = False  # the socket is gone
        self.was_reset = False
        self.writable = True
        self.on_end: Callable[[How], None] | None = None
        self.on_writable: Callable[[bool], None] | None = None
        self._opened = opened
        self._buffer = bytearray()
        self._buffer_bytes_max = buffer_bytes_max
        self._linger_ms_max = linger_ms_max
        self._consumer: Callable[[bytes], None] | None = None
        self._finished = False  # FIN was sent
        self._closing = False
        self._aborted = False
        self._pauses: set[str] = set()
        self._readers: list[asyncio.Future[None]] = []
        self._writers: list[asyncio.Future[None]] = []

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        if self._opened is not None:
            self._opened(self)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._consumer is not None:
            self._consumer(data)
            return
        self._buffer += data
        if len(self._buffer) > self._buffer_bytes_max:
            self.pause("buffer")
        _wake(self._readers)

    def eof_received(self) -> bool:
        self.eof = True
        _wake(self._readers)
        if self._closing:
            return False
        if self.on_end is not None:
            self.on_end("fin")
        return not self._closing  # stay open for writing

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self.was_reset = error is not None
        _wake(self._readers)
        _wake(self._writers)
        if not self._closing and self.on_end is not None:
            self.on_end("rst" if error is not None else "fin")

    def pause_writing(self) -> None:
        self.writable = False
        if self.on_writable is not None:
            self.on_writable(False)

    def resume_writing(self) -> None:
        self.writable = True
        _wake(self._writers)
        if self.on_writable is not None:
            self.on_writable(True)

    # Reading

    @property
    def alive(self) -> bool:
        return not (self.eof or self.lost or self._closing)

    @property
    def reusable(self) -> bool:
        return self.alive and not self._finished

    @property
    def paused(self) -> bool:
        """Whether the wire reads nothing from it."""
        return bool(self._pauses)

    @property
    def buffered(self) -> bool:
        return bool(self._buffer)

    async def receive(self) -> bytes:
        """What has come, at least one byte; b"" once the peer has ended (see `was_reset`)."""
        while not self._buffer and self.alive:
            await self._wait(self._readers)
        data = bytes(self._buffer)
        self._buffer.clear()
        self.resume("buffer")
        return data

    def consume(self, consumer: Callable[[bytes], None]) -> None:
        """From now on bytes go to `consumer` as they come, those that wait first."""
        self._consumer = consumer
        data = bytes(self._buffer)
        self._buffer.clear()
        self.resume("buffer")
        if data:
            consumer(data)

    def pause(self, why: str) -> None:
        """Stop reading; the peer's writes back up in the kernel. Reasons add up."""
        if not self._pauses and not self.lost and not self.transport.is_closing():
            self.transport.pause_reading()
        self._pauses.add(why)

    def resume(self, why: str) -> None:
        if why in self._pauses:
            self._pauses.discard(why)
            if not self._pauses and not self.lost and not self.transport.is_closing():
                self.transport.resume_reading()

    # Writing

    def write(self, data: bytes) -> None:
        # Closing, but not lost yet: uvloop raises where asyncio says nothing.
        if not (self.lost or self._closing or self._finished or self.transport.is_closing()):
            self.transport.write(data)

    async def drain(self) -> None:
        while not self.writable and not self.lost and not self._closing:
            await self._wait(self._writers)

    def finish_writing(self) -> None:
        """Send FIN after what is written, and go on reading."""
        if self.lost or self._closing or self._finished or self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self._finished = True
            with suppress(OSError):  # the peer has reset it, and the loop has yet to tell
                self.transport.write_eof()

    # Ending

    def abort(self) -> None:
        """RST, at once; what is unsent is dropped."""
        self._closing = True
        if not (self.lost or self._aborted):
            self._aborted = True
            raw = self.transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_LINGER, ABORT)
            self.transport.abort()
        self._wake_all()

    def close(self) -> None:
        """FIN after what is written; then read and throw away until the peer ends too.

        Closing with unread bytes would send RST and could destroy what was just written.
        """
        if self._closing:
            return
        was_eof = self.eof
        if not was_eof:
            self.finish_writing()
        self._closing = True
        self._wake_all()
        if self.lost or self.transport.is_closing():
            return
        if was_eof or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._pauses.clear()
        self.transport.resume_reading()
        asyncio.get_running_loop().call_later(self._linger_ms_max / 1000, self.transport.close)

    def discard(self) -> None:
        """Go on reading and throw it away: the peer sees an open, silent connection."""
        self.on_end = self.on_writable = None
        self.consume(lambda data: None)

    def _wake_all(self) -> None:
        _wake(self._readers)
        _wake(self._writers)

    @staticmethod
    async def _wait(waiters: list[asyncio.Future[None]]) -> None:
        waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in waiters:
                waiters.remove(waiter)


def _wake(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()
