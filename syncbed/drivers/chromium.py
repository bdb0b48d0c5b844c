"""Chromium, opened for a run: one for all profiles, or a process for each.

Owns launching and ending. A page can only be frozen or hidden for real where Playwright has not
told the browser to look focused, which it does in every context but the default one of a browser it
merely connected to: so a scenario that freezes or hides gives each profile its own process.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Playwright
from playwright.async_api import Error as PlaywrightError

from ..world import WatchedProcess
from ..world.chromium import MISSING, SYSTEM_NAMES, launch_arguments, named_chromium
from .errors import DriverError

NO_WINDOW = (
    "chromium-headless-shell has no window: for --headed run `playwright install chromium`, install the "
    "full chromium, or set SYNCBED_CHROMIUM to one"
)


def system_chromium(*, headed: bool) -> str | None:
    names = [name for name in SYSTEM_NAMES if not (headed and "headless" in name)]
    return next(filter(None, map(shutil.which, names)), None)


class Chromium:
    """The browsers of one session of runs. `shared` is launched once and kept."""

    def __init__(self, playwright: Playwright, *, headed: bool = False) -> None:
        self._playwright = playwright
        self._headed = headed
        self._shared: Browser | None = None

    async def shared(self) -> Browser:
        if self._shared is None or not self._shared.is_connected():
            self._shared = await self._launch()
        return self._shared

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def context(self) -> tuple[BrowserContext, Callable[[], Any]]:
        """A new profile in the shared browser, and how to end it."""
        context = await (await self.shared()).new_context()

        async def end() -> None:
            with suppress(PlaywrightError):
                await context.close()

        return context, end

    async def process(self) -> tuple[BrowserContext, Callable[[], Any]]:
        """A new profile in a browser process of its own, and how to end it."""
        process = ChromiumProcess(self._executable(), headed=self._headed)
        await asyncio.to_thread(process.start)
        try:
            browser = await self._playwright.chromium.connect_over_cdp(process.url, no_defaults=True)
        except BaseException:
            process.kill()
            raise

        async def end() -> None:
            with suppress(PlaywrightError):  # it may have died before us
                await browser.close()
            await asyncio.to_thread(process.kill)

        return browser.contexts[0], end

    async def _launch(self) -> Browser:
        launch = functools.partial(
            self._playwright.chromium.launch, args=launch_arguments(), headless=not self._headed
        )
        named = named_chromium()
        try:
            return await launch(executable_path=named)
        except PlaywrightError as error:
            if named or "Executable doesn't exist" not in str(error):
                raise DriverError(f"Chromium does not start: {error.message}") from error
        return await launch(executable_path=self._on_this_machine())

    def _executable(self) -> str:
        own = self._playwright.chromium.executable_path
        return named_chromium() or (own if Path(own).exists() else self._on_this_machine())

    def _on_this_machine(self) -> str:
        found = system_chromium(headed=self._headed)
        if found is None:
            raise DriverError(NO_WINDOW if self._headed and system_chromium(headed=False) else MISSING)
        return found


class ChromiumProcess(WatchedProcess):
    """One browser process with a debugging port; its data folder goes when it does."""

    name = "chromium"
    ready_line = re.compile(r"DevTools listening on (?P<url>ws://\S+)")

    def __init__(self, executable: str, *, headed: bool) -> None:
        super().__init__()
        self._executable = executable
        self._headed = headed
        self._folder = tempfile.mkdtemp(prefix="syncbed-chromium-")
        self.url = ""

    def command(self) -> list[str]:
        return [
            self._executable,
            "--remote-debugging-port=0",
            f"--user-data-dir={self._folder}",
            *launch_arguments(),
            *([] if self._headed else ["--headless"]),
            "about:blank",
        ]

    def became_ready(self, line: re.Match[str]) -> None:
        self.url = line["url"]

    def kill(self) -> None:
        """End the whole group: what a distribution calls chromium is a script that starts it."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
