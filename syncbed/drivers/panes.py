"""The driver `panes`: a tab is a frame of the lab's page, or a window, that dials in by itself.

Owns which document is which tab: one that was asked for, one that a user opened, reloaded or left by
himself, one whose link was only lost for a moment. What a page cannot do to itself for real is refused by
name (`cannot.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlsplit

from . import cannot
from .driver import Driver, Equipment, MakeDriver
from .errors import DriverError
from .faults import BY_THE_PAGE
from .glue import pane_script
from .pane import LINK_MS_MAX, Hello, Link, Pane, PaneHost
from .tab import Place

NAME = "panes"
NUMBERS_MAX = 99
LOOPBACK = ("127.0.0.1", "::1", "localhost")
RESERVED_S = 10.0
"""How long a number is kept for a window that was given it and has not dialled in."""
OVERLAP_MS = 400
"""How long the document that is left may be heard after the next one of its tab."""
TAB = re.compile(r"(?P<profile>[A-Za-z0-9_-]{1,40})/(?P<number>[1-9][0-9]?)")
BROWSER = re.compile(r"(?P<name>Firefox|Edg|Chrome|Version)/(?P<version>[\d.]+)")
BROWSERS = {"Chrome": "chromium", "Edg": "edge", "Firefox": "firefox", "Version": "webkit"}
UNSEEN = (
    "requests and sockets of shared workers and service workers",
    "WebRTC and WebTransport",
    "whatever a page sends past the wire: a page cannot be watched from within",
    "panes of one origin share sessionStorage and a renderer process",
)


def panes_driver(host: PaneHost, link: str, labs: Sequence[str]) -> MakeDriver:
    """`link`: the WebSocket URL that documents dial; `labs`: the origins of the page that shows the panes."""
    return lambda equipment: PanesDriver(host, link, labs, equipment)


class PanesDriver(Driver[Pane]):
    name = NAME
    uncontrolled = UNSEEN
    cannot = cannot.PANES
    in_frames = True
    faults = BY_THE_PAGE

    def __init__(self, host: PaneHost, link: str, labs: Sequence[str], equipment: Equipment) -> None:
        super().__init__(equipment)
        self.places: dict[str, Place] = {}
        self._host = host
        self._link_url = link
        self._labs = labs
        self._upstreams: dict[str, str] = {}
        self._named = equipment.tabs
        self._secret = secrets.token_bytes(32)
        self._coming: dict[str, Pane] = {}  # asked for, and not one of the run's tabs yet
        self._reserved: dict[str, float] = {}  # a number given away -> until when it is kept
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: Callable[[], None] = lambda: None
        self._came_unasked: Callable[[Pane], None] = lambda pane: None
        self._open = True

    def listen(self, changed: Callable[[], None], came_unasked: Callable[[Pane], None]) -> None:
        """Tell of each tab that came, went, or lost its link; and of each document that nobody had asked for,
        once it is started: in a held world it is not quiet yet.
        """
        self._changed, self._came_unasked = changed, came_unasked

    # For the wire

    def attach(self, wire: Any) -> None:
        upstreams = wire.settings.upstreams
        several = len(upstreams) > 1
        self._upstreams = {
            f"{'localhost' if each.host in LOOPBACK else each.host}:{each.port}": each.name if several else ""
            for each in upstreams
        }
        parts = urlsplit(self._link_url)
        wire.serve_panes(self.script, self.assign_tab, [f"{parts.scheme}://{parts.netloc}"])

    def script(self, profile: str, number: str) -> str:
        """What the documents of a tab run first."""
        tab = f"{profile}/{number}"
        if not TAB.fullmatch(tab):
            return ""
        return pane_script(
            tab, self._link_url, self.token(tab), self._labs, self.scripts(tab), self._upstreams
        )

    def assign_tab(self, profile: str) -> str:
        """The number of a window that somebody has opened by himself."""
        now = asyncio.get_running_loop().time()
        self._reserved = {tab: until for tab, until in self._reserved.items() if until > now}
        taken = {*self.tabs, *self._coming, *self._reserved, *self._named}
        for number in range(1, NUMBERS_MAX + 1):
            if (tab := f"{profile}/{number}") not in taken:
                self._reserved[tab] = now + RESERVED_S
                return str(number)
        return str(NUMBERS_MAX)

    def token(self, tab: str) -> str:
        """What a tab's documents show when they dial in."""
        return hmac.new(self._secret, tab.encode(), hashlib.sha256).hexdigest()

    def admits(self, tab: str, token: str) -> bool:
        return hmac.compare_digest(self.token(tab), token)

    # As every driver

    async def open_profile(self, place: Place) -> None:
        self.places[place.profile] = place

    async def load(self, name: str) -> Pane:
        if name in self.tabs:
            raise DriverError(f"{name} is open already")
        pane = self._pane(name, "pane")
        self._coming[name] = pane
        try:
            await pane.open()
        finally:
            self._coming.pop(name, None)
        self.came(pane)
        self._changed()
        return pane

    async def versions(self) -> dict[str, str]:
        for pane in self.tabs.values():
            if match := BROWSER.search(pane.agent):
                return {BROWSERS[match["name"]]: match["version"]}
        return {}

    def forget(self, tab: Pane) -> None:
        super().forget(tab)
        self._changed()

    async def close(self) -> None:
        self._open = False
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pane in self.tabs.values():
            if pane.kind == "pane":
                await self._host.close(pane.name)

    # Documents that dial in

    async def arrived(self, hello: Hello, link: Link) -> Pane | None:
        """Whose document this is. None: nobody's, it is not wanted.

        Raises nothing; what a new document needs is done in a task, so that its link can be read meanwhile.
        """
        profile = hello.tab.partition("/")[0]
        if not self._open or profile not in self.places:
            return None
        pane = self.tabs.get(hello.tab) or self._coming.get(hello.tab)
        if pane is not None and not await self._is_next(pane, hello):
            pane = None
        if pane is not None:
            self._same_tab(pane, hello, link)
        else:
            spoken_for = self._named - self._lives.keys()  # the scenario will open it
            free = hello.tab not in (*self.tabs, *self._coming, *spoken_for)
            name = hello.tab if free else f"{profile}/{self.assign_tab(profile)}"
            self._reserved.pop(name, None)
            pane = self._coming[name] = self._pane(name, "window")
            pane.came(hello, link)
            self._do(self._adopt(pane))
        self._changed()
        return pane

    def left(self, pane: Pane, link: Link) -> None:
        """A link ended: its document may be gone, be followed by the next, or come back."""
        link.end()
        if not pane.lost(link) or self.tabs.get(pane.name) is not pane or not self._open:
            return
        self.silent(pane)  # it cannot be asked meanwhile
        self._changed()
        if not pane.awaits_document:
            self._do(self._wait_for(pane))

    # Private

    async def _is_next(self, pane: Pane, hello: Hello) -> bool:
        """Whether this document takes the tab over from the one before, or is another tab of the same name
        (a browser gives a duplicate the name of its original).
        """
        before = pane.link
        if before is None or pane.awaits_document or pane.document_name == hello.document:
            return True
        try:
            async with asyncio.timeout(OVERLAP_MS / 1000):
                await before.ended.wait()
            return True
        except TimeoutError:
            return False

    def _same_tab(self, pane: Pane, hello: Hello, link: Link) -> None:
        asked, same = pane.awaits_document, pane.document_name == hello.document
        before = pane.link
        pane.came(hello, link)
        if before is not None and before is not link:
            before.end()
        if asked or pane.name in self._coming:
            return
        if same:
            self.answers(pane)
        else:
            self._do(self._follow(pane))

    async def _adopt(self, pane: Pane) -> None:
        """A window that somebody opened becomes a tab."""
        try:
            await pane.learn_caps()
            self._coming.pop(pane.name, None)
            self.came(pane)
            await pane.start("opened")
        except DriverError as error:
            pane.note(f"{pane.name} came, and could not be started: {error}")
        finally:
            self._coming.pop(pane.name, None)
            self._changed()
        self._came_unasked(pane)

    async def _follow(self, pane: Pane) -> None:
        """A document that nobody asked for: its user, or its page, has reloaded it or gone elsewhere."""
        pane.loading = True
        pane.gone("reloaded")
        pane.note(f"{pane.name} has another document, unasked: {pane.url}")
        try:
            await pane.learn_caps()
            self.answers(pane)
            await pane.start("reloaded")
        except DriverError as error:
            pane.note(f"{pane.name} has another document, and it could not be started: {error}")
        self._changed()
        self._came_unasked(pane)

    async def _wait_for(self, pane: Pane) -> None:
        if await pane.back(LINK_MS_MAX) or pane.awaits_document or self.tabs.get(pane.name) is not pane:
            return
        pane.note(f"{pane.name} is gone: it was closed, or shows a page that did not come through the wire")
        pane.gone("closed")
        self.forget(pane)

    def _pane(self, name: str, kind: Any) -> Pane:
        profile = name.partition("/")[0]
        place = self.places[profile]
        pane = Pane(name, place, self.recorder, self.messages_of(profile), self._host, kind)
        pane.life = self._lives.get(name, 0)
        return pane

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
