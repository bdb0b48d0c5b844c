"""After disconnect no socket; never two living sockets of a tab; no delivery after unsubscribe.

A WebSocket at the wire is a ghost if its connection was certainly opened after a disconnect() had
returned and before connect() was asked for again. Two at a time are judged once the run has settled
(one may still be closing while the next one opens), and one that the SDK is closing, or that a fault
keeps silent, does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..trace import Connection, Event, Invoke, Kind, Ok, Record, Settled, State, TabLife, Trace
from .finding import Finding, ok, unknown, violated

NAME = "no_ghost"


@dataclass(frozen=True, slots=True)
class _Away:
    """A tab is disconnected, or off a channel, from `since` until it asks again (None: to the end)."""

    asked: Record[Invoke]
    since: Record[Ok]
    until: Record[Kind] | None


@dataclass(frozen=True, slots=True)
class _Socket:
    opened: Record[Connection]  # the TCP connection was accepted
    living: Record[Connection]  # the server answered 101
    ended: Record[Connection] | None  # closing, closed, or silenced by a fault


def check(trace: Trace) -> Finding:
    sockets, events = _sockets(trace), trace.all(Event)
    gone, left = _aways(trace, "disconnect", "connect"), _aways(trace, "unsubscribe", "subscribe")
    for away in gone:
        for socket in sockets[away.asked.what.tab]:
            if _within(trace, away, socket.opened, socket.living):
                what = f"{away.asked.what.tab} was told to disconnect, and opened a socket"
                return violated(NAME, len(gone), what, _witness(trace, away, [socket.opened, socket.living]))
    for away in left:
        for event in events:
            same = (event.source, event.what.channel) == (away.since.source, away.asked.what.key)
            if same and _within(trace, away, event, event):
                what = (
                    f"{event.what.tab} was handed an event of {event.what.channel} after it had unsubscribed"
                )
                return violated(NAME, len(left), what, _witness(trace, away, [event]))
    settled = trace.last(Settled)
    tabs = [tab for tab in trace.open_tabs() if sockets[tab]] if settled and settled.what.reached else []
    for tab in tabs:
        living = [each for each in sockets[tab] if each.ended is None]
        away_now = [each for each in gone if each.asked.what.tab == tab and each.until is None]
        if away_now and living:
            what = f"{tab} was told to disconnect, and has a socket still"
            return violated(NAME, len(gone), what, _witness(trace, away_now[-1], [living[0].living, settled]))
        if len(living) > 1:
            what = f"{tab} has {len(living)} living sockets"
            return violated(NAME, len(tabs), what, [*(each.living for each in living), settled])
    exercised = sum(bool(sockets[each.asked.what.tab]) for each in gone) + len(left) + len(tabs)
    if exercised == 0:
        return unknown(NAME, "never exercised: the wire saw no WebSocket, and nobody unsubscribed")
    return ok(NAME, exercised, f"{len(gone)} disconnected, {len(left)} unsubscribed, {len(tabs)} at the end")


def _aways(trace: Trace, leave: str, come_back: str) -> list[_Away]:
    """Every time that a tab left and its SDK said that it had; a new document is a new start."""
    acts: list[Record[Invoke] | Record[TabLife]] = [
        *(each for each in trace.all(Invoke) if each.what.act in (leave, come_back)),
        *(
            each
            for each in trace.all(TabLife)
            if each.what.did not in ("frozen", "thawed", "hidden", "shown")
        ),
    ]
    acts.sort(key=lambda each: each.i)
    found = []
    for at, asked in enumerate(acts):
        if not isinstance(asked.what, Invoke) or asked.what.act != leave:
            continue
        end = trace.ops[asked.what.op].end
        if end is None or not isinstance(end.what, Ok):
            continue
        until = next((each for each in acts[at + 1 :] if _ends(asked.what, each.what)), None)
        found.append(_Away(asked, end, until))
    return found


def _ends(left: Invoke, act: Invoke | TabLife) -> bool:
    if isinstance(act, TabLife):
        return act.tab == left.tab
    return act.tab == left.tab and act.act != left.act and act.key == left.key


def _within(trace: Trace, away: _Away, first: Record[Kind], last: Record[Kind]) -> bool:
    """Whether both certainly fall between leaving and coming back."""
    if trace.before(away.since, first) is not True:
        return False
    return away.until is None or trace.before(last, away.until) is True


def _sockets(trace: Trace) -> dict[str, list[_Socket]]:
    """Tab -> its WebSockets at the wire, oldest first."""
    opened: dict[str, Record[Connection]] = {}
    living: dict[str, Record[Connection]] = {}
    ended: dict[str, Record[Connection]] = {}
    for record in trace.all(Connection):
        match record.what:
            case Connection(did="opened", connection=name):
                opened[name] = record
            case Connection(did="websocket", connection=name):
                living[name] = record
            case Connection(did="closing" | "closed" | "silenced" | "stalled", connection=name):
                ended.setdefault(name, record)
            case Connection(did="resumed", connection=name):
                ended.pop(name, None)
    found: dict[str, list[_Socket]] = defaultdict(list)
    for name, record in living.items():
        found[record.what.tab].append(_Socket(opened.get(name, record), record, ended.get(name)))
    return found


def _witness(trace: Trace, away: _Away, ghosts: Sequence[Record[Kind] | None]) -> list[Record[Kind] | None]:
    last = max(each.i for each in ghosts if each is not None)
    states: list[Record[Kind]] = [
        each
        for each in trace.all(State)
        if each.source == away.since.source and away.asked.i < each.i <= last
    ]
    return [away.asked, away.since, *ghosts, *states]
