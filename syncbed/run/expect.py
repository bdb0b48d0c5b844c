"""The step `expect`: whether it is so, within its bound, written down either way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..evidence import BED
from ..scenario import Step
from ..trace import Expectation
from .expectations import EXPECTATIONS, difference
from .session import Session

ASK_AGAIN_MS = 100

Found = tuple[bool, str, str]
"""Whether it is so, what was expected in words, what was found."""


async def expect(session: Session, step: Step, since_ms: float) -> None:
    """`since_ms`: when the last step that was no expectation had ended."""
    that = step["that"]
    special = SPECIAL.get(that["is"])
    if special is not None:
        met, expected, found = await special(session, that, since_ms)
    else:
        question, watch = EXPECTATIONS[that["is"]], session.watch
        await session.recorder.until(lambda: question.met(watch, that), that.get("within_ms", 0))
        met, expected = question.met(watch, that), question.expected(that)
        found = question.found(watch, that)
    session.recorder.write(
        BED,
        Expectation(
            step.number, that["is"], met, expected, "" if met else found, that.get("tab", that.get("on", ""))
        ),
    )


async def _converged(session: Session, that: Any, since_ms: float) -> Found:
    recorder = session.recorder
    deadline_ms = recorder.now_ms() + that["within_ms"]
    while True:
        missing = await _differs(session)
        left_ms = deadline_ms - recorder.now_ms()
        if not missing or left_ms <= 0:
            return not missing, "every tab and the server show the same, nothing pending", missing
        await recorder.changed(min(ASK_AGAIN_MS, left_ms))


async def _differs(session: Session) -> str:
    tabs = [name for name, tab in session.driver.tabs.items() if tab.caps is not None]
    if session.commits is None:  # then the tabs are held against each other
        return difference(session.watch, tabs, session.watch.tabs[tabs[0]].items if tabs else ())
    held = await session.commits.items()
    return "the server does not answer" if held is None else difference(session.watch, tabs, held)


async def _sockets_at_most(session: Session, that: Any, since_ms: float) -> Found:
    on, n, watch = that["on"], that["n"], session.watch
    too_many = await session.recorder.until(
        lambda: watch.sockets(on) if watch.sockets(on) > n else 0, that["for_ms"]
    )
    expected = f"{on} has at most {n} WebSockets for {that['for_ms']} ms"
    return not too_many, expected, f"it had {too_many}"


async def _connects_within(session: Session, that: Any, since_ms: float) -> Found:
    tab, recorder = session.watch.tabs[that["tab"]], session.recorder

    def after_ms() -> float | None:
        return next(
            (at - since_ms for state, at in tab.became if state == "connected" and at > since_ms), None
        )

    await recorder.until(lambda: after_ms() is not None, since_ms + that["to_ms"] - recorder.now_ms())
    took_ms = after_ms()
    expected = f"{that['tab']} becomes connected after {that['from_ms']} to {that['to_ms']} ms"
    if took_ms is None:
        return False, expected, f"it did not; it is {tab.state}"
    return that["from_ms"] <= took_ms <= that["to_ms"], expected, f"after {took_ms:.0f} ms"


SPECIAL: dict[str, Callable[[Session, Any, float], Awaitable[Found]]] = {
    "converged": _converged,
    "sockets_at_most": _sockets_at_most,
    "connects_within": _connects_within,
}
