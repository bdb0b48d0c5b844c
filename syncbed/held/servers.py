"""A server's side: its counters and its clock, asked over `/test/*`, past the wire.

A server that has none answers something else; whoever holds the network then falls back on silence. A server
that is down has received everything it ever will. Speaks just enough HTTP for that, on one connection
that is kept: it is asked once or twice for each choice.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from ..wire import Upstream
from .books import UpstreamBook
from .errors import HeldError
from .tabs import Timer

ANSWER_S_MAX = 10.0
CONTENT_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")


@dataclass(frozen=True, slots=True)
class ServerCounts:
    """What `/test/counters` answers."""

    sockets: int = 0
    received: int = 0
    sent: int = 0
    requests: int = 0
    sleeping: int = 0
    busy: int = 0
    unheard: int = 0
    frozen: bool = True
    timers: tuple[Timer, ...] = ()


DOWN = ServerCounts()


def differences(counts: ServerCounts, book: UpstreamBook) -> list[str]:
    """Why the server is not quiet, in words; nothing if it is."""
    found = []
    for count, of_wire, what in (
        (counts.sockets, book.sockets, "WebSockets are open"),
        (counts.received, book.put, "WebSocket messages were received"),
        (counts.sent, book.got, "WebSocket messages were sent"),
        (counts.requests, book.requests, "requests are being answered"),
    ):
        if count != of_wire:
            found.append(f"{what}: {count} in the server, {of_wire} at the wire")
    if counts.busy:
        found.append(f"{counts.busy} things are being done")
    if counts.unheard:
        found.append(f"{counts.unheard} events were published and not yet heard")
    return found


class Server:
    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.counted = True
        """Whether it has counters. Known once it was asked."""
        self._is_ours = False  # it has answered once as the reference server does
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def name(self) -> str:
        return f"server {self.upstream.name}"

    async def counts(self) -> ServerCounts:
        answer = await self._ask("GET", "/test/counters")
        if answer is None:
            return DOWN
        timers = tuple(Timer(self.name, **each) for each in answer.pop("timers"))
        return ServerCounts(**answer, timers=timers)

    async def freeze(self) -> None:
        await self._clock({"frozen": True})

    async def thaw(self) -> None:
        await self._clock({"frozen": False})

    async def advance(self, ms: float) -> None:
        """Move its clock, firing what becomes due."""
        await self._clock({"advance_ms": ms})

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    # private

    async def _clock(self, asked: dict[str, object]) -> None:
        if self.counted:
            await self._ask("POST", "/test/clock", asked)

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        """The answer, or None if the server is down or has no such thing (see `counted`)."""
        fresh = self._streams is None or self._streams[0].at_eof()
        while True:
            try:
                if fresh:
                    self.close()
                async with asyncio.timeout(ANSWER_S_MAX):
                    status, raw = await self._round_trip(method, path, body)
                break
            except TimeoutError as error:
                self.close()
                raise HeldError(f"{self.name} does not answer {path} within {ANSWER_S_MAX:g} s") from error
            except (OSError, asyncio.IncompleteReadError) as error:
                self.close()
                if fresh:
                    return None
                if method != "GET":
                    raise HeldError(f"{self.name}: the connection was lost at {method} {path}") from error
                fresh = True  # it may only have closed a connection that was idle for long
        answer = _json_object(raw) if status == 200 else None
        if answer is None and self._is_ours:
            raise HeldError(f"{self.name}: {method} {path} answered {status}: {raw.decode(errors='replace')}")
        # A stranger says 404, 405, 501, or shows its start page whatever it is asked.
        self._is_ours = self.counted = answer is not None
        return answer

    async def _round_trip(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        upstream = self.upstream
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                upstream.host, upstream.port, ssl=True if upstream.tls else None
            )
        reader, writer = self._streams
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {upstream.authority}\r\nContent-Length: {len(content)}"
        writer.write(head.encode() + b"\r\n\r\n" + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        status, length = int(answer.split(b" ", 2)[1]), CONTENT_LENGTH.search(answer)
        if length is None:  # not ours: it need not be understood
            self.close()
            return status, b""
        return status, await reader.readexactly(int(length[1]))


def _json_object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
