"""The least that a lab is to its panes: a page that shows frames, and the endpoint that documents dial.

Served by a server of its own; the page is a real one of Chromium, driven over Playwright.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from playwright.async_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from syncbed.drivers.driver import Equipment, MakeDriver
from syncbed.drivers.links import link
from syncbed.drivers.panes import PanesDriver, panes_driver


class QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Frames:
    """A `PaneHost`."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def open(self, tab: str, url: str) -> None:
        await self._page.evaluate(
            """([tab, url]) => {
                const frame = document.createElement('iframe');
                Object.assign(frame, { name: tab, src: url });
                document.body.append(frame);
            }""",
            [tab, url],
        )

    async def close(self, tab: str) -> None:
        await self._page.evaluate("tab => document.querySelector(`iframe[name='${tab}']`)?.remove()", tab)

    async def reload(self, tab: str) -> None:
        await self._page.evaluate(
            "tab => { const frame = document.querySelector(`iframe[name='${tab}']`);"
            " frame.src = frame.src; }",
            tab,
        )


class LabPage:
    """The page and its server; the driver of the run that is played is `driver`."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.driver: PanesDriver
        self.page: Page
        self._links: list[WebSocket] = []
        self._raw = socket.socket()
        self._raw.bind(("127.0.0.1", 0))
        self.port = self._raw.getsockname()[1]
        routes = [Route("/", self._shown), WebSocketRoute("/link", self._link)]
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off")
        self._server = QuietServer(config)
        self._serving: asyncio.Task[None]

    async def start(self) -> None:
        self._raw.listen()
        self._serving = asyncio.create_task(self._server.serve([self._raw]))
        self.page = await self.context.new_page()
        await self.page.goto(f"http://lab.localhost:{self.port}/")

    async def close(self) -> None:
        await self.page.close()
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    def maker(self) -> MakeDriver:
        origin = f"lab.localhost:{self.port}"
        make = panes_driver(Frames(self.page), f"ws://{origin}/link", [f"http://{origin}"])

        def keep(equipment: Equipment) -> PanesDriver:
            driver = make(equipment)
            assert isinstance(driver, PanesDriver)
            self.driver = driver
            return driver

        return keep

    async def drop_links(self) -> None:
        """End every link, without a word from the documents."""
        links, self._links = self._links, []
        for each in links:
            with suppress(RuntimeError, WebSocketDisconnect):  # it may be gone already
                await each.close(1012)

    # Private

    async def _shown(self, request: Request) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>panes</title>", headers={"Origin-Agent-Cluster": "?1"})

    async def _link(self, socket: WebSocket) -> None:
        self._links.append(socket)
        await link(self.driver, socket)
