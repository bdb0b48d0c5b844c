"""The stream to the pages: hello, the trace as it grows, the state whenever it changed, answers.

Owns the batching and who of several pages holds the panes: the first. Another page sees the same world with
its tabs as windows elsewhere, because a tab can be in one place only; when the first goes the next has them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..report.rows import Row, Rows
from ..trace import Kind, Record

BATCH_MS = 16
STATE_MS = 30
ROWS_AT_ONCE_MAX = 2000
QUEUE_MESSAGES_MAX = 4000
COMMAND_CHARACTERS_MAX = 1024 * 1024

Do = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""A command by its name and arguments -> `{"value": ...}` or `{"error": ...}`."""


class Page:
    """One open lab page. What it cannot take in time is not kept for ever: it is cut off, and comes again."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MESSAGES_MAX)
        self.too_slow = False

    def send(self, message: dict[str, Any]) -> None:
        try:
            self.queue.put_nowait(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        except asyncio.QueueFull:
            self.too_slow = True

    async def write(self) -> None:
        while not self.too_slow:
            await self.socket.send_text(await self.queue.get())


class Live:
    def __init__(
        self, hello: Callable[[], dict[str, Any]], state: Callable[[], dict[str, Any]], do: Do
    ) -> None:
        self._hello = hello
        self._state = state
        self._do = do
        self._pages: list[Page] = []
        self._rows: list[Row] = []
        self._sent = 0
        self._maker = Rows()
        self._reset: dict[str, Any] = {"type": "reset", "run": 0, "header": {}, "scenario": None}
        self._last_state: dict[str, Any] = {}
        self._flushing: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_host: Callable[[], None] = lambda: None
        """Told when another page has become the one that holds the panes, or none is left."""

    # What is told

    @property
    def has_host(self) -> bool:
        return bool(self._pages)

    @property
    def records(self) -> int:
        return len(self._rows)

    def reset(self, run: int, header: dict[str, Any], scenario: dict[str, Any] | None) -> None:
        """A new trace begins: its records count from 0."""
        self._rows, self._sent, self._maker, self._last_state = [], 0, Rows(), {}
        self._reset = {"type": "reset", "run": run, "header": header, "scenario": scenario}
        self._tell_all(self._reset)
        self.changed()

    def add(self, record: Record[Kind]) -> None:
        """A record of the running trace."""
        self._rows.append(self._maker.row(record))
        if self._flushing is None:
            loop = asyncio.get_running_loop()
            self._flushing = loop.call_later(BATCH_MS / 1000, self._flush)
        self.changed()

    def changed(self) -> None:
        """Something of the state may have changed: it is looked at soon, and sent if it has."""
        if self._looking is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(STATE_MS / 1000, self._look)

    def pane(self, does: str, tab: str, url: str = "", title: str = "") -> None:
        """Ask the page that holds the panes to open, close or reload one."""
        if self._pages:
            self._pages[0].send({"type": "pane", "do": does, "tab": tab, "url": url, "title": title})

    # One page

    async def talk(self, socket: WebSocket) -> None:
        """Serve a page until it goes."""
        await socket.accept()
        page = Page(socket)
        self._flush()
        page.send(self._hello())
        page.send(self._reset)
        for start in range(0, len(self._rows), ROWS_AT_ONCE_MAX):
            page.send({"type": "records", "records": self._rows[start : start + ROWS_AT_ONCE_MAX]})
        page.send(self._as_seen(page, self._state()))
        self._pages.append(page)
        if self._pages[0] is page:
            self.on_host()
        writing = asyncio.create_task(page.write())
        reading = asyncio.create_task(self._read(page))
        try:
            await asyncio.wait([writing, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, reading):
                task.cancel()
            await asyncio.gather(writing, reading, return_exceptions=True)
            self._leave(page)
            if socket.client_state is WebSocketState.CONNECTED:
                with suppress(RuntimeError, WebSocketDisconnect):
                    await socket.close(1013 if page.too_slow else 1000)

    async def close(self) -> None:
        for handle in (self._flushing, self._looking):
            if handle is not None:
                handle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Private

    def _leave(self, page: Page) -> None:
        was_host = self._pages[0] is page
        self._pages.remove(page)
        if was_host:
            self.on_host()
            self._last_state = {}  # for the next page the panes are panes now
            self.changed()

    async def _read(self, page: Page) -> None:
        while True:
            try:
                text = await page.socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # gone; KeyError: bytes, which no page of ours sends
                return
            # A task each: who pauses a run must not wait for the run.
            task = asyncio.create_task(self._answer(page, text))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, page: Page, text: str) -> None:
        asked = _command(text)
        number, name = asked.pop("id", None), str(asked.pop("do", ""))
        answer = await self._do(name, asked)
        self._flush()  # what it brought about comes before the answer
        page.send({"type": "answer", "id": number, **answer})
        self.changed()

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        while self._sent < len(self._rows):
            rows = self._rows[self._sent : self._sent + ROWS_AT_ONCE_MAX]
            self._sent += len(rows)
            self._tell_all({"type": "records", "records": rows})

    def _look(self) -> None:
        self._looking = None
        state = self._state()
        if state != self._last_state:
            self._flush()  # the state never speaks of records that the page has not got
            self._last_state = state
            for page in self._pages:
                page.send(self._as_seen(page, state))

    def _as_seen(self, page: Page, state: dict[str, Any]) -> dict[str, Any]:
        """The state as this page is told it: panes that another page holds are elsewhere."""
        told = {"type": "state", **state}
        if not self._pages or self._pages[0] is page:
            return told
        elsewhere = [{**tab, "kind": "window"} if tab["kind"] == "pane" else tab for tab in state["tabs"]]
        return {**told, "tabs": elsewhere}

    def _tell_all(self, message: dict[str, Any]) -> None:
        for page in self._pages:
            page.send(message)


def _command(text: str) -> dict[str, Any]:
    if len(text) > COMMAND_CHARACTERS_MAX:
        return {}
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}
