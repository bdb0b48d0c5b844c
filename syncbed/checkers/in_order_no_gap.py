"""Events of a channel arrive with dense, rising offsets.

Judged for each document of a tab and each channel. A new start that the app was told of (a fresh
subscription, a resync) is no gap. A tab that is connected when the run has settled must have been
brought to the end of the log: what never arrives is a gap too. An offset that comes again is the
business of *no duplicate* and is passed over here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..trace import (
    Broadcast,
    Commit,
    Event,
    Invoke,
    Kind,
    Record,
    Settled,
    Snapshot,
    State,
    Subscribed,
    Trace,
)
from .finding import Finding, lacks, ok, unknown, violated

NAME = "in_order_no_gap"


@dataclass(slots=True)
class _Place:
    """Where a document stands on a channel, and since which record."""

    epoch: str
    offset: int
    since: Record[Event] | Record[Subscribed]


def check(trace: Trace) -> Finding:
    if finding := lacks(NAME, trace, "order"):
        return finding
    places: dict[tuple[str, str], _Place] = {}
    handed: set[tuple[str, str, str, int]] = set()
    exercised = 0
    told: list[Record[Event] | Record[Subscribed]] = [*trace.all(Event), *trace.all(Subscribed)]
    for record in sorted(told, key=lambda each: each.i):
        what, key = record.what, (record.source, record.what.channel)
        if what.epoch is None or what.offset is None:
            if isinstance(what, Subscribed):
                places.pop(key, None)  # a new start, and nobody says where
            continue
        if isinstance(what, Event):
            here = (*key, what.epoch, what.offset)
            if here in handed:
                continue
            handed.add(here)
            exercised += 1
            gap = _gap(what, places.get(key))
            if gap:
                return violated(NAME, exercised, gap, _witness(trace, record, what, places[key]))
        places[key] = _Place(what.epoch, what.offset, record)
    if exercised == 0:
        return unknown(
            NAME,
            "events carry no offset"
            if trace.all(Event)
            else "never exercised: no event was handed to an app",
        )
    for (document, channel), place in places.items():
        if finding := _behind(trace, document, channel, place, exercised):
            return finding
    return ok(NAME, exercised, f"{exercised} events on {len(places)} subscriptions, dense and rising")


def _gap(event: Event, place: _Place | None) -> str:
    if place is None:
        return ""  # where a subscription starts is not known before its first event
    where = f"{event.tab} was handed offset {event.offset} of {event.channel}"
    if event.epoch != place.epoch:
        return f"{where} in epoch {event.epoch}, after epoch {place.epoch}, and was told of no resync"
    if event.offset != place.offset + 1:
        return f"{where} after {place.offset}"
    return ""


def _behind(trace: Trace, document: str, channel: str, place: _Place, exercised: int) -> Finding | None:
    """Whether a tab that is connected and subscribed never got the end of the log."""
    final, settled = trace.last(Snapshot), trace.last(Settled)
    if final is None or settled is None or not settled.what.reached or final.what.channel != channel:
        return None
    tab = trace.documents.get(document, "")
    life = trace.tabs.get(tab)
    if life is None or life.did in ("closed", "crashed", "frozen") or life.document not in ("", document):
        return None
    states = [state for state in trace.all(State) if state.source == document]
    if not states or states[-1].what.state != "connected" or _unsubscribed(trace, tab, channel):
        return None
    if (place.epoch, place.offset) == (final.what.epoch, final.what.offset):
        return None
    if place.epoch == final.what.epoch and place.offset > final.what.offset:
        return None
    what = (
        f"{tab} is connected and was brought to offset {place.offset} of {channel}, epoch {place.epoch}; "
        f"the channel is at {final.what.offset}, epoch {final.what.epoch}"
    )
    missed = _entry(trace, channel, final.what.epoch, place.offset + 1)
    return violated(NAME, exercised, what, [place.since, missed, states[-1], settled, final])


def _unsubscribed(trace: Trace, tab: str, channel: str) -> bool:
    acts = [
        record.what.act
        for record in trace.all(Invoke)
        if record.what.tab == tab
        and record.what.key == channel
        and record.what.act in ("subscribe", "unsubscribe")
    ]
    return bool(acts) and acts[-1] == "unsubscribe"


def _witness(trace: Trace, event: Record[Kind], what: Event, place: _Place) -> list[Record[Kind] | None]:
    missed = (
        _entry(trace, what.channel, what.epoch or "", place.offset + 1) if what.epoch == place.epoch else None
    )
    states: list[Record[Kind]] = [
        state
        for state in trace.all(State)
        if state.source == event.source and place.since.i < state.i < event.i
    ]
    return [place.since, event, missed, *states]


def _entry(trace: Trace, channel: str, epoch: str, offset: int) -> Record[Kind] | None:
    """The entry of the log at a position."""
    entries: list[Record[Commit] | Record[Broadcast]] = [*trace.all(Commit), *trace.all(Broadcast)]
    for entry in entries:
        if (entry.what.channel, entry.what.epoch, entry.what.offset) == (channel, epoch, offset):
            return entry
    return None
