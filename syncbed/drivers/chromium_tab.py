"""A tab that is a page of Chromium, steered over Playwright and the browser's debugger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from ..evidence import Recorder
from .errors import DriverError
from .glue import tab_script
from .messages import TabMessages
from .tab import ANSWER_MS_MAX, OPEN_MS_MAX, Place, Tab

REPORT = "__syncbed_report"


class ChromiumTab(Tab):
    def __init__(
        self,
        name: str,
        place: Place,
        page: Page,
        session: CDPSession,
        recorder: Recorder,
        messages: TabMessages,
    ) -> None:
        super().__init__(name, place, recorder, messages)
        self.page = page
        self.session = session
        self.crashed = asyncio.Event()
        self.on_unasked_crash: Callable[[ChromiumTab], None] = lambda tab: None
        self.crash_asked = False
        page.on("crash", lambda _: self._crashed())
        page.on("pageerror", lambda error: self.note(f"uncaught in the page: {error}"))
        session.on("Runtime.bindingCalled", self._called)

    @classmethod
    async def attach(
        cls,
        name: str,
        place: Place,
        page: Page,
        recorder: Recorder,
        messages: TabMessages,
        scripts: Sequence[str],
    ) -> ChromiumTab:
        """Make a blank page a tab: its name on every request, `scripts` before every first one."""
        session = await page.context.new_cdp_session(page)
        tab = cls(name, place, page, session, recorder, messages)
        await session.send("Runtime.enable")
        await session.send("Runtime.addBinding", {"name": REPORT})
        await page.set_extra_http_headers({"X-Syncbed-Tab": name.partition("/")[2]})
        for script in (tab_script(name), *scripts):
            await page.add_init_script(script)
        return tab

    async def load(self) -> None:
        """Fetch the adapter page; nothing is started yet, but `caps` is known."""
        await self._navigated(self.page.goto(self.place.url, timeout=OPEN_MS_MAX))
        await self.learn_caps()
        self.need_adapter()

    async def reload(self) -> None:
        await self._navigated(self.page.reload(timeout=OPEN_MS_MAX))

    async def close(self) -> str:
        await self.page.close()
        return "the browser closed the page" if self.page.is_closed() else ""

    async def ask_page(self, name: str, about: Any = None, within_ms: float = ANSWER_MS_MAX) -> Any:
        return await self.evaluate("([name, about]) => __syncbed[name](about)", [name, about], within_ms)

    async def evaluate(self, expression: str, argument: Any = None, within_ms: float = ANSWER_MS_MAX) -> Any:
        """For what only a debugger may do to a page."""
        try:
            async with asyncio.timeout(within_ms / 1000):
                return await self.page.evaluate(expression, argument)
        except TimeoutError:
            raise DriverError(f"{self.name} did not answer within {within_ms:.0f} ms") from None
        except PlaywrightError as error:
            raise DriverError(f"{self.name}: {error.message}") from error

    # Private

    async def _navigated(self, navigation: Any) -> None:
        try:
            await navigation
        except PlaywrightError as error:
            raise DriverError(f"{self.name} could not load its page: {error.message}") from error

    def _called(self, event: Mapping[str, Any]) -> None:
        if event["name"] == REPORT:
            self.reported(event["payload"])

    def _crashed(self) -> None:
        self.crashed.set()
        if not self.crash_asked:
            self.on_unasked_crash(self)
