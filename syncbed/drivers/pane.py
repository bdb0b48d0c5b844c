"""A tab that no debugger steers: a pane of the lab, a window that was popped out, or a user's own.

Each of its documents dials in by a link of its own (`page/link.js`); what is asked and reported goes over
that. A link that is lost may come back, and then nothing has happened to the document.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..evidence import Recorder
from .errors import DriverError
from .messages import TabMessages
from .tab import ANSWER_MS_MAX, OPEN_MS_MAX, Place, Tab

LINK_MS_MAX = 3000
"""How long a link that was lost is waited for."""
CLOSE_MS_MAX = 3000

Kind = Literal["pane", "window"]


class PaneHost(Protocol):
    """The page that shows the panes."""

    async def open(self, tab: str, url: str) -> None:
        """Show a frame of this name. Raises `DriverError` if no page is there."""

    async def close(self, tab: str) -> None: ...

    async def reload(self, tab: str) -> None:
        """Load its document anew: one that has no link cannot be asked to."""


@dataclass(frozen=True)
class Hello:
    """How a document introduces itself. Foreign input, checked by `links.py`."""

    tab: str
    document: str  # its own name: the same when a link comes back
    url: str
    framed: bool
    agent: str


class Sending(Protocol):
    async def send_text(self, data: str) -> None: ...


class Link:
    """One WebSocket of one document: what was asked, and not answered yet."""

    def __init__(self, socket: Sending) -> None:
        self.ended = asyncio.Event()
        self._socket = socket
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._last = 0

    async def ask(self, name: str, about: Any) -> Any:
        """Raises `DriverError`, in the page's own words, or because the link ended."""
        self._last += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[self._last] = answer
        number = self._last
        try:
            await self.send({"id": number, "ask": name, "about": about})
            return await answer
        finally:
            self._asked.pop(number, None)

    async def send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._socket.send_text(json.dumps(message, separators=(",", ":")))
        except Exception as error:  # whatever a server says when a socket is gone
            raise DriverError("its link has ended") from error

    def answered(self, number: object, value: Any, error: object) -> None:
        answer = self._asked.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():
            return  # too late, or never asked
        if error is not None:
            answer.set_exception(DriverError(str(error)[:500]))
        else:
            answer.set_result(value)

    def end(self) -> None:
        self.ended.set()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(DriverError("its link has ended"))


class Pane(Tab):
    def __init__(
        self,
        name: str,
        place: Place,
        recorder: Recorder,
        messages: TabMessages,
        host: PaneHost,
        kind: Kind,
    ) -> None:
        super().__init__(name, place, recorder, messages)
        self.kind: Kind = kind
        self.url = place.url
        self.agent = ""
        self.document_name = ""
        self.link: Link | None = None
        self.heard: dict[str, int] = {}
        """Of each document, how many of its reports have come."""
        self.loading = True
        """Its document is there or on its way, and has not been started."""
        self._host = host
        self._linked = asyncio.Event()
        self._awaited: asyncio.Future[None] | None = None  # a document that was asked for

    @property
    def address(self) -> str:
        """Where it begins, named for the wire, which takes the name out again."""
        url = self.place.url
        return f"{url}{'&' if '?' in url else '?'}__tab={self.name.partition('/')[2]}"

    @property
    def awaits_document(self) -> bool:
        return self._awaited is not None and not self._awaited.done()

    def came(self, hello: Hello, link: Link) -> None:
        """A document dials in: a new one, or one whose link was lost."""
        self.link = link
        self._linked.set()
        self.url, self.agent, self.document_name = hello.url, hello.agent, hello.document
        self.kind = "pane" if hello.framed else "window"
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    def lost(self, link: Link) -> bool:
        """Its link ended; whether it was the one in use."""
        if self.link is not link:
            return False
        self.link = None
        self._linked.clear()
        return True

    async def back(self, within_ms: float) -> bool:
        """Wait for a link; whether there is one."""
        try:
            async with asyncio.timeout(within_ms / 1000):
                await self._linked.wait()
            return True
        except TimeoutError:
            return False

    def hears(self, document: str, number: int) -> bool:
        """Whether a report is news: what may have been lost with a link is said again."""
        if number <= self.heard.get(document, 0):
            return False
        self.heard[document] = number
        return True

    # As every tab

    async def open(self) -> None:
        """Have it shown, and wait for its document."""
        await self._document(self._host.open(self.name, self.address))

    async def reload(self) -> None:
        await self._document(self._reload())

    async def close(self) -> str:
        link = self.link
        if self.kind == "pane":
            await self._host.close(self.name)
        elif link is not None:
            await link.ask("close", None)
        if link is None:
            return ""
        try:
            async with asyncio.timeout(CLOSE_MS_MAX / 1000):
                await link.ended.wait()
        except TimeoutError:
            raise DriverError(f"{self.name} does not let itself be closed: close its window") from None
        return "it was taken away, and its link ended"

    async def ask_page(self, name: str, about: Any = None, within_ms: float = ANSWER_MS_MAX) -> Any:
        try:
            async with asyncio.timeout(within_ms / 1000):
                if not await self.back(LINK_MS_MAX) or self.link is None:
                    raise DriverError("its document has no link to the lab")
                return await self.link.ask(name, about)
        except TimeoutError:
            raise DriverError(f"{self.name} did not answer within {within_ms:.0f} ms") from None
        except DriverError as error:
            raise DriverError(f"{self.name}: {error}") from error

    # Private

    async def _reload(self) -> None:
        if self.link is not None:
            await self.link.ask("reload", None)
        else:
            await self._host.reload(self.name)

    async def _document(self, asking: Any) -> None:
        """Ask for a document, and wait until it has come."""
        self.loading = True
        self._awaited = asyncio.get_running_loop().create_future()
        try:
            await asking
            async with asyncio.timeout(OPEN_MS_MAX / 1000):
                await self._awaited
        except TimeoutError:
            raise DriverError(
                f"{self.name} did not come within {OPEN_MS_MAX} ms: {self.place.url} did not load, or loads "
                "a page that the wire puts no script into"
            ) from None
        finally:
            self._awaited = None
        await self.learn_caps()

    async def start(self, did: Literal["opened", "reloaded"]) -> None:
        await super().start(did)
        self.loading = False
