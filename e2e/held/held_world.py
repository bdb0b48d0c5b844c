"""A held world for tests and for `bench/held.py`: real servers, a real wire, real tabs that stay warm.

Two profiles, three tabs: alice/1 and alice/2 share a browser profile, bob/1 has his own. The application in
each tab is the reference SDK with one collection, steered by `evaluate`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from syncbed.held import Choice, Held, PageTab, QuietLimits, page_script
from syncbed.wire import Upstream, Wire, WireSettings
from syncbed.world import ReferenceProcess
from syncbed.world.chromium import launch_arguments, named_chromium, system_chromium

PROFILES = {"alice": 2, "bob": 1}

CLOSE = "() => { app?.collection.close(); app?.client.close(); app = null; }"
OPEN = """async (name) => {
  const { BroadcastClient, createCollection } = await import('/static/sdk/index.js');
  const client = new BroadcastClient('/ws/broadcast', { tabChannel: name }); // its outbox is this run's alone
  const collection = createCollection({ name, client });
  Object.assign(globalThis, { app: { client, collection } }, collection);
  client.connect();
}"""
BEGIN = "globalThis.app = null;"
VIEW = "() => ({items: items(), state: app.client.state, pending: pending().length})"


@dataclass
class HeldWorld:
    reference: ReferenceProcess
    wire: Wire
    held: Held
    browser: Browser
    pages: dict[str, Page] = field(default_factory=dict)
    run: int = 0

    @property
    def collection(self) -> str:
        """Each run has its own; all names are equally long."""
        return f"orders-{self.run:06}"

    async def open_tab(self, name: str, page: Page, **script: Any) -> None:
        profile, _, number = name.partition("/")
        await page.set_extra_http_headers({"X-Syncbed-Tab": number})
        await page.add_init_script(page_script(name, **script))
        await page.add_init_script(BEGIN)
        await page.goto(f"http://{profile}.lab.localhost:{self.wire.ports[profile]}/health")
        self.pages[name] = page
        self.held.add_tab(PageTab(name, page))

    async def begin(self, seed: int = 1) -> None:
        """A run: the tabs forget the last one, and open a collection of their own. Nothing has passed yet."""
        for page in self.pages.values():
            await page.evaluate(CLOSE)
        self.run += 1
        await self.held.restart(seed)
        for page in self.pages.values():
            await page.evaluate(OPEN, self.collection)
            await self.held.quiet()  # whose transaction is the first makes the profile's client id

    async def act(self, tab: str, script: str) -> Any:
        """Run a script in a tab, with `app` and the collection's functions at hand, and wait for quiet."""
        answer = await self.pages[tab].evaluate(script)
        await self.held.quiet()
        return answer

    async def view(self, tab: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.pages[tab].evaluate(VIEW)
        return found

    def in_flight(self) -> list[str]:
        """What may be chosen, with a digest of each payload, whatever this run's collection is called."""
        return [
            f"{waiting.message.name} {digest(waiting.message.payload, self.collection)}".replace(
                self.collection, "orders"
            )
            for waiting in self.held.messages()
        ]

    def names(self) -> list[str]:
        return [waiting.message.name for waiting in self.held.messages()]

    def translate(self, schedule: list[Choice], run: int) -> list[Choice]:
        """The schedule of an earlier run, for the present one."""
        was = f"orders-{run:06}"
        return [
            Choice(each.does, each.name.replace(was, self.collection), each.tab, each.by_ms)
            for each in schedule
        ]


EPOCH = re.compile(rb'"epoch":"[^"]+"')


def digest(payload: str | bytes | None, collection: str) -> str:
    """Of what it says, but for the names that are new in each run: the collection's, and its epoch."""
    raw = payload.encode() if isinstance(payload, str) else payload or b""
    plain = EPOCH.sub(b'"epoch":""', raw.replace(collection.encode(), b"orders"))
    return hashlib.blake2b(plain, digest_size=4).hexdigest()


@asynccontextmanager
async def held_world(
    reference: ReferenceProcess, limits: QuietLimits | None = None, *, rewrite_host: bool = False
) -> AsyncIterator[HeldWorld]:
    async with AsyncExitStack() as stack:
        upstream = Upstream("main", "127.0.0.1", reference.port, rewrite_host=rewrite_host)
        wire = Wire(WireSettings((upstream,), dict.fromkeys(PROFILES, 0)))
        await wire.start()
        stack.push_async_callback(wire.stop)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=named_chromium() or system_chromium(), args=launch_arguments()
        )
        stack.push_async_callback(browser.close)
        held = Held(wire, limits=limits)
        stack.callback(held.close)
        world = HeldWorld(reference, wire, held, browser)
        for profile, tabs in PROFILES.items():
            context = await browser.new_context()
            for number in range(1, tabs + 1):
                await world.open_tab(f"{profile}/{number}", await context.new_page())
        await held.hold()
        yield world
