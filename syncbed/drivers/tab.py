"""One tab, as every driver has it: its name, the documents it has had, what they are asked and report.

The adapter `window.bed` is called through the glue in `page/bed.js`, by the names of its functions; how
a call gets into the page and a report out of it is a driver's own (`chromium_tab.py`, `pane.py`), and
never the network under test. What a page reports is written down with the document's own count and
clock. Refuses to know what a scenario is.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..evidence import DRIVER, Recorder
from ..trace import Clock, Info, Invoke, Kind, Note, TabLife, document_of
from .errors import DriverError
from .messages import TabMessages
from .reports import ReportError, check_post, kind_of, read_report

ANSWER_MS_MAX = 20_000
OPEN_MS_MAX = 20_000

Gone = Literal["reloaded", "closed", "crashed"]


@dataclass(frozen=True)
class Place:
    """Where a profile's tabs go: through its own port of the wire."""

    profile: str
    origin: str  # http://alice.lab.localhost:9001
    page: str  # the adapter's path: /static/bed/reference.html; or its URL, if it comes from elsewhere
    collection: str

    @property
    def url(self) -> str:
        return self.origin + self.page if self.page.startswith("/") else self.page


class Tab(ABC):
    """What the run does with a tab. `messages` are its profile's, between tabs."""

    def __init__(self, name: str, place: Place, recorder: Recorder, messages: TabMessages) -> None:
        self.name = name
        self.place = place
        self.life = 0
        self.caps: tuple[str, ...] | None = None
        """What the adapter claims; None if the page has none."""
        self.open_ops: set[str] = set()
        self.busy: dict[str, asyncio.Future[float]] = {}  # fault -> for how long it really was
        self._recorder = recorder
        self._messages = messages
        self._clocks: dict[int, float] = {}  # document -> how far its clock is from the bed's

    @property
    def document(self) -> str:
        return document_of(self.name, self.life)

    # What each driver does its own way

    @abstractmethod
    async def ask_page(self, name: str, about: Any = None, within_ms: float = ANSWER_MS_MAX) -> Any:
        """The value of `__syncbed[name](about)` in the page.

        Raises `DriverError` if it does not answer (frozen, busy, gone).
        """

    @abstractmethod
    async def reload(self) -> None:
        """Another document, loaded and not started yet."""

    @abstractmethod
    async def close(self) -> str:
        """Close it; the evidence that it is closed, or ""."""

    # Life

    async def learn_caps(self) -> None:
        """After each load: what the page's adapter claims."""
        caps = await self.ask_page("caps")
        self.caps = tuple(map(str, caps)) if caps is not None else None

    def need_adapter(self) -> None:
        """Raises `DriverError` for a page that cannot be driven."""
        if self.caps is None:
            raise DriverError(f"{self.place.url} defines no window.bed: see docs/writing-an-adapter.md")

    async def start(self, did: Literal["opened", "reloaded"]) -> None:
        """Start the adapter in the page's present document, which from here on speaks for the tab."""
        self.life += 1
        await self._read_clock()
        self._recorder.write(DRIVER, TabLife(self.name, did, self.document))
        place = self.place
        about = {"url": place.origin, "profile": place.profile, "collection": place.collection}
        await self.ask_page("start", {"life": self.life, **about})

    def gone(self, did: Gone) -> None:
        """Its document is no more: what it had not heard the end of, nobody will."""
        for op in sorted(self.open_ops):
            self._recorder.write(DRIVER, Info(op, f"the tab was {did}"))
        self.open_ops.clear()
        if did != "reloaded":
            self._recorder.write(DRIVER, TabLife(self.name, did))

    # Into the page

    async def act(self, ops: Sequence[Mapping[str, Any]]) -> None:
        self.open_ops.update(op["id"] for op in ops)
        await self.ask_page("act", list(ops))

    async def call(self, op: str, name: str) -> None:
        """`bed.connect()` or `bed.disconnect()`, as an op."""
        self.open_ops.add(op)
        await self.ask_page("call", {"op": op, "name": name})

    async def ask(self, what: str, about: object) -> Any:
        """For held mode, whose script has put `__held` into the page."""
        return await self.ask_page("held", {"what": what, "about": about})

    async def look(self) -> dict[str, Any]:
        """What it shows, what is pending, its state; `live` if it believes to show all there is."""
        found: dict[str, Any] = await self.ask_page("look")
        return found

    # Out of the page

    def reported(self, told: object) -> None:
        """A report, as the page gave it: foreign input."""
        try:
            report = read_report(told, lives_max=self.life)
        except ReportError as error:
            self.note(f"{self.name} reported what cannot be read: {error}")
            return
        try:
            what = self._kind_of(report)
        except ReportError as error:  # it stands in its place, so that nothing seems to be lost
            what = Note(f"{self.name} reported what cannot be read: {error}", {"report": report["kind"]})
        done = self.busy.get(str(report.get("fault"))) if report["kind"] == "was_busy" else None
        if done is not None and not done.done() and isinstance(report.get("ms"), int | float):
            done.set_result(report["ms"])
        if isinstance(what, Invoke):
            self.open_ops.add(report["op"])
        elif "op" in report:
            self.open_ops.discard(report["op"])
        # A document that was left may still be heard: it speaks for itself.
        source = document_of(self.name, report["life"])
        self._recorder.write(source, what, at_ms=report["at_ms"], n=report["n"])

    def note(self, text: str) -> None:
        self._recorder.write(DRIVER, Note(text, {"tab": self.name}))

    # Private

    def _kind_of(self, report: Mapping[str, Any]) -> Kind:
        if report["kind"] in ("posted", "heard"):
            check_post(report)
            return self._messages.take(self.name, report, self._clocks.get(report["life"], 0.0))
        return kind_of(self.name, report, self.place.collection)

    async def _read_clock(self) -> None:
        """How far the page's clock is from the bed's: it was read somewhere between asking and hearing."""
        asked_ms = self._recorder.now_ms()
        page_ms = float(await self.ask_page("clock"))
        heard_ms = self._recorder.now_ms()
        offset_ms = (asked_ms + heard_ms) / 2 - page_ms
        self._clocks[self.life] = offset_ms
        self._recorder.write(DRIVER, Clock(self.document, offset_ms, (heard_ms - asked_ms) / 2))
