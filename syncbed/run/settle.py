"""Settled: nothing in flight, nothing pending, every connected tab live, two equal views in a row.

Between the two looks nothing may have been written for a while, by the wire or by a tab: two looks
at one moment are one look.
"""

from __future__ import annotations

import json
from typing import Any

from ..drivers.errors import DriverError
from ..evidence import BED
from ..trace import Settled
from ..wire.connection import Connection
from .session import Session

QUIET_MS = 60
LOOK_AGAIN_MS = 250


async def settle(session: Session, within_ms: float) -> None:
    """Wait for it, within a bound, and write down whether it was reached."""
    began_ms = session.recorder.now_ms()
    missing = await settled(session, within_ms)
    took_ms = session.recorder.now_ms() - began_ms
    session.recorder.write(BED, Settled(not missing, within_ms, took_ms, missing))


async def settled(session: Session, within_ms: float) -> str:
    """Wait for it; what is missing when the time is out, or ""."""
    recorder = session.recorder
    deadline_ms = recorder.now_ms() + within_ms
    before: str | None = None
    while True:
        missing, view = await _look(session)
        if not missing and view == before:
            return ""
        left_ms = deadline_ms - recorder.now_ms()
        if left_ms <= 0:
            return missing or "the views went on changing"
        before = view if not missing else None
        if missing:
            # Whatever is missing may come with any record; some of it (a timer) comes without one.
            await recorder.changed(min(LOOK_AGAIN_MS, left_ms))
        elif not await recorder.quiet(QUIET_MS, min(LOOK_AGAIN_MS, left_ms)):
            before = None


async def _look(session: Session) -> tuple[str, str]:
    """What is still going on ("" if nothing), and what all tabs show."""
    if waiting := session.wire.in_flight():
        return f"{waiting[0].message.name} is in flight", ""
    if busy := [each for each in session.wire.connections.values() if each.kind == "http" and each.requests]:
        return _unanswered(busy[0]), ""
    try:
        seen = await session.driver.look()
    except DriverError as error:
        return str(error), ""
    for tab, look in seen.items():
        if missing := _going_on(look):
            return f"{tab} {missing}", ""
    return "", json.dumps({tab: [look["items"], look["pending"]] for tab, look in seen.items()})


def _unanswered(connection: Connection) -> str:
    """Its number tells a request that is stuck from one of many that are sent again and again."""
    exchange = connection.exchange
    what = exchange.request.name if exchange is not None else f"a request to {connection.path}"
    since_ms = connection.wire.now_ms() - connection.opened_ms
    return f"{what} has no answer yet (connection {connection.id}, opened {since_ms:.0f} ms ago)"


def _going_on(look: dict[str, Any]) -> str:
    if look["pending"]:
        return f"has {len(look['pending'])} pending"
    if look["state"] in ("connecting", "reconnecting"):
        return f"is {look['state']}"
    if look["state"] == "connected" and look.get("live") is False:
        return "is not live yet"
    return ""
