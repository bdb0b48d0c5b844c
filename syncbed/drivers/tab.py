"""One tab: a page of Chromium, the documents it has had, and what they report.

Owns the way into the page and out of it. The adapter `window.bed` is called through the glue in
`page/bed.js`; what it says comes back over the debugger, never over the network, and is written down
with the document's own count and clock. Refuses to know what a scenario is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from ..evidence import DRIVER, Recorder
from ..trace import Clock, Info, Note, TabLife, document_of
from .errors import DriverError
from .reports import kind_of

GLUE = (Path(__file__).parent / "page" / "bed.js").read_text(encoding="utf-8")
REPORT = "__syncbed_report"
ANSWER_MS_MAX = 20_000
OPEN_MS_MAX = 20_000


@dataclass(frozen=True)
class Place:
    """Where a profile's tabs go: through its own port of the wire."""

    profile: str
    origin: str  # http://alice.lab.localhost:9001
    page: str  # the adapter's path: /static/bed/reference.html
    collection: str


class Tab:
    def __init__(self, name: str, place: Place, page: Page, session: CDPSession, recorder: Recorder) -> None:
        self.name = name
        self.place = place
        self.page = page
        self.session = session
        self.life = 0
        self.caps: tuple[str, ...] = ()
        self.crashed = asyncio.Event()
        self.open_ops: set[str] = set()
        self.busy: dict[str, asyncio.Future[float]] = {}  # fault -> for how long it really was
        self._recorder = recorder
        page.on("crash", lambda _: self.crashed.set())
        page.on("pageerror", lambda error: self._note(f"uncaught in the page: {error}"))
        session.on("Runtime.bindingCalled", self._reported)

    @classmethod
    async def attach(
        cls, name: str, place: Place, page: Page, recorder: Recorder, scripts: Sequence[str]
    ) -> Tab:
        """Make a blank page a tab: its name on every request, `scripts` before every first one."""
        session = await page.context.new_cdp_session(page)
        tab = cls(name, place, page, session, recorder)
        await session.send("Runtime.enable")
        await session.send("Runtime.addBinding", {"name": REPORT})
        await page.set_extra_http_headers({"X-Syncbed-Tab": name.partition("/")[2]})
        for script in (GLUE, *scripts):
            await page.add_init_script(script)
        return tab

    @property
    def document(self) -> str:
        return document_of(self.name, self.life)

    # Life

    async def load(self) -> None:
        """Fetch the adapter page; nothing is started yet, but `caps` is known."""
        await self._navigated(self.page.goto(self.place.origin + self.place.page, timeout=OPEN_MS_MAX))
        caps = await self.evaluate("() => globalThis.bed?.caps ?? null")
        if caps is None:
            raise DriverError(
                f"{self.place.origin}{self.place.page} defines no window.bed: see docs/writing-an-adapter.md"
            )
        self.caps = tuple(caps)

    async def reload(self) -> None:
        await self._navigated(self.page.reload(timeout=OPEN_MS_MAX))

    async def start(self, did: Literal["opened", "reloaded"]) -> None:
        """Start the adapter in the page's present document, which from here on speaks for the tab."""
        self.life += 1
        await self._read_clock()
        self._recorder.write(DRIVER, TabLife(self.name, did, self.document))
        place = self.place
        about = {"url": place.origin, "profile": place.profile, "collection": place.collection}
        await self.evaluate("([life, about]) => __syncbed.start(life, about)", [self.life, about])

    def gone(self, did: Literal["reloaded", "closed", "crashed"]) -> None:
        """Its document is no more: what it had not heard the end of, nobody will."""
        for op in sorted(self.open_ops):
            self._recorder.write(DRIVER, Info(op, f"the tab was {did}"))
        self.open_ops.clear()
        if did != "reloaded":
            self._recorder.write(DRIVER, TabLife(self.name, did))

    # Into the page

    async def evaluate(self, expression: str, argument: Any = None, within_ms: float = ANSWER_MS_MAX) -> Any:
        """Ask the page; raises `DriverError` if it does not answer (frozen, busy, crashed)."""
        try:
            async with asyncio.timeout(within_ms / 1000):
                return await self.page.evaluate(expression, argument)
        except TimeoutError:
            raise DriverError(f"{self.name} did not answer within {within_ms:.0f} ms") from None
        except PlaywrightError as error:
            raise DriverError(f"{self.name}: {error.message}") from error

    async def act(self, ops: Sequence[Mapping[str, Any]]) -> None:
        self.open_ops.update(op["id"] for op in ops)
        await self.evaluate("ops => __syncbed.act(ops)", ops)

    async def call(self, op: str, name: str) -> None:
        """`bed.connect()` or `bed.disconnect()`, as an op."""
        self.open_ops.add(op)
        await self.evaluate("([op, name]) => __syncbed.call(op, name)", [op, name])

    async def ask(self, what: str, about: object) -> Any:
        """For held mode, whose script has put `__held` into the page."""
        return await self.evaluate("([what, about]) => __held[what](about)", [what, about])

    async def look(self) -> dict[str, Any]:
        """What it shows, what is pending, its state; `live` if it believes to show all there is."""
        found: dict[str, Any] = await self.evaluate("() => __syncbed.look()")
        return found

    # Private

    async def _navigated(self, navigation: Any) -> None:
        try:
            await navigation
        except PlaywrightError as error:
            raise DriverError(f"{self.name} could not load its page: {error.message}") from error

    async def _read_clock(self) -> None:
        """How far the page's clock is from the bed's: it was read somewhere between asking and hearing."""
        asked_ms = self._recorder.now_ms()
        page_ms = float(await self.evaluate("() => __syncbed.clock()"))
        heard_ms = self._recorder.now_ms()
        clock = Clock(self.document, (asked_ms + heard_ms) / 2 - page_ms, (heard_ms - asked_ms) / 2)
        self._recorder.write(DRIVER, clock)

    def _reported(self, event: Mapping[str, Any]) -> None:
        if event["name"] != REPORT:
            return
        report = json.loads(event["payload"])
        if report["kind"] == "was_busy":
            self.busy[report["fault"]].set_result(report["ms"])
        what = kind_of(self.name, report)
        if "op" in report:
            self.open_ops.discard(report["op"])
        # A document that was left may still be heard: it speaks for itself.
        source = document_of(self.name, report["life"])
        self._recorder.write(source, what, at_ms=report["at_ms"], n=report["n"])

    def _note(self, text: str) -> None:
        self._recorder.write(DRIVER, Note(text, {"tab": self.name}))
