"""The script that puts a page's time, chance and books under control, before its first own script.

Its parts live beside the drivers' (`drivers/page`), because both drivers inject it; this file joins them.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from .errors import HeldError

FOLDER = Path(__file__).resolve().parents[1] / "drivers" / "page"
PARTS = ("memory", "chance", "clock", "counters")


def page_script(
    tab: str,
    *,
    seed: int = 0,
    held: bool = False,
    epoch_ms: int | None = None,
    in_frame: bool = False,
    run: str = "",
    first: int = 0,
) -> str:
    """To be run in every document of `tab` (`alice/1`), before all others.

    `held`: time stands still from the first script on. `epoch_ms`: the time that `Date` begins with in
    each document, for runs that must not depend on the day; None is the real one. `in_frame`: the tab is
    a frame itself (a pane of the lab); otherwise frames are left alone, and named as not under control.
    `run` tells what a tab remembers of this run from what the same origin was used for before; `first` is
    the number of the first document of a tab that remembers nothing.
    """
    about = {
        "tab": tab,
        "seed": seed,
        "held": held,
        "epochMs": epoch_ms,
        "inFrame": in_frame,
        "run": run,
        "first": first,
    }
    bed = json.dumps(about)
    return f"""(() => {{
  const bed = {bed};
  if (globalThis.__held || (window !== window.top && !bed.inFrame)) return;
  Object.defineProperty(globalThis, '__held', {{ value: bed }});
  for (const part of [{",".join(map(_part, PARTS))}]) part(bed);
}})();
//# sourceURL=syncbed-held.js
"""


@cache
def _part(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8").strip()


class Page(Protocol):
    """What is needed of a page of Playwright's async API."""

    async def evaluate(self, expression: str, arg: Any = None) -> Any: ...


class PageTab:
    """A page of Playwright as a `Tab`."""

    ANSWER_S_MAX = 5.0  # CDP has no limit of its own, and a crashed page never answers

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page

    async def ask(self, what: str, about: object) -> Any:
        try:
            async with asyncio.timeout(self.ANSWER_S_MAX):
                return await self.page.evaluate("([what, about]) => __held[what](about)", [what, about])
        except TimeoutError as error:
            raise HeldError(f"{self.name} does not answer within {self.ANSWER_S_MAX:g} s") from error
