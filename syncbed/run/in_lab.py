"""`syncbed run --driver lab`: the lab's own server, and its own page in a Chromium that shows the panes.

The page is the one that a person opens; it may look on, and is refused what it asks for: the run plays.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from ..drivers import cannot
from ..drivers.chromium import Chromium
from ..drivers.driver import Equipment, MakeDriver
from ..drivers.errors import DriverError
from ..drivers.links import link
from ..drivers.panes import PanesDriver, panes_driver
from ..drivers.tabs import told
from ..lab.errors import LabError
from ..lab.live import Live
from ..lab.offers import hello
from ..lab.server import LAB_HOST, Doors, LabServer, build_app
from ..lab.state import EMPTY, state
from ..lab.world import LabWorld
from ..trace import Header, Kind, Record, to_json
from ..world.reference import reference_root
from .session import Session

PAGE_S_MAX = 20.0
REFUSED = LabError("refused", "`syncbed run` plays here: open a lab of your own with `syncbed lab`")


class LabStage:
    """One lab page, for one run after the other."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._server = LabServer(0)
        self._live = Live(lambda: hello(cannot.PANES), self._state, self._refuse)
        self._here = asyncio.Event()
        self._live.on_host = self._host
        self._driver: PanesDriver | None = None
        self._world: LabWorld | None = None
        self._runs = 0
        self._end: Any = None

    async def __aenter__(self) -> LabStage:
        self._server.listen()
        doors = Doors(self._server.token, self._ports)
        app = build_app(reference_root() / "static", doors, self._live.talk, self._link)
        await self._server.start(app)
        context, self._end = await self._chromium.context()
        with told("the lab's page"):
            page = await context.new_page()
            await page.goto(self._server.url)
        try:
            async with asyncio.timeout(PAGE_S_MAX):
                await self._here.wait()
        except TimeoutError:
            raise DriverError(f"the lab's page did not come to life within {PAGE_S_MAX:g} s") from None
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._end is not None:
            await self._end()
        await self._live.close()
        await self._server.stop()

    def maker(self) -> MakeDriver:
        host = f"{LAB_HOST}:{self._server.port}"
        make = panes_driver(Frames(self._live), f"ws://{host}/link", [f"http://{host}"])

        def keep(equipment: Equipment) -> PanesDriver:
            driver = make(equipment)
            assert isinstance(driver, PanesDriver)
            driver.listen(self._live.changed, lambda pane: None)
            self._driver = driver
            return driver

        return keep

    def watch(self, session: Session) -> None:
        """Let the page see this run, which is about to begin."""
        self._runs += 1
        run, scenario = self._runs, session.scenario
        about = {
            "name": scenario.name,
            "title": scenario.title,
            "about": scenario.about,
            "raw": dict(scenario.raw),
        }
        self._world = None  # there is nothing to see of it yet
        self._live.reset(run, {}, about)

        def keep(record: Record[Kind]) -> None:
            if isinstance(record.what, Header):
                self._live.reset(run, to_json(record), about)
                self._world = LabWorld(scenario, session, changed=self._live.changed)
            self._live.add(record)

        session.recorder.on_record(keep)

    # Private

    def _host(self) -> None:
        if self._live.has_host:
            self._here.set()

    def _state(self) -> dict[str, Any]:
        return EMPTY if self._world is None else state(self._world)

    async def _refuse(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        return {"error": REFUSED.to_json()}

    def _ports(self) -> set[int]:
        places = self._driver.places.values() if self._driver is not None else ()
        return {port for place in places if (port := urlsplit(place.origin).port) is not None}

    async def _link(self, socket: WebSocket) -> None:
        if self._driver is None:
            await socket.close(1013)
            return
        await link(self._driver, socket)


class Frames:
    """The lab's page as the driver asks it (`PaneHost`)."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def open(self, tab: str, url: str) -> None:
        if not self._live.has_host:
            raise DriverError(f"{tab} cannot be shown: the lab's page is gone")
        self._live.pane("open", tab, url, tab)

    async def close(self, tab: str) -> None:
        self._live.pane("close", tab, "", tab)

    async def reload(self, tab: str) -> None:
        self._live.pane("reload", tab, "", tab)
