"""One HTTP request and its answer, on their way through the wire: held, judged, passed.

The request is a message, so is its answer. An answer that streams (chunked, to the end of the
connection, or long) is a head and its chunks, passed as they come. The bytes are moved by
`roundtrip.RoundTrip`.
"""

import h11

from . import heads
from .connection import Connection, ConnectionEndedError
from .faults.actions import Action, Answer, Cut, Deliver, LoseAnswer, Resend, Silence, StopReading
from .home import choose_upstream
from .inject import Injector
from .message import Message, Stage
from .peer import whole_answer
from .roundtrip import WHOLE_BYTES_MAX, Head, RoundTrip, UpstreamGoneError, is_short
from .settings import Upstream
from .websocket import Bridge

DELIVER = Deliver()


class Exchange:
    def __init__(self, connection: Connection, request: h11.Request) -> None:
        self.connection = connection
        self.wire = connection.wire
        self.settings = connection.wire.settings
        self.browser = connection.browser
        self.head = heads.read_request(request)
        self.is_document = self.wire.panes.is_document(self.head)
        if self.is_document:
            self.head = self.wire.panes.named(self.head, connection.profile)
        self.upstream: Upstream = choose_upstream(self.settings.upstreams, self.head.find(b"host") or b"")
        self.head_sent = False  # a byte of the answer went to the browser
        self.abandoned = False  # the page gave up while it was held; the server shall do it all the same
        self.under_way: Message | None = None
        self.rule = ""  # the one that acts on what is under way
        self.request = self._request_message()
        if self.is_document:
            self.head = self.wire.panes.to_upstream(self.head, self.request)
        self.trip = RoundTrip(self.browser, self.head, self.wire.upstreams, self.upstream, connection.profile)

    def _request_message(self) -> Message:
        head, connection = self.head, self.connection
        connection.tab, connection.path, connection.upstream = head.tab, head.path, self.upstream.name
        message = Message(
            "handshake" if head.websocket else "request",
            "up",
            connection.profile,
            head.tab,
            self.upstream.name,
            connection.id,
            method=head.method,
            path=head.path,
            query=head.query,
            headers=tuple(head.headers),
            application=head.application,
        )
        if head.websocket:
            connection.kind = "ws"
            connection.nth = message.connection = self.wire.names.websocket(message)
        return message

    def _down(
        self,
        stage: Stage,
        *,
        frame: int = 0,
        status: int = 0,
        headers: heads.RawHeaders | None = None,
        payload: bytes | None = None,
    ) -> Message:
        """A message of the answer: it carries what its request is known by."""
        request = self.request
        return Message(
            stage,
            "down",
            request.profile,
            request.tab,
            request.upstream,
            request.connection_id,
            request.connection,
            frame,
            request.method,
            request.path,
            request.query,
            request.occurrence,
            request.mutation,
            status,
            tuple(headers or ()),
            payload,
            request.application,
        )

    # The whole of it

    async def run(self) -> Bridge | None:
        """Carry the request and its answer. A WebSocket that opened is returned as its bridge."""
        self.connection.exchange = self
        try:
            return await self._run()
        except UpstreamGoneError as error:
            self._upstream_gone(str(error))
        except h11.RemoteProtocolError as error:
            # The browser ended within its own request, or broke HTTP.
            self.connection.emit("protocol_error", side="browser", reason=str(error))
            self.connection.end("close", "abort", "protocol error")
        except h11.LocalProtocolError as error:
            # The answer cannot be said to this browser (trailers to HTTP/1.0, say).
            self.connection.emit("protocol_error", side="upstream", reason=str(error))
            self.connection.cut("both", how="protocol error")
        except ConnectionEndedError:
            pass
        finally:
            self.connection.exchange = None
            self._lost(self.connection.ended or "ended")
            if not self.head_sent and not self.connection.browser_gone and self.connection.requests > 1:
                self.wire.resends.died(self.request)
            if self.connection.bridge is None:
                self.trip.let_go()
                self.connection.upstream_socket = None
        return None

    async def _run(self) -> Bridge | None:
        request, trip = self.request, self.trip
        own = self.wire.panes.own_answer(self.head, request)
        if own is not None:
            await self.connection.ready()
            self.head_sent = True
            self.browser.send(*own)
            return None
        wanted = self.wire.gate.holds(request) or self.wire.book.wants_body(request)
        if wanted or trip.body_is_short:
            await trip.take_body(self.settings.body_bytes_max)
            if not trip.body_complete:
                self.connection.emit("limit_reached", request, limit="body_bytes_max")
        if trip.body_complete:
            request.payload = bytes(trip.body)
        self._name(request)
        action = await self.passage(request)
        match action:
            case Cut(deliver_first=False):
                self._cut(action)
            case Cut():
                await self._cut_after_request()
            case Answer():
                self._answer(action)
            case LoseAnswer():
                await self._lose_answer(action)
            case Resend():
                await self._resend(action)
            case _:
                return await self._pass()
        return None

    def _name(self, request: Message) -> None:
        request.mutation = self.wire.mutation_of(request)
        request.occurrence = self.wire.names.request(request)
        first = self.wire.resends.resent(request) if self.connection.requests == 1 else ""
        if first:
            self.connection.emit("browser_resend", request, first=first)
        if self.head.stripped_extensions:
            self.connection.emit("extensions_stripped", request, extensions=self.head.stripped_extensions)

    # A message on its way

    async def passage(self, message: Message) -> Action:
        """Let a message wait, and be judged; what remains to be done about it is returned."""
        connection, wire = self.connection, self.wire
        connection.seen(message)
        self.under_way, self.rule = message, ""
        if wire.transparent and not connection.silences:
            return DELIVER
        if wire.gate.holds(message):
            if message.direction == "down" and connection.browser_gone:
                connection.end("close", "leave", "browser gone")
                connection.check()
            verdict = await connection.held(message)
            self.abandoned = connection.browser_gone
            if verdict == "duplicate":
                await connection.ready()
                return Resend()
            if verdict != "deliver":
                return Cut(deliver_first=verdict == "end_after")
        await connection.ready()
        now_ms, free_at_ms = wire.now_ms(), connection.free_at_ms
        decision = wire.book.decide(message, now_ms, free_at_ms[message.direction])
        if decision is None:
            return DELIVER
        action = decision.action
        if isinstance(action, Resend) and not self.trip.body_complete:
            decision.void()  # only a whole request can be sent again
            return DELIVER
        self.rule = decision.rule.id
        connection.acted(decision, message)
        match action:
            case Deliver(after_ms=after_ms) if after_ms > 0:
                connection.emit("frame_delayed", message, self.rule, after_ms=round(after_ms, 3))
                free_at_ms[message.direction] = max(free_at_ms[message.direction], now_ms + after_ms)
                await connection.wait(after_ms, self.rule)
            case Silence():
                connection.silence(self.rule, action)
            case StopReading():
                up = message.direction == "up"
                connection.stall(self.rule, self.browser.socket if up else connection.upstream_socket, action)
        await connection.ready()
        return action

    def _lost(self, why: str) -> None:
        if self.under_way is not None:
            self.connection.lost(self.under_way, why, self.rule)
            self.under_way = None

    def _delivered(self) -> None:
        if self.under_way is not None:
            self.connection.delivered(self.under_way)
            self.under_way = None

    # The request, then its answer

    async def _send(self) -> None:
        def uploaded() -> None:
            if self.under_way is self.request:
                self._delivered()

        peer = await self.trip.send(uploaded)
        self.connection.upstream_socket = peer.socket
        self.connection.check()
        if self.connection.browser_gone and not self.abandoned and not self.browser.has_more:
            peer.socket.finish_writing()

    async def _pass(self) -> Bridge | None:
        """Send the request, and pass its answer."""
        await self._send()
        response = await self.trip.answer_head()
        self._delivered()  # an answer may come before the last byte of its request went
        stage: Stage = "handshake" if self.head.websocket else "response"
        message = self._down(stage, status=response.status_code, headers=response.headers.raw_items())
        opens = isinstance(response, h11.InformationalResponse)
        trailers: heads.RawHeaders = []
        if not opens and self._is_whole(response, message):
            message.payload, trailers = await self.trip.whole_body()
        action = await self.passage(message)
        if isinstance(action, Cut) and not action.deliver_first:
            self._cut(action)
        elif isinstance(action, Answer):
            self._answer(action)
        elif isinstance(response, h11.InformationalResponse):
            return self._open(response)
        else:
            await self._pass_answer(response, message.payload, trailers)
            if isinstance(action, Cut):
                self.connection.end("close", "close", "cut", self.rule)
        return None

    def _is_whole(self, response: Head, message: Message) -> bool:
        attended = self.wire.gate.holds(message) or self.wire.book.wants_body(message)
        bytes_max = self.settings.body_bytes_max if attended else WHOLE_BYTES_MAX
        return is_short(response, self.head.method, bytes_max)

    async def _pass_answer(
        self, response: h11.Response, whole: str | bytes | None, trailers: heads.RawHeaders
    ) -> None:
        head, injector = self._answer_head(response), None
        if self.is_document:
            head, whole, injector = self.wire.panes.dress(head, whole, self.head, self.request)
        self.head_sent = True
        if isinstance(whole, bytes):
            body = [h11.Data(data=whole)] if whole else []
            self.browser.send(head, *body, h11.EndOfMessage(headers=trailers))
            self._delivered()
            await self.browser.socket.drain()
            return
        self.browser.send(head)
        self._delivered()
        number = 0
        async for piece, last in self.trip.pieces(self.settings.chunk_bytes_max):
            if last is not None:
                rest = [h11.Data(data=injector.finish())] if injector is not None else []
                self.browser.send(*rest, h11.EndOfMessage(headers=last))
                return
            number += 1
            if not await self._pass_chunk(piece, number, injector):
                return

    def _answer_head(self, response: h11.Response) -> h11.Response:
        settings = self.settings
        said = heads.to_browser(response, self.head, self.upstream, settings.keep_alive, settings.upstreams)
        if self.upstream.rewrite_host:
            self.wire.panes.tell_cookies(response, said, self.request)
        return said

    async def _pass_chunk(self, piece: bytes, number: int, injector: Injector | None) -> bool:
        action = await self.passage(self._down("chunk", frame=number, payload=piece))
        if isinstance(action, Cut) and not action.deliver_first:
            self._cut(action)
            return False
        self.browser.send(h11.Data(data=piece if injector is None else injector.feed(piece)))
        self._delivered()
        await self.browser.socket.drain()
        self.connection.check()
        if isinstance(action, Cut):
            self.connection.end("close", "close", "cut", self.rule)
            return False
        return True

    def _open(self, response: h11.InformationalResponse) -> Bridge:
        """The server said 101: pass its head as it is, and go on with frames."""
        connection, peer = self.connection, self.trip.peer
        assert peer is not None
        self.head_sent = True
        self.browser.send(response)
        self._delivered()
        connection.emit("websocket_opened", self.request)
        connection.bridge = bridge = Bridge(
            connection,
            (self.browser.socket, self.browser.h11.trailing_data[0]),
            (peer.socket, peer.h11.trailing_data[0]),
        )
        bridge.start()
        return bridge

    # What rules do

    def _cut(self, action: Cut) -> None:
        self._lost("cut")
        self.connection.cut(action.side, self.rule)

    async def _cut_after_request(self) -> None:
        """The server gets it and does it; the browser's connection dies meanwhile."""
        await self._send()
        if self.trip.upload is not None:
            await self.trip.upload
        self.connection.end("abort", "leave", "cut", self.rule)
        await self._answer_in_vain("cut")

    async def _answer_in_vain(self, why: str) -> Head:
        """Let the server do what it was sent; its whole answer reaches nobody."""
        response = await self.trip.answer_head()
        self._delivered()
        answer = self._down("response", status=response.status_code, headers=response.headers.raw_items())
        streams = heads.find(response.headers.raw_items(), b"content-type") == b"text/event-stream"
        if isinstance(response, h11.Response) and not streams:
            answer.payload, _ = await self.trip.whole_body()
        self.connection.seen(answer)
        self.connection.lost(answer, why, self.rule)
        return response

    async def _lose_answer(self, action: LoseAnswer) -> None:
        await self._send()
        response = await self._answer_in_vain("answer_lost")
        # On a reused connection Chromium would send it all again, unless it has the whole head.
        how = "after_head" if self.connection.requests > 1 and action.how != "hang" else action.how
        self.connection.emit("answer_lost", self.request, self.rule, how=how)
        if how == "hang":
            await self.connection.wait(None, self.rule)
            how = "after_head" if self.connection.requests > 1 else "cut"
        if how == "after_status_line":
            self.browser.socket.write(b"HTTP/1.1 200 OK\r\n")
        elif how == "after_head" and isinstance(response, h11.Response):
            self.head_sent = True
            self.browser.send(self._answer_head(response))
        self.connection.cut("both", self.rule)

    async def _resend(self, action: Resend) -> None:
        if action.answer == "first":
            await self._pass()
        for _ in range(action.copies):
            self.trip.let_go()
            await self._send()
            await self._answer_in_vain("a duplicate's")
            self.connection.repeated(self.request, self.rule)
        if action.answer == "last":
            self.trip.let_go()
            await self._pass()

    def _answer(self, action: Answer) -> None:
        """Answer the browser in the server's place."""
        self._lost("answered by the wire")
        body = action.body.encode()
        headers = [(name.encode(), value.encode()) for name, value in action.headers]
        if heads.find(headers, b"content-type") is None:
            headers.append(
                (b"Content-Type", b"application/json" if body[:1] in (b"{", b"[") else b"text/plain")
            )
        self.head_sent = True
        self.browser.send(*whole_answer(action.status, headers, body, self.head.method))

    def _upstream_gone(self, reason: str) -> None:
        """Show the browser what it would have seen without a wire: the connection ends the same way."""
        if self.connection.browser_gone:
            self.connection.end("close", "abort", "browser gone")
            return
        upstream, peer = self.upstream, self.trip.peer
        self.connection.emit(
            "upstream_failed", self.request, upstream=upstream.name, origin=upstream.origin, reason=reason
        )
        fin = peer is not None and not peer.socket.was_reset
        self.connection.end("close" if fin else "abort", "close", "upstream gone")
