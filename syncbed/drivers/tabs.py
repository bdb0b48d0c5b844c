"""The driver `tabs`: real Chromium, a profile is a context (or a process), a tab is a page.

Owns profiles and tabs. What it can do to a tab is the table in `chromium_faults.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from .chromium import Chromium
from .chromium_faults import FAULTS, show, thaw
from .chromium_tab import ChromiumTab
from .driver import Driver, Equipment, MakeDriver
from .errors import DriverError
from .tab import Place
from .traffic import UNSEEN, Traffic

NAME = "tabs"
NEEDS_A_PROCESS = frozenset(("freeze", "hide"))


def tabs_driver(chromium: Chromium, *, own_processes: bool | None = None) -> MakeDriver:
    """`own_processes`: a browser process for each profile; None: if the scenario freezes or hides."""

    def make(equipment: Equipment) -> TabsDriver:
        own = bool(NEEDS_A_PROCESS & equipment.needs) if own_processes is None else own_processes
        return TabsDriver(chromium, equipment, own_processes=own)

    return make


@dataclass
class Profile:
    place: Place
    context: BrowserContext
    end: Callable[[], Awaitable[None]]


class TabsDriver(Driver[ChromiumTab]):
    name = NAME
    uncontrolled = UNSEEN
    faults = FAULTS

    def __init__(self, chromium: Chromium, equipment: Equipment, *, own_processes: bool) -> None:
        super().__init__(equipment)
        self.profiles: dict[str, Profile] = {}
        self.own_processes = own_processes
        self._chromium = chromium
        self._traffic = Traffic(self.recorder)

    async def open_profile(self, place: Place) -> None:
        make = self._chromium.process if self.own_processes else self._chromium.context
        with told(f"the profile {place.profile}"):
            context, end = await make()
        self.profiles[place.profile] = Profile(place, context, end)
        self._traffic.watch(context, place.origin)

    async def load(self, name: str) -> ChromiumTab:
        with told(name):
            page = await self._profile(name).context.new_page()
        return await self.adopt(name, page)

    async def adopt(self, name: str, page: Page) -> ChromiumTab:
        """A blank page that is there becomes a tab."""
        profile = self._profile(name)
        messages = self.messages_of(profile.place.profile)
        with told(name):
            tab = await ChromiumTab.attach(
                name, profile.place, page, self.recorder, messages, self.scripts(name)
            )
        tab.on_unasked_crash = self._died
        self._traffic.name(page, name)
        await tab.load()
        self.came(tab)
        return tab

    async def versions(self) -> dict[str, str]:
        browser = next(iter(self.profiles.values())).context.browser
        return {"chromium": browser.version if browser is not None else "unknown"}

    async def strike(self, do: str, fault: str, keys: Mapping[str, Any]) -> None:
        with told(fault):
            await super().strike(do, fault, keys)

    async def thaw(self, tab: ChromiumTab) -> None:
        with told(tab.name):
            await thaw(tab)

    async def show(self, tab: ChromiumTab) -> None:
        with told(tab.name):
            await show(tab)

    async def close(self) -> None:
        for profile in self.profiles.values():
            await profile.end()

    # Private

    def _profile(self, tab: str) -> Profile:
        return self.profiles[tab.partition("/")[0]]

    def _died(self, tab: ChromiumTab) -> None:
        """Its renderer crashed, and no step had asked for that."""
        if self.tabs.get(tab.name) is tab:
            tab.gone("crashed")
            self.forget(tab)
            self.deaths.append(f"{tab.name} crashed unasked: its renderer is gone")


@contextmanager
def told(whose: str) -> Iterator[None]:
    """The browser's errors, as the driver's."""
    try:
        yield
    except PlaywrightError as error:
        raise DriverError(f"{whose}: {error.message}") from error
