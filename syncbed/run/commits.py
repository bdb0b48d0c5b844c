"""The committed log, read by the bed itself, straight from an instance and never through the wire.

Page by page while the run goes on, so that what is committed is known even if the server that
committed it is killed a moment later. An epoch that ends is noted, and the next read from its start.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

from ..evidence import BED, Recorder
from ..trace import Broadcast, Commit, LogRead, Note, Snapshot
from .errors import StoppedError

PAGE_EVENTS = 1000
READ_EVERY_MS = 100
ANSWER_S_MAX = 5.0
GONE = 410


class Commits:
    def __init__(self, recorder: Recorder, collection: str, address: Callable[[], str | None]) -> None:
        self._recorder = recorder
        self._collection = collection
        self._address = address  # of an instance that runs, or None
        self._epoch = ""
        self._through = 0
        self._told = ""  # the last epoch that a LogRead was written for, if only to say that it is empty
        self._reading = asyncio.Lock()
        self.paused = False

    async def read(self) -> bool:
        """Read what is new. False if nobody answers (a server that is down, Redis away)."""
        async with self._reading:
            try:
                while await self._page():
                    pass
            except (URLError, OSError, ValueError):
                return False
            return True

    async def offered(self) -> bool:
        """Whether the server has a log at all, in the form that is read here."""
        try:
            held = await self._get("")
            page = await self._get(f"/log?epoch={quote(str(held['epoch']))}&from=0&limit=1")
            return isinstance(held["items"], list) and isinstance(page["events"], list)
        except (URLError, OSError, ValueError, KeyError, TypeError):
            return False

    async def pause(self) -> None:
        """From here on read only when asked, and nothing is being read now."""
        self.paused = True
        async with self._reading:
            pass

    async def keep_reading(self) -> None:
        """For as long as nobody cancels it."""
        while True:
            if not self.paused:
                await self.read()
            await asyncio.sleep(READ_EVERY_MS / 1000)

    async def items(self) -> tuple[Any, ...] | None:
        """What the server holds now, or None if nobody answers."""
        try:
            return tuple((await self._get(""))["items"])
        except (URLError, OSError, ValueError):
            return None

    async def snapshot(self) -> None:
        """The last word: the log to its end, and the items at that position. Raises `StoppedError`."""
        try:
            held = await self._get("")
        except (URLError, OSError, ValueError) as error:
            raise StoppedError(f"the server's items could not be read at the end: {error}") from None
        if not await self.read():
            raise StoppedError("the committed log could not be read at the end")
        snapshot = Snapshot(self._collection, held["epoch"], held["offset"], tuple(held["items"]))
        self._recorder.write(BED, snapshot)

    # Private

    async def _page(self) -> bool:
        """Read one page; whether there may be another."""
        if not self._epoch:
            self._epoch, self._through = (await self._get(""))["epoch"], 0
        query = f"/log?epoch={quote(self._epoch)}&from={self._through}&limit={PAGE_EVENTS}"
        try:
            page = await self._get(query)
        except HTTPError as error:
            if error.code != GONE:
                raise
            self._recorder.write(BED, Note(f"the epoch {self._epoch} of {self._collection} is over"))
            gone, self._epoch, self._through = self._epoch, (await self._get(""))["epoch"], 0
            if gone == self._epoch:
                raise ValueError("the log was trimmed before it was read") from None
            return True
        after = self._through
        for event in page["events"]:
            self._tell(event)
        self._through = page["next"]
        if self._through > after or self._epoch != self._told:
            self._recorder.write(BED, LogRead(self._collection, self._epoch, after, self._through))
            self._told = self._epoch
        return len(page["events"]) == PAGE_EVENTS

    def _tell(self, event: dict[str, Any]) -> None:
        where = (self._collection, self._epoch, event["offset"], event["event"])
        if not event.get("commit", True):
            self._recorder.write(BED, Broadcast(*where, payload=event.get("payload")))
            return
        self._recorder.write(
            BED,
            Commit(
                *where,
                event["entity_id"],
                event["version"],
                event.get("client_id"),
                event.get("mutation_id"),
                event.get("item"),
            ),
        )

    async def _get(self, path: str) -> Any:
        address = self._address()
        if address is None:
            raise URLError("no instance runs")
        return await asyncio.to_thread(_fetch, f"{address}/api/{quote(self._collection)}{path}")


def _fetch(url: str) -> Any:
    with urlopen(url, timeout=ANSWER_S_MAX) as answer:
        return json.load(answer)
