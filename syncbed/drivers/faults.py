"""What is done to a tab for real, and the evidence that it was done.

One function a fault, in one table; a step that is not in it is refused by name. Each writes the
fault, does it, and writes a receipt from what the page or the browser then said, never from the mere
fact that the call returned: some of these calls are silent no-ops in some browsers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..evidence import DRIVER, Recorder
from ..trace import Fault, Lifted, Receipt, TabLife
from .errors import DriverError
from .tab import Tab
from .tabs import TabsDriver

EFFECT_MS_MAX = 5000
STILL_MS = 100
PROBE = "__syncbed_probe"


class TabFault:
    """One fault under way: its id, whom it hits, where its receipt goes."""

    def __init__(
        self, driver: TabsDriver, recorder: Recorder, fault: str, tab: Tab, keys: Mapping[str, Any]
    ) -> None:
        self.driver = driver
        self.recorder = recorder
        self.fault = fault
        self.tab = tab
        self.keys = keys

    def receipt(self, evidence: str) -> None:
        self.recorder.write(DRIVER, Receipt(self.fault, evidence))

    def over(self, fault: str = "") -> None:
        self.recorder.write(DRIVER, Lifted(fault or self.fault))

    def life(self, did: Any) -> None:
        self.recorder.write(DRIVER, TabLife(self.tab.name, did))


async def reload(it: TabFault) -> None:
    before = await it.tab.evaluate("() => performance.timeOrigin")
    it.driver.silent(it.tab)
    await it.tab.reload()
    it.driver.answers(it.tab)
    after = await it.tab.evaluate("() => performance.timeOrigin")
    if after != before:
        it.receipt(f"a new document, {after - before:.0f} ms younger")
    it.tab.gone("reloaded")
    await it.tab.start("reloaded")
    it.over()


async def close(it: TabFault) -> None:
    await it.tab.page.close()
    if it.tab.page.is_closed():
        it.receipt("the browser closed the page")
    it.tab.gone("closed")
    it.driver.forget(it.tab)
    it.over()


async def crash(it: TabFault) -> None:
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


async def freeze(it: TabFault) -> None:
    await it.tab.evaluate("() => __syncbed.ticks()")
    it.driver.silent(it.tab)
    await it.tab.session.send("Page.setWebLifecycleState", {"state": "frozen"})
    first = await it.tab.evaluate("() => __syncbed.ticks()")
    await asyncio.sleep(STILL_MS / 1000)
    if await it.tab.evaluate("() => __syncbed.ticks()") == first:
        it.receipt(f"no tick of a 10 ms timer in {STILL_MS} ms")
    it.life("frozen")


async def thaw(tab: Tab) -> None:
    before = await tab.evaluate("() => __syncbed.ticks()")
    await tab.session.send("Page.setWebLifecycleState", {"state": "active"})
    await show(tab)  # freezing hides, and a hidden page's timers are slow
    await tab.evaluate("before => __syncbed.ticked(before)", before, within_ms=EFFECT_MS_MAX)


async def hide(it: TabFault) -> None:
    await _window(it.tab, "minimized")
    try:
        await it.tab.evaluate("() => __syncbed.becomes('hidden')", within_ms=EFFECT_MS_MAX)
        it.receipt("document.visibilityState is hidden")
    except DriverError:
        pass  # without a receipt the run says that this had no effect
    it.life("hidden")


async def show(tab: Tab) -> None:
    # A window that is normal already is not told to show what freezing has hidden.
    await _window(tab, "minimized")
    await _window(tab, "normal")
    await tab.evaluate("() => __syncbed.becomes('visible')", within_ms=EFFECT_MS_MAX)


async def busy(it: TabFault) -> None:
    """The step goes on while the page is busy; the receipt comes when it is over."""
    done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    it.tab.busy[it.fault] = done

    def over(future: asyncio.Future[float]) -> None:
        it.receipt(f"the main thread ran for {future.result():.0f} ms without a break")
        it.over()

    done.add_done_callback(over)
    await it.tab.evaluate("([fault, ms]) => __syncbed.busy(fault, ms)", [it.fault, it.keys["for_ms"]])


async def wipe_storage(it: TabFault) -> None:
    await it.tab.evaluate(f"() => localStorage.setItem('{PROBE}', 'here')")
    clear = {"origin": it.tab.place.origin, "storageTypes": "all"}
    await it.tab.session.send("Storage.clearDataForOrigin", clear)
    left = await it.tab.evaluate(
        f"async () => [localStorage.getItem('{PROBE}'), (await indexedDB.databases()).length]"
    )
    if left == [None, 0]:
        it.receipt("what was put into localStorage is gone, and there are no databases")
    it.over()


async def clock_jump(it: TabFault) -> None:
    moved = await it.tab.evaluate("ms => __syncbed.jump(ms)", it.keys["by_ms"])
    if abs(moved - it.keys["by_ms"]) < 100:
        it.receipt(f"Date.now() moved by {moved:.0f} ms against performance.now()")
    it.over()


async def duplicate_tab(it: TabFault) -> None:
    """As the browser's own Duplicate: a window opened from the tab gets a copy of its session storage."""
    await it.tab.evaluate(f"name => sessionStorage.setItem('{PROBE}', name)", it.tab.name)
    async with it.tab.page.expect_popup(timeout=EFFECT_MS_MAX) as opened:
        await it.tab.evaluate("() => { window.open('about:blank'); }")
    copy = await it.driver.adopt(it.keys["as"], await opened.value)
    if await copy.evaluate(f"() => sessionStorage.getItem('{PROBE}')") == it.tab.name:
        it.receipt(f"{copy.name} has the session storage of {it.tab.name}")
    await copy.start("opened")
    it.over()


async def _window(tab: Tab, state: str) -> None:
    window = await tab.session.send("Browser.getWindowForTarget")
    bounds = {"windowId": window["windowId"], "bounds": {"windowState": state}}
    await tab.session.send("Browser.setWindowBounds", bounds)


FAULTS: dict[str, Callable[[TabFault], Awaitable[None]]] = {
    "reload": reload,
    "close": close,
    "crash": crash,
    "freeze": freeze,
    "hide": hide,
    "busy": busy,
    "wipe_storage": wipe_storage,
    "clock_jump": clock_jump,
    "duplicate_tab": duplicate_tab,
}


async def strike(
    driver: TabsDriver, recorder: Recorder, do: str, fault: str, keys: Mapping[str, Any]
) -> None:
    """Do the tab fault `do` under the id `fault`; `keys` are those of the step."""
    act = FAULTS.get(do)
    if act is None:
        raise DriverError(f"{do} is not something the driver {driver.name} can do to a tab for real")
    tab = driver.any_tab_of(keys["profile"]) if "profile" in keys else driver.tab(keys["tab"])
    recorder.write(DRIVER, Fault(fault, {"do": do, **keys}))
    await act(TabFault(driver, recorder, fault, tab, keys))
