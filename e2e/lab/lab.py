"""The lab as its users see it: the process that a shell starts, and its page, by what it shows."""

from __future__ import annotations

import json
import os
import re
import sys
from urllib.parse import urlsplit

from playwright.sync_api import FrameLocator, Locator, Page, expect

from syncbed.world import WatchedProcess
from syncbed.world.reference import without_settings

SLOWLY_MS = 30_000  # a world of servers and panes is started in between


class LabProcess(WatchedProcess):
    """`syncbed lab`, as a user starts it."""

    name = "syncbed lab"
    ready_line = re.compile(r"^\{.*\"lab\".*\}$")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "syncbed", "lab", "--json"]

    def environment(self) -> dict[str, str]:
        return without_settings(os.environ)

    def became_ready(self, line: re.Match[str]) -> None:
        self.url = str(json.loads(line[0])["lab"])

    @property
    def origin(self) -> str:
        return "http://" + urlsplit(self.url).netloc


class LabPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.cards = page.locator("#in-flight > li")
        self.hold = page.locator("#hold")
        self.hint = page.locator("#hint")
        self.verdict = page.locator("#verdict-status")
        self.notices = page.locator("#notices")
        self.where = page.locator("#where")
        self.inspector = page.locator("#inspector")

    # What there is

    def pane(self, tab: str) -> Locator:
        return self.page.locator(f'.pane[data-tab="{tab}"]')

    def inside(self, tab: str) -> FrameLocator:
        return self.page.frame_locator(f'iframe[name="{tab}"]')

    def items(self, tab: str) -> Locator:
        return self.inside(tab).get_by_test_id("items").locator("li")

    def card(self, label: str) -> Locator:
        return self.cards.filter(has_text=label)

    def cells(self, title: str) -> Locator:
        return self.page.locator("#convergence").get_by_role("row", name=title).get_by_role("cell")

    def server(self, name: str) -> Locator:
        return self.page.locator(f'.server[data-server="{name}"]')

    # What a person does

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            if key == "Escape":
                # Of one inside a pane the page hears from the pane; the next key is to be the page's own.
                self.page.wait_for_function("() => document.activeElement?.tagName !== 'IFRAME'")

    def command(self, title: str) -> None:
        """By the palette."""
        self.press("/")
        self.page.get_by_role("combobox", name="command").fill(title)
        self.press("Enter")

    def order(self, tab: str, title: str) -> None:
        """Inside a tab, by its own form."""
        self.inside(tab).get_by_test_id("new-title").fill(title)
        self.inside(tab).get_by_test_id("add").click()

    def unfold_timers(self) -> None:
        self.page.get_by_role("button", name=re.compile("timers? waits?")).click()

    def is_ready(self, *tabs: str) -> None:
        for tab in tabs or ("alice/1", "bob/1"):
            expect(self.pane(tab).locator(".state")).to_have_text("connected", timeout=SLOWLY_MS)

    def is_held(self, held: bool = True) -> None:
        expect(self.hold).to_have_attribute("aria-pressed", str(held).lower(), timeout=SLOWLY_MS)

    def fresh(self) -> None:
        """A world in which nothing was done yet."""
        expect(self.page.locator("body")).to_have_attribute("data-run", re.compile(r"\d+"))
        run = self.page.locator("body").get_attribute("data-run") or ""
        self.command("leave the script")
        expect(self.page.locator("body")).not_to_have_attribute("data-run", run)
        expect(self.page.locator("#busy")).to_be_empty(timeout=SLOWLY_MS)
        self.is_ready()

    def saved(self, what: str) -> str:
        """The text of a file that the menu saves."""
        with self.page.expect_download() as download:
            self.page.locator("#more").click()
            self.page.get_by_role("menuitem", name=what).click()
        return download.value.path().read_text(encoding="utf-8")
