"""How a world of the lab is put together: its wire's ports, its servers or somebody else's, its tabs.

Owns what stays the same from one world to the next (the demo's ports, so that its windows find their way
back; where links dial in) and which page shows the panes. What a session does with it is `run`'s.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.websockets import WebSocket

from ..drivers import cannot, links
from ..drivers.driver import Equipment, MakeDriver
from ..drivers.errors import DriverError
from ..drivers.panes import NAME as PANES
from ..drivers.panes import PanesDriver
from ..run.session import ADAPTERS, Options, Session
from ..scenario import Scenario
from ..wire.listeners import is_free
from .errors import LabError
from .free import free_scenario
from .panes import LabPanes, Past
from .server import LAB_HOST
from .world import LabWorld

DEMO_PAGE = "/"
OURS = Options(adapters={**ADAPTERS, "broadcast": DEMO_PAGE})
"""The reference stack: its demo, and adapters for what the demo does not speak."""
COME_AGAIN = 1013  # a document whose link is closed so dials in anew


@dataclass(frozen=True)
class Setup:
    """What the lab was started with. `profiles`: name -> its port (0: any free one)."""

    profiles: Mapping[str, int]
    lab_port: int
    options: Options = OURS
    """Whose servers and page."""
    words: tuple[str, ...] = ()
    """How a command line names those, if they are not the reference ones."""
    windows: bool = False
    """Tabs come as somebody opens windows, as in the demo: no pane is opened until one is asked for."""
    offer: Mapping[str, Any] = field(default_factory=dict)
    """What the documents of our own demo are told of the lab, as `__syncbed.lab`."""


class Worlds:
    panes = PANES
    cannot = cannot.PANES

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._ports: dict[str, int] = dict(setup.profiles)
        self._session: Session | None = None
        self.resolves = True
        """Whether the page's browser finds names under localhost."""
        self.ask_page: Callable[[str, str, str, str], None] = lambda does, tab, url, title: None
        self.has_page: Callable[[], bool] = lambda: False
        self.changed: Callable[[], None] = lambda: None
        self._browser: AsyncExitStack | None = None
        self._driver: PanesDriver | None = None
        self._sockets: set[WebSocket] = set()
        self._past = Past(secrets.token_bytes(32))

    @property
    def ports(self) -> dict[str, int]:
        """Of the running world: profile -> port."""
        wire = getattr(self._session, "wire", None)
        return wire.ports if wire is not None else {}

    # Worlds

    def free(self) -> Scenario:
        """A world without a script. Its tabs come when a page or somebody's window does."""
        return free_scenario(dict.fromkeys(self.setup.profiles, 0))

    async def session(self, base: Scenario, driver: str, headed: bool) -> Session:
        """Made, not begun. `driver` is panes unless it says tabs."""
        make = await self._tabs(headed) if driver == "tabs" else self._panes()
        # A world for a script has origins of its own: nothing is left in them that an SDK has stored, and
        # the windows of the demo, which go on meanwhile, are none of its tabs.
        ports = {name: self._port(name) for name in base.profiles} if not base.steps else {}
        options = replace(self.setup.options, ports=ports, names_resolve=self.resolves, holdable=True)
        return Session(base, make, None, options=options)

    def _port(self, name: str) -> int:
        """The profile's of the world before, so that its windows find their way. Between two worlds somebody
        may have taken it: then any other, unless this very one was asked for."""
        port = self._ports.get(name, 0)
        return port if self.setup.profiles.get(name) or is_free(port) else 0

    async def enter(self, session: Session, came_unasked: Callable[[], None]) -> None:
        if isinstance(session.driver, PanesDriver):
            self._driver = session.driver
            session.driver.listen(self.changed, lambda pane: came_unasked())
        self._session = session
        await session.__aenter__()
        if self.setup.windows and not session.scenario.steps:
            self._ports.update(session.wire.ports)

    async def leave(self, session: Session) -> None:
        """End a world. What of it does not end cleanly has nothing to say any more."""
        try:
            await session.__aexit__(None, None, None)
        finally:
            await self.left()

    async def left(self) -> None:
        """No world any more: whoever is linked to it, or dials in now, is asked to come again."""
        self._driver = self._session = None
        for socket in list(self._sockets):
            with suppress(RuntimeError):  # it has just gone by itself
                await socket.close(COME_AGAIN)
        await self._close_browser()

    async def add_profile(self, session: Session, name: str) -> None:
        """One more origin, with a port of its own."""
        await session.wire.add_profile(name, self._port(name))
        await session.driver.open_profile(session.place(name))

    async def close(self) -> None:
        await self._close_browser()

    # Tabs

    async def link(self, socket: WebSocket) -> None:
        """A tab's document dials in."""
        if self._driver is None:
            await socket.close(COME_AGAIN)
            return
        self._sockets.add(socket)
        try:
            with suppress(DriverError):  # it went in the middle of its welcome
                await links.link(self._driver, socket)
        finally:
            self._sockets.discard(socket)

    async def host(self, world: LabWorld | None, is_there: bool) -> None:
        """A page is there to show the panes of this world, or none is any more."""
        if not is_there or world is None or world.session.driver.name != PANES:
            return
        shown = [tab for tab in world.session.driver.tabs.values() if tab.kind == "pane"]
        for tab in shown:
            self.ask_page("open", tab.name, numbered(tab.place.url, tab.name), tab.name)
        if not shown and not self.setup.windows and not world.base.steps and not world.session.driver.tabs:
            for profile in self.setup.profiles:
                await world.take({"do": "open", "tab": f"{profile}/1"})

    def pop_out(self, world: LabWorld, tab: str) -> str:
        """The address that a window of this tab opens with; its frame is taken away once that has come."""
        found = world.session.driver.tab(tab)
        if world.session.driver.name != PANES:
            raise LabError("refused", "a real tab has a window of its own already")
        self.ask_page("close", tab, "", "")
        return numbered(str(found.url), tab)

    async def close_tabs(self, world: LabWorld) -> None:
        """Real tabs are not kept once they are judged."""
        await world.session.driver.close()
        world.session.driver.tabs.clear()

    # As the driver's page (`PaneHost`)

    async def open(self, tab: str, url: str) -> None:
        if not self.has_page():
            raise DriverError(f"{tab} cannot be shown: no page of the lab is open")
        self.ask_page("open", tab, numbered(url, tab), tab)

    async def reload(self, tab: str) -> None:
        self.ask_page("reload", tab, "", tab)

    async def take_away(self, tab: str) -> None:
        self.ask_page("close", tab, "", tab)

    # Private

    @property
    def link_url(self) -> str:
        host = LAB_HOST if self.resolves else "127.0.0.1"
        return f"ws://{host}:{self.setup.lab_port}/link"

    @property
    def origins(self) -> list[str]:
        """Where the lab's page may stand."""
        return [f"http://{host}:{self.setup.lab_port}" for host in (LAB_HOST, "localhost", "127.0.0.1")]

    def _panes(self) -> MakeDriver:
        host, offer = _Host(self), self.setup.offer

        def make(equipment: Equipment) -> LabPanes:
            return LabPanes(host, self.link_url, self.origins, equipment, past=self._past, offer=offer)

        return make

    async def _tabs(self, headed: bool) -> MakeDriver:
        try:
            from playwright.async_api import async_playwright
        except ModuleNotFoundError:
            raise LabError("refused", "playwright is not installed: pip install playwright") from None
        from ..drivers.chromium import Chromium
        from ..drivers.tabs import tabs_driver

        self._browser = AsyncExitStack()
        playwright = await self._browser.enter_async_context(async_playwright())
        chromium = Chromium(playwright, headed=headed)
        self._browser.push_async_callback(chromium.close)
        return tabs_driver(chromium)

    async def _close_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.aclose()


class _Host:
    """The lab's page as the driver asks it."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    async def open(self, tab: str, url: str) -> None:
        await self._worlds.open(tab, url)

    async def close(self, tab: str) -> None:
        await self._worlds.take_away(tab)

    async def reload(self, tab: str) -> None:
        await self._worlds.reload(tab)


def numbered(url: str, tab: str) -> str:
    """The URL that tells the wire whose document it is."""
    before, hash_sign, fragment = url.partition("#")
    if re.search(r"[?&]__tab=", before):
        return url
    number = tab.partition("/")[2]
    return f"{before}{'&' if '?' in before else '?'}__tab={number}{hash_sign}{fragment}"
