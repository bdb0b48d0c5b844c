"""Where everything that happens in a run is written down, and where those who wait for it are woken.

Owns the trace's writer and the bed's clock. Whatever comes before the header is known (the first
tabs have to be asked what their SDK claims) waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..trace import Clock, Header, Kind, Record, TabMessage, Trace, TraceWriter
from .watch import Watch

T = TypeVar("T")

BED, DRIVER, WIRE = "bed", "driver", "wire"


class Recorder:
    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._start_ms = self._loop.time() * 1000
        self._writer: TraceWriter | None = None
        self._waiting: list[Callable[[TraceWriter], list[Record[Kind]]]] = []
        self._woken: list[asyncio.Future[None]] = []
        self._written = 0  # records, without those of messages between tabs
        self._listeners: list[Callable[[Record[Kind]], None]] = []
        self.watch = Watch()

    def on_record(self, listener: Callable[[Record[Kind]], None]) -> None:
        """Tell `listener` of each record from here on, once it is kept."""
        self._listeners.append(listener)

    def now_ms(self) -> float:
        """The bed's time: ms since this run began."""
        return self._loop.time() * 1000 - self._start_ms

    def begin(self, header: Header) -> None:
        self._writer = TraceWriter(self._path, header)
        for source in (DRIVER, BED):
            self.write(DRIVER, Clock(source))
        # The wire reads the same clock, from another zero.
        self.write(DRIVER, Clock(WIRE, offset_ms=-self._start_ms))
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            self._take(write)

    def write(self, source: str, what: Kind, *, at_ms: float | None = None, n: int | None = None) -> None:
        """What `source` says. One that has a clock and a count of its own passes them on."""
        at = self.now_ms() if at_ms is None else at_ms
        self._take(lambda writer: [writer.write(source, what, at_ms=at, n=n)])

    def absorb(self, wire_record: Mapping[str, Any]) -> None:
        """A record of the wire, as its JSON."""
        self._take(lambda writer: writer.absorb(wire_record))

    def trace(self) -> Trace:
        assert self._writer is not None
        return self._writer.trace()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    async def until(self, found: Callable[[], T], within_ms: float) -> T | None:
        """Wait until `found()` is true, asking after each record; None when the time is out."""
        deadline = self._loop.time() + within_ms / 1000
        while not (result := found()):
            left_s = deadline - self._loop.time()
            if left_s <= 0 or not await self._next(left_s):
                return found() or None
        return result

    async def changed(self, within_ms: float) -> bool:
        """Wait for the next record; False when the time is out."""
        return await self._next(within_ms / 1000)

    async def quiet(self, for_ms: float, within_ms: float) -> bool:
        """Wait until nothing has been written for so long; False when the time is out.

        Tabs tell each other that they live for as long as they do: their messages are not counted.
        """
        deadline = self._loop.time() + within_ms / 1000
        still_until = self._loop.time() + for_ms / 1000
        while (left_s := still_until - self._loop.time()) > 0:
            before = self._written
            await self._next(left_s)
            if self._written > before:
                still_until = self._loop.time() + for_ms / 1000
            if self._loop.time() > deadline:
                return False
        return True

    async def _next(self, within_s: float) -> bool:
        """Whether a record was written within that time."""
        woken: asyncio.Future[None] = self._loop.create_future()
        self._woken.append(woken)
        handle = self._loop.call_later(within_s, woken.cancel)
        try:
            await asyncio.wait([woken])
        finally:
            handle.cancel()
        return not woken.cancelled()

    def _take(self, write: Callable[[TraceWriter], list[Record[Kind]]]) -> None:
        if self._writer is None:
            self._waiting.append(write)
            return
        for record in write(self._writer):
            self.watch.take(record, self.now_ms())
            self._written += not isinstance(record.what, TabMessage)
            for listener in self._listeners:
                listener(record)
        woken, self._woken = self._woken, []
        for future in woken:
            if not future.done():
                future.set_result(None)
