"""A leader that goes is followed within a second: measured from the trace, on an otherwise idle machine."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import Played, Stage
from e2e.engine.story import CONVERGED, Step, is_ok, play, put, shows, shows_once
from syncbed.trace import Fault, Frame, Kind, Record
from syncbed.trace.effects import Effects

HAND_OVER_MS_MAX = 1000
"""From the moment that the leader is told to go, to the server's word that the next one is subscribed.

In between are the end of a renderer, the grant of a Web Lock, a transaction of IndexedDB (the new fence), a
WebSocket handshake and a subscription: 30 to 300 ms were measured, on a busy machine.
"""

LIVE = "alice/2 /ws/broadcast #1 down 1"


def by_the_beds_clock(played: Played) -> list[tuple[float, Record[Kind]]]:
    effects, found = Effects(), []
    for record in played.trace.records:
        effects.take(record)
        found.append((effects.at_ms(record), record))
    return found


def hand_over_ms(played: Played, how: str) -> float:
    told_ms = live_ms = None
    for at_ms, record in by_the_beds_clock(played):
        match record.what:
            case Fault(fault=fault) if fault.startswith(f"{how}-"):
                told_ms = at_ms
            case Frame(message=message, did="delivered") if message == LIVE:
                live_ms = at_ms
    assert told_ms is not None
    assert live_ms is not None
    return live_ms - told_ms


@pytest.mark.parametrize("how", ["crash", "reload", "close"])
def test_a_leader_that_goes_is_followed_within_a_second(stage: Stage, how: str) -> None:
    steps: list[Step] = [
        {"do": "settle"},
        {"do": how, "tab": "alice/1"},
        {"do": "wait", "for": {"is": "frame", "message": LIVE, "did": "delivered"}, "within_ms": 10_000},
        put("alice/2", "after", "after", until="server"),
        shows("bob/1", "after"),
        CONVERGED,
        shows_once("alice/2", "after"),
    ]
    played = play(stage, steps, needs=[how])
    is_ok(played)
    assert hand_over_ms(played, how) <= HAND_OVER_MS_MAX
