"""Pending returns to 0, a request settles, a subscription ends up live: all of it within a bound.

The bound is that of the settling after the heal. Whether it was reached is the bed's word; this judge
looks for what was left: a mutation still pending, an op without an end, a tab that still connects, a
subscription that was never told where it stands, or stands in an epoch that is over.
"""

from __future__ import annotations

from ..trace import (
    Event,
    Fault,
    Heal,
    Info,
    Invoke,
    Kind,
    Op,
    Record,
    Settled,
    Snapshot,
    State,
    Subscribed,
    TabLife,
    Trace,
)
from .converges import in_force
from .finding import Finding, ok, unknown, violated

NAME = "nothing_stuck"
GOING = ("connecting", "reconnecting")
LEFT = ("reloaded", "closed", "crashed")

Stuck = tuple[str, list[Record[Kind] | None]]
"""What is stuck, in words, and who shows it."""


def check(trace: Trace) -> Finding:
    settled, heal = trace.last(Settled), trace.last(Heal)
    if why := _missing(trace, settled, heal):
        return unknown(NAME, why)
    assert settled is not None
    tabs, away = trace.open_tabs(), _away(trace)
    ops = [op for op in trace.ops.values() if op.end is not None and op.end.i < settled.i]
    exercised = len(ops) + len([tab for tab in tabs if tab not in away])
    for tab in tabs:
        if tab not in away and (stuck := _tab_stuck(trace, tab, settled)):
            return _violated(trace, exercised, stuck, settled, heal)
    for op in trace.ops.values():
        if op.invoke.what.tab not in away and (stuck := _op_stuck(trace, op, settled)):
            return _violated(trace, exercised, stuck, settled, heal)
    if not settled.what.reached:
        return unknown(
            NAME,
            f"the run did not settle within {settled.what.bound_ms:.0f} ms: {settled.what.missing}",
            exercised,
        )
    if not ops:
        return unknown(NAME, "never exercised: nothing that was asked for came to an end")
    live = exercised - len(ops)
    return ok(NAME, exercised, f"{len(ops)} ops ended, {live} tab{'' if live == 1 else 's'} at rest")


def _missing(trace: Trace, settled: Record[Settled] | None, heal: Record[Heal] | None) -> str:
    """What keeps this from being judged."""
    if settled is None:
        return "the run never settled"
    if acting := in_force(trace, heal):
        return f"it was never healed: fault {acting[0]} was in force"
    if heal is not None and trace.before(settled, heal) is True:
        return "it did not settle after it was healed"
    if any(op.invoke.i > settled.i for op in trace.ops.values()):
        return "something was asked for after it had settled"
    for tab in trace.open_tabs():
        if trace.tabs[tab].did == "frozen":
            return f"{tab} was frozen at the end"
        if trace.final_view(tab) is None:
            return f"{tab} never told what it shows"
    return "" if trace.open_tabs() else "no tab was open at the end"


def _away(trace: Trace) -> set[str]:
    """The tabs of profiles in which nobody is connected or tries to be: what they hold back may wait."""
    states = {tab: state.what.state for tab in trace.open_tabs() if (state := _state(trace, tab))}
    profiles: dict[str, list[str]] = {}
    for tab in trace.open_tabs():
        profiles.setdefault(tab.partition("/")[0], []).append(tab)
    off = [tabs for tabs in profiles.values() if all(states.get(tab) == "disconnected" for tab in tabs)]
    return {tab for tabs in off for tab in tabs}


def _tab_stuck(trace: Trace, tab: str, settled: Record[Settled]) -> Stuck | None:
    view, state = trace.final_view(tab), _state(trace, tab)
    bound = f"{settled.what.bound_ms:.0f} ms after it was healed"
    if view is not None and view.what.pending:
        held = [op.invoke for op in trace.ops.values() if op.invoke.what.key in view.what.pending]
        return f"{tab} has {len(view.what.pending)} pending, {bound}", [view, *held[-4:]]
    if state is not None and state.what.state in GOING:
        return f"{tab} is {state.what.state}, {bound}", [state]
    if state is not None and state.what.state == "connected":
        return _subscription_stuck(trace, tab, state)
    return None


def _subscription_stuck(trace: Trace, tab: str, state: Record[State]) -> Stuck | None:
    """A connected tab whose subscription to what the server was read of is not live."""
    final = trace.last(Snapshot)
    if final is None:
        return None
    channel = final.what.channel
    told: list[Record[Subscribed] | Record[Event]] = [*trace.all(Subscribed), *trace.all(Event)]
    told = [record for record in told if record.what.channel == channel]
    if not told or _unsubscribed(trace, tab, channel):
        return None  # an adapter that tells nothing of its subscriptions
    mine = [record for record in told if record.source == state.source]
    if not mine:
        return f"{tab} is connected, and its subscription to {channel} never became live", [state, final]
    last = max(mine, key=lambda record: record.i)
    if last.what.epoch is not None and final.what.epoch and last.what.epoch != final.what.epoch:
        what = f"{tab} is connected, and its subscription to {channel} is still in epoch {last.what.epoch}"
        return f"{what}, which is over", [state, last, final]
    return None


def _op_stuck(trace: Trace, op: Op, settled: Record[Settled]) -> Stuck | None:
    """An op that had not ended when the run had settled, though the document that was asked is there."""
    invoke, end = op.invoke, op.end
    if end is not None and (end.i < settled.i or not isinstance(end.what, Info)):
        return None
    gone = [life for life in trace.all(TabLife) if life.what.tab == invoke.what.tab and life.i > invoke.i]
    if any(life.what.did in LEFT for life in gone):
        return None
    what = f"{invoke.what.op} ({invoke.what.act}, {invoke.what.tab}) has no answer"
    return f"{what}, {settled.what.bound_ms:.0f} ms after it was healed", [invoke, end]


def _state(trace: Trace, tab: str) -> Record[State] | None:
    document = trace.tabs[tab].document
    states = [
        state
        for state in trace.all(State)
        if state.what.tab == tab and (not document or state.source == document)
    ]
    return states[-1] if states else None


def _unsubscribed(trace: Trace, tab: str, channel: str) -> bool:
    acts = [
        record.what.act
        for record in trace.all(Invoke)
        if (record.what.tab, record.what.key) == (tab, channel)
        and record.what.act in ("subscribe", "unsubscribe")
    ]
    return bool(acts) and acts[-1] == "unsubscribe"


def _violated(
    trace: Trace, exercised: int, stuck: Stuck, settled: Record[Settled], heal: Record[Heal] | None
) -> Finding:
    what, shown = stuck
    faults: list[Record[Fault]] = [span.began for span in trace.faults][-3:]
    return violated(NAME, exercised, what, [*shown, settled, heal, *faults])
