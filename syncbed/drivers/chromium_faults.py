"""What Chromium's debugger can do to a tab, besides what its page can do itself.

The table `FAULTS` is what the driver `tabs` can do; a step that is not in it is refused by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .chromium_tab import ChromiumTab
from .errors import DriverError
from .faults import BY_THE_PAGE, TabFault

if TYPE_CHECKING:
    from .tabs import TabsDriver

Act = Callable[[TabFault[Any]], Awaitable[None]]

EFFECT_MS_MAX = 5000
STILL_MS = 100
PROBE = "__syncbed_probe"


async def crash(it: TabFault[ChromiumTab]) -> None:
    it.tab.crash_asked = True
    # Page.crash never answers.
    asked = asyncio.ensure_future(it.tab.session.send("Page.crash"))
    asked.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        async with asyncio.timeout(EFFECT_MS_MAX / 1000):
            await it.tab.crashed.wait()
        it.receipt("the browser reported that the renderer crashed")
    except TimeoutError:
        pass  # without a receipt the run says that this had no effect
    asked.cancel()
    it.tab.gone("crashed")
    it.driver.forget(it.tab)
    await it.tab.page.close()
    it.over()


async def freeze(it: TabFault[ChromiumTab]) -> None:
    await it.tab.ask_page("ticks")
    it.driver.silent(it.tab)
    await it.tab.session.send("Page.setWebLifecycleState", {"state": "frozen"})
    first = await it.tab.ask_page("ticks")
    await asyncio.sleep(STILL_MS / 1000)
    if await it.tab.ask_page("ticks") == first:
        it.receipt(f"no tick of a 10 ms timer in {STILL_MS} ms")
    it.life("frozen")


async def thaw(tab: ChromiumTab) -> None:
    before = await tab.ask_page("ticks")
    await tab.session.send("Page.setWebLifecycleState", {"state": "active"})
    await show(tab)  # freezing hides, and a hidden page's timers are slow
    await tab.ask_page("ticked", before, EFFECT_MS_MAX)


async def hide(it: TabFault[ChromiumTab]) -> None:
    await _window(it.tab, "minimized")
    try:
        await it.tab.ask_page("becomes", "hidden", EFFECT_MS_MAX)
        it.receipt("document.visibilityState is hidden")
    except DriverError:
        pass  # without a receipt the run says that this had no effect
    it.life("hidden")


async def show(tab: ChromiumTab) -> None:
    # A window that is normal already is not told to show what freezing has hidden.
    await _window(tab, "minimized")
    await _window(tab, "normal")
    await tab.ask_page("becomes", "visible", EFFECT_MS_MAX)


async def wipe_storage(it: TabFault[ChromiumTab]) -> None:
    """What proves it is something of our own: a page opens its databases again as soon as it can."""
    await it.tab.evaluate(
        f"""() => new Promise((resolve, reject) => {{
            localStorage.setItem('{PROBE}', 'here');
            const opening = indexedDB.open('{PROBE}');
            opening.onsuccess = () => {{ opening.result.close(); resolve(); }};
            opening.onerror = () => reject(opening.error);
        }})"""
    )
    clear = {"origin": it.tab.place.origin, "storageTypes": "all"}
    await it.tab.session.send("Storage.clearDataForOrigin", clear)
    left = await it.tab.evaluate(
        f"""async () => [
            localStorage.getItem('{PROBE}'),
            (await indexedDB.databases()).some(({{ name }}) => name === '{PROBE}'),
        ]"""
    )
    if left == [None, False]:
        it.receipt("what was put into localStorage and into a database of our own is gone")
    it.over()


async def duplicate_tab(it: TabFault[ChromiumTab]) -> None:
    """As the browser's own Duplicate: a window opened from the tab gets a copy of its session storage."""
    driver = cast("TabsDriver", it.driver)
    await it.tab.evaluate(f"name => sessionStorage.setItem('{PROBE}', name)", it.tab.name)
    async with it.tab.page.expect_popup(timeout=EFFECT_MS_MAX) as opened:
        await it.tab.evaluate("() => { window.open('about:blank'); }")
    copy = await driver.adopt(it.keys["as"], await opened.value)
    if await copy.evaluate(f"() => sessionStorage.getItem('{PROBE}')") == it.tab.name:
        it.receipt(f"{copy.name} has the session storage of {it.tab.name}")
    await copy.start("opened")
    it.over()


async def _window(tab: ChromiumTab, state: str) -> None:
    window = await tab.session.send("Browser.getWindowForTarget")
    bounds = {"windowId": window["windowId"], "bounds": {"windowState": state}}
    await tab.session.send("Browser.setWindowBounds", bounds)


FAULTS: Mapping[str, Act] = {
    **BY_THE_PAGE,
    "crash": crash,
    "freeze": freeze,
    "hide": hide,
    "wipe_storage": wipe_storage,
    "duplicate_tab": duplicate_tab,
}
