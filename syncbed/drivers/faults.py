"""What is done to a tab for real, and the evidence that it was done.

One function a fault. Those here are done by the page's own means and work in every driver; what only a
browser's debugger can do is in `chromium_faults.py`. Each writes a receipt from what the page or the
browser then said, never from the mere fact that the call returned: some of these calls are silent
no-ops in some browsers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..evidence import DRIVER, Recorder
from ..trace import Lifted, Receipt, TabLife
from .tab import Tab

if TYPE_CHECKING:
    from .driver import Driver

T = TypeVar("T", bound=Tab)

STEPS = (
    "reload",
    "close",
    "crash",
    "freeze",
    "hide",
    "busy",
    "wipe_storage",
    "clock_jump",
    "duplicate_tab",
)
"""The steps that are tab faults: a driver has each in its `faults`, or its reason in `cannot`."""


class TabFault(Generic[T]):
    """One fault under way: its id, whom it hits, where its receipt goes."""

    def __init__(
        self, driver: Driver[T], recorder: Recorder, fault: str, tab: T, keys: Mapping[str, Any]
    ) -> None:
        self.driver = driver
        self.recorder = recorder
        self.fault = fault
        self.tab = tab
        self.keys = keys

    def receipt(self, evidence: str) -> None:
        self.recorder.write(DRIVER, Receipt(self.fault, evidence))

    def over(self) -> None:
        self.recorder.write(DRIVER, Lifted(self.fault))

    def life(self, did: Any) -> None:
        self.recorder.write(DRIVER, TabLife(self.tab.name, did))


async def reload(it: TabFault[Any]) -> None:
    before = await it.tab.ask_page("born")
    it.driver.silent(it.tab)
    await it.tab.reload()
    it.driver.answers(it.tab)
    after = await it.tab.ask_page("born")
    if after != before:
        it.receipt(f"a new document, {after - before:.0f} ms younger")
    it.tab.gone("reloaded")
    await it.tab.start("reloaded")
    it.over()


async def close(it: TabFault[Any]) -> None:
    if evidence := await it.tab.close():
        it.receipt(evidence)
    it.tab.gone("closed")
    it.driver.forget(it.tab)
    it.over()


async def busy(it: TabFault[Any]) -> None:
    """The step goes on while the page is busy; the receipt comes when it is over."""
    done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    it.tab.busy[it.fault] = done

    def over(future: asyncio.Future[float]) -> None:
        if not future.cancelled():
            it.receipt(f"the main thread ran for {future.result():.0f} ms without a break")
            it.over()

    done.add_done_callback(over)
    await it.tab.ask_page("busy", {"fault": it.fault, "ms": it.keys["for_ms"]})


async def clock_jump(it: TabFault[Any]) -> None:
    moved = await it.tab.ask_page("jump", it.keys["by_ms"])
    if abs(moved - it.keys["by_ms"]) < 100:
        it.receipt(f"Date.now() moved by {moved:.0f} ms against performance.now()")
    it.over()


BY_THE_PAGE = {"reload": reload, "close": close, "busy": busy, "clock_jump": clock_jump}
