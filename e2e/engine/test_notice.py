"""How soon the SDK notices that the network is another, or gone: by the page's own clock, from the record.

The browser's `offline` and `online` are real: Chromium is told that it has no network, and then that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from e2e.driver.conftest import Stage
from e2e.engine.kept import Kept
from e2e.engine.story import Step, put, shows
from syncbed.drivers.tabs import TabsDriver
from syncbed.run.session import Session
from syncbed.trace import Kind, Note, Record, State, Trace, document_of
from syncbed.trace.effects import Effects

ONLINE_MS_MAX = 1000
"""From the browser's `online` to what the SDK makes of it."""
QUIET_MS, PONG_MS = 600, 400
HEARTBEAT_MS_MAX = QUIET_MS + PONG_MS
LATE_MS_MAX = 500
"""So late a timer may fire on a machine that has other work."""

HALF_OPEN: Step = {"do": "fault", "id": "dead", "on": "alice", "fault": {"kind": "half_open"}}
LEADER = document_of("alice/1", 1)


@contextmanager
def a_world(stage: Stage, folder: Path, **waits: int) -> Iterator[Kept]:
    kept = Kept(stage, folder, waits="&".join(f"{name}={ms}" for name, ms in waits.items()))
    try:
        yield kept
    finally:
        kept.close()


def change_network(stage: Stage, session: Session) -> None:
    """Alice's browser loses its network and has one again: real events in her tabs."""
    context = cast("TabsDriver", session.driver).profiles["alice"].context
    for word in ("offline", "online"):
        stage.wait(context.set_offline(word == "offline"))
        stage.wait(session.recorder.until(partial(says, session, word), 5000))


def says(session: Session, what: str) -> bool:
    return any(is_told(record, what) for record in session.recorder.trace().records)


def is_told(record: Record[Kind], what: str) -> bool:
    note = record.what
    return isinstance(note, Note) and note.about == {"tab": "alice/1", "says": what}


def first_ms(trace: Trace, is_it: Callable[[Record[Kind]], bool], after_ms: float = 0) -> float:
    """When the leader's document first said so, by its own clock."""
    own = [each for each in trace.records if each.source == LEADER and each.at_ms >= after_ms]
    return next(record.at_ms for record in own if is_it(record))


def became(state: str, *reasons: str) -> Callable[[Record[Any]], bool]:
    def is_it(record: Record[Any]) -> bool:
        what = record.what
        return isinstance(what, State) and what.state == state and (not reasons or what.reason in reasons)

    return is_it


def test_a_client_that_waits_for_its_next_attempt_hears_of_the_network_within_a_second(
    stage: Stage, tmp_path: Path
) -> None:
    """Its own next attempt would be half a minute away."""
    with a_world(stage, tmp_path, reconnectDelay=60_000, reconnectDelayMax=60_000) as kept:
        session = kept.take(
            {"do": "fault", "id": "away", "on": "alice", "fault": {"kind": "cut"}},
            {"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "reconnecting"}},
            put("bob/1", "missed", "missed", until="server"),
        )
        change_network(stage, session)
        kept.take(shows("alice/1", "missed"))
        found, trace = kept.judge()
    assert found.status == "ok", found.reason
    online_ms = first_ms(trace, lambda record: is_told(record, "online"))
    assert first_ms(trace, became("connected"), online_ms) - online_ms <= ONLINE_MS_MAX


def test_a_connection_that_died_with_the_old_network_is_left_within_a_second(
    stage: Stage, tmp_path: Path
) -> None:
    """It looks open: nothing but the browser's word is a reason to doubt it, its heartbeat is far away."""
    with a_world(stage, tmp_path, quietTimeout=60_000) as kept:
        session = kept.take(HALF_OPEN, put("bob/1", "missed", "missed", until="server"))
        change_network(stage, session)
        kept.take({"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "reconnecting"}})
        kept.take({"do": "heal"}, shows("alice/1", "missed"), shows("alice/2", "missed"))
        found, trace = kept.judge()
    assert found.status == "ok", found.reason
    online_ms = first_ms(trace, lambda record: is_told(record, "online"))
    left_ms = first_ms(trace, became("reconnecting", "silent"))
    assert left_ms - online_ms <= ONLINE_MS_MAX


def test_a_half_open_connection_is_noticed_within_its_heartbeat(stage: Stage, tmp_path: Path) -> None:
    """What the server says last before it is silent is a pong at the latest, so `quiet` begins with that."""
    with a_world(stage, tmp_path, quietTimeout=QUIET_MS, pongTimeout=PONG_MS) as kept:
        session = kept.take(HALF_OPEN)
        began_ms = session.recorder.now_ms()
        kept.take(
            {"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "reconnecting"}},
            put("bob/1", "missed", "missed", until="server"),
            {"do": "heal"},
            *(shows(tab, "missed") for tab in ("alice/1", "alice/2")),
        )
        found, trace = kept.judge()
    assert found.status == "ok", found.reason
    noticed_ms = by_the_beds_clock(trace, became("reconnecting", "silent"))
    assert noticed_ms - began_ms <= HEARTBEAT_MS_MAX + LATE_MS_MAX


def by_the_beds_clock(trace: Trace, is_it: Callable[[Record[Kind]], bool]) -> float:
    """The fault is the bed's: both moments by one clock."""
    effects = Effects()
    for record in trace.records:
        effects.take(record)
        if is_it(record):
            return effects.at_ms(record)
    raise AssertionError("it never was")
