"""The mechanics of one HTTP request: take it from the browser, send it upstream, read the answer.

Knows h11 and the two sides; decides nothing and reports nothing, that is `http.Exchange`. Nothing is
ever sent again after bytes of it were written.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import h11

from . import heads
from .peer import HttpPeer
from .settings import Upstream
from .upstreams import Upstreams

Head = h11.Response | h11.InformationalResponse
# Up to this size a body with a Content-Length always travels as one message.
WHOLE_BYTES_MAX = 65_536


class UpstreamGoneError(Exception):
    """The upstream could not be reached, or died before its answer was complete."""


class RoundTrip:
    def __init__(
        self,
        browser: HttpPeer,
        head: heads.RequestHead,
        upstreams: Upstreams,
        upstream: Upstream,
        profile: str,
    ) -> None:
        self.browser = browser
        self.head = head
        self.peer: HttpPeer | None = None
        self.body = bytearray()
        self.body_complete = False
        self.upload: asyncio.Task[None] | None = None
        self.awaits_answer = False  # it is the server's turn
        self._trailers: heads.RawHeaders = []
        self._upstreams = upstreams
        self._upstream = upstream
        self._profile = profile

    # The request

    @property
    def body_is_short(self) -> bool:
        """Whether the body says how long it is, and that is little."""
        if self.head.expects_continue or self.head.find(b"transfer-encoding") is not None:
            return False
        return self.body_length <= WHOLE_BYTES_MAX

    @property
    def body_length(self) -> int:
        return int(self.head.find(b"content-length") or 0)

    async def take_body(self, bytes_max: int) -> None:
        """Read the body from the browser; beyond `bytes_max` the rest is left to be streamed."""
        if self.body_length > bytes_max:
            return
        if self.browser.h11.they_are_waiting_for_100_continue:
            self.browser.send(h11.InformationalResponse(status_code=100, headers=[]))
        while len(self.body) <= bytes_max:
            event = await self.browser.next_event()
            if isinstance(event, h11.Data):
                self.body += event.data
            else:
                self.body_complete = True
                self._trailers = trailers_of(event)
                return

    async def send(self, uploaded: Callable[[], None]) -> HttpPeer:
        """Send the request on a connection of its own; `uploaded` is called when its last byte went."""
        try:
            peer = self.peer = await self._upstreams.take(self._upstream, self._profile)
        except OSError as error:
            raise UpstreamGoneError(str(error)) from error
        headers = heads.to_upstream(self.head, self._upstream, self._upstreams.known)
        if self.body_complete:
            headers = [(name, value) for name, value in headers if name.lower() != b"expect"]
        request = h11.Request(method=self.head.method, target=self.head.target, headers=headers)
        body = [h11.Data(data=bytes(self.body))] if self.body else []
        if self.body_complete:
            peer.send(request, *body, h11.EndOfMessage(headers=self._trailers))
            uploaded()
        else:
            peer.send(request, *body)
            self.upload = asyncio.create_task(self._stream_body(peer, uploaded))
        return peer

    async def _stream_body(self, peer: HttpPeer, uploaded: Callable[[], None]) -> None:
        with contextlib.suppress(h11.RemoteProtocolError, h11.LocalProtocolError):
            while True:
                event = await self.browser.next_event()
                if isinstance(event, h11.Data | h11.EndOfMessage):
                    peer.send(event)
                if not isinstance(event, h11.Data):
                    uploaded()
                    return
                await peer.socket.drain()

    # The answer

    async def answer_head(self) -> Head:
        """The head of the answer, or the 101; what comes before (100, 103) is passed at once."""
        self.awaits_answer = True
        try:
            return await self._answer_head()
        finally:
            self.awaits_answer = False

    async def _answer_head(self) -> Head:
        while True:
            event = await self._next()
            if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                if not (event.status_code == 100 and self.body_complete):
                    self.browser.send(event)
            elif isinstance(event, h11.Response | h11.InformationalResponse):
                return event
            else:
                raise UpstreamGoneError("it ended before it answered")

    async def whole_body(self) -> tuple[bytes, heads.RawHeaders]:
        """The rest of the answer, and its trailers."""
        whole = bytearray()
        while True:
            event = await self._next()
            if isinstance(event, h11.Data):
                whole += event.data
            elif isinstance(event, h11.EndOfMessage):
                return bytes(whole), trailers_of(event)
            else:
                raise UpstreamGoneError("it ended within its answer")

    async def pieces(self, bytes_max: int) -> AsyncIterator[tuple[bytes, heads.RawHeaders | None]]:
        """The answer's chunks, whole up to `bytes_max` (without chunks: as it comes); last its trailers."""
        chunk = bytearray()
        chunked = False
        while True:
            event = await self._next()
            if isinstance(event, h11.Data):
                chunked = chunked or event.chunk_start or event.chunk_end
                chunk += event.data
                if not chunked or event.chunk_end or len(chunk) >= bytes_max:
                    yield bytes(chunk), None
                    chunk.clear()
            elif isinstance(event, h11.EndOfMessage):
                yield b"", trailers_of(event)
                return
            else:
                raise UpstreamGoneError("it ended within its answer")

    async def _next(self) -> h11.Event:
        assert self.peer is not None
        try:
            return await self.peer.next_event()
        except h11.RemoteProtocolError as error:
            raise UpstreamGoneError(str(error)) from error

    # Afterwards

    def let_go(self) -> None:
        """The request is over: its upstream connection may carry another, or is ended."""
        if self.upload is not None:
            self.upload.cancel()
        if self.peer is not None:
            self._upstreams.give_back(self._upstream, self._profile, self.peer)
            self.peer = None


def is_short(response: Head, method: str, bytes_max: int) -> bool:
    """Whether an answer travels as one message: it has no body, or says that it is not long."""
    if method == "HEAD" or response.status_code in (204, 304):
        return True
    headers = response.headers.raw_items()
    length = heads.find(headers, b"content-length")
    return (
        heads.find(headers, b"transfer-encoding") is None and length is not None and int(length) <= bytes_max
    )


def trailers_of(event: h11.Event) -> heads.RawHeaders:
    return event.headers.raw_items() if isinstance(event, h11.EndOfMessage) else []
