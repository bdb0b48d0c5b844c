"""The driver `tabs`: real Chromium, a profile is a context (or a process), a tab is a page.

Owns profiles and tabs. What it can do to a tab is the table in `faults.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.async_api import BrowserContext, Page

from ..evidence import Recorder
from .chromium import Chromium
from .errors import DriverError
from .tab import Place, Tab
from .traffic import UNSEEN, Traffic

NAME = "tabs"
NEEDS_A_PROCESS = frozenset(("freeze", "hide"))


Scripts = Callable[[str], Sequence[str]]


def no_scripts(tab: str) -> Sequence[str]:
    return ()


class Follower(Protocol):
    """Who has to know which tabs can be asked: a tab that is frozen or gone does not answer."""

    def answers(self, tab: Tab) -> None:
        """It has a document: its first, or another one."""

    def silent(self, tab: Tab) -> None: ...


@dataclass
class Profile:
    place: Place
    context: BrowserContext
    end: Callable[[], Awaitable[None]]


class TabsDriver:
    """One run's profiles and tabs.

    `scripts` says what else a tab's pages run before their own first script, in this order.
    """

    name = NAME
    uncontrolled = UNSEEN

    def __init__(
        self,
        chromium: Chromium,
        recorder: Recorder,
        *,
        own_processes: bool,
        scripts: Scripts = no_scripts,
        follower: Follower | None = None,
    ) -> None:
        self.tabs: dict[str, Tab] = {}
        self._lives: dict[str, int] = {}  # of tabs that were closed: the next document is not the first
        self.profiles: dict[str, Profile] = {}
        self.own_processes = own_processes
        self._chromium = chromium
        self._recorder = recorder
        self._scripts = scripts
        self._follower = follower
        self._traffic = Traffic(recorder)

    async def open_profile(self, place: Place) -> None:
        make = self._chromium.process if self.own_processes else self._chromium.context
        context, end = await make()
        self.profiles[place.profile] = Profile(place, context, end)
        self._traffic.watch(context, place.origin)

    async def load(self, name: str) -> Tab:
        """A new tab with the adapter page in it, not started yet."""
        profile = self.profiles[name.partition("/")[0]]
        return await self.adopt(name, await profile.context.new_page())

    async def adopt(self, name: str, page: Page) -> Tab:
        """A blank page that is there becomes a tab."""
        profile = self.profiles[name.partition("/")[0]]
        tab = await Tab.attach(name, profile.place, page, self._recorder, self._scripts(name))
        tab.life = self._lives.get(name, 0)
        self._traffic.name(page, name)
        await tab.load()
        self.tabs[name] = tab
        self.answers(tab)
        return tab

    def tab(self, name: str) -> Tab:
        tab = self.tabs.get(name)
        if tab is None:
            raise DriverError(f"{name} is not open")
        return tab

    def answers(self, tab: Tab) -> None:
        if self._follower is not None:
            self._follower.answers(tab)

    def silent(self, tab: Tab) -> None:
        if self._follower is not None:
            self._follower.silent(tab)

    def any_tab_of(self, profile: str) -> Tab:
        for name, tab in self.tabs.items():
            if name.startswith(f"{profile}/"):
                return tab
        raise DriverError(f"{profile} has no open tab, and its storage is reached through one")

    def forget(self, tab: Tab) -> None:
        self.silent(tab)
        self._lives[tab.name] = tab.life
        self.tabs.pop(tab.name, None)

    async def versions(self) -> dict[str, str]:
        browser = next(iter(self.profiles.values())).context.browser
        return {"chromium": browser.version if browser is not None else "unknown"}

    async def look(self) -> dict[str, dict[str, Any]]:
        """What every tab that can answer shows."""
        return {name: await tab.look() for name, tab in self.tabs.items()}

    async def close(self) -> None:
        for profile in self.profiles.values():
            await profile.end()
