"""What the trace comes to so far, found out beside the run: in a thread, once things have been still a while.

A trace that is not at its end leaves most questions open, and a fault that has not acted yet says nothing. So
until the world was judged, a violation is told as one, and everything else as what it is.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..checkers import Verdict, verdict
from ..trace import Expectation, Trace

STILL_MS = 300


def with_caps(trace: Trace, caps: Sequence[str]) -> Trace:
    """A world that began without tabs learns what its SDK claims only when the first one comes."""
    header = trace.header
    if header.caps or not caps:
        return trace
    first = dataclasses.replace(trace.records[0], what=dataclasses.replace(header, caps=tuple(caps)))
    return Trace((first, *trace.records[1:]), trace.truncated)


def told(found: Verdict, *, final: bool) -> dict[str, Any]:
    """The verdict as the page is told it."""
    broken = found.violated()
    status = "violated" if broken and not final else found.status
    return {
        "status": status,
        "reason": found.reason,
        "final": final,
        "findings": [each.to_json() for each in found.findings if each.invariant in found.judges],
    }


def differences(bug: dict[str, Any] | None, fixed: dict[str, Any] | None) -> list[dict[str, str]]:
    """The invariants of which two verdicts do not say the same."""
    if bug is None or fixed is None:
        return []
    others = {each["invariant"]: each["status"] for each in fixed["findings"]}
    return [
        {"invariant": each["invariant"], "bug": each["status"], "fixed": others.get(each["invariant"], "")}
        for each in bug["findings"]
        if others.get(each["invariant"]) != each["status"]
    ]


def judges_of(trace: Trace, judges: Sequence[str], *, on_script: bool) -> list[str]:
    """What counts. A script that was left expects nothing any more, save what it had looked at before."""
    looked = any(isinstance(record.what, Expectation) for record in trace.records)
    return [name for name in judges if name != "expectations" or on_script or looked]


class Judging:
    """One world's verdict, as it is known by now."""

    def __init__(
        self,
        trace: Callable[[], Trace | None],
        judges: Callable[[Trace], Sequence[str]],
        changed: Callable[[], None],
        cannot: Callable[[], str] = lambda: "",
    ) -> None:
        self.found: Verdict | None = None
        self.final = False
        self._trace = trace
        self._judges = judges
        self._changed = changed
        self._cannot = cannot
        self._due: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None

    def soon(self) -> None:
        """Something was recorded: look again once it is still. A final verdict stands until `anew`."""
        if self.final:
            return
        if self._due is not None:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(STILL_MS / 1000, self._begin)

    def anew(self) -> None:
        """The world goes on after it was judged."""
        if self.final:
            self.final = False
            self._changed()

    async def now(self, *, final: bool) -> Verdict | None:
        trace = self._trace()
        if trace is None:
            return None
        if why := self._cannot():
            self.found = Verdict("unknown", why, tuple(self._judges(trace)), ())
            self._changed()
            return self.found
        found = await asyncio.to_thread(verdict, trace, tuple(self._judges(trace)))
        if final or not self.final:
            self.found, self.final = found, final
            self._changed()
        return found

    def to_json(self) -> dict[str, Any] | None:
        return told(self.found, final=self.final) if self.found is not None else None

    async def close(self) -> None:
        if self._due is not None:
            self._due.cancel()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    def _begin(self) -> None:
        self._due = None
        if self._running is not None and not self._running.done():
            self.soon()
            return
        self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        await self.now(final=False)
