"""Events of a channel arrive with dense, rising offsets.

Judged for each document of a tab and each channel. A new start that the app was told of (a fresh
subscription, a resync) is no gap, if it says where it starts; one that does not say so leaves open
whether what is missing afterwards was told as lost, and a resume starts nothing anew. A tab that is
connected when the run has settled must have been brought to the end of the log: what never arrives is
a gap too. An offset that comes again is the business of *no duplicate* and is passed over here.
"""

from __future__ import annotations

from collections.abc import Mapping
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
# Words for going on where one was: whoever says so claims that nothing is missing.
RESUMED = ("resumed", "recovered")


@dataclass(slots=True)
class _Place:
    """Where a document stands on a channel, and since which record.

    `anew` was told after that, and does not say where things go on.
    """

    epoch: str
    offset: int
    since: Record[Event] | Record[Subscribed]
    anew: Record[Subscribed] | None = None


def check(trace: Trace) -> Finding:
    if finding := lacks(NAME, trace, "order"):
        return finding
    places: dict[tuple[str, str], _Place] = {}
    handed: set[tuple[str, str, str, int]] = set()
    exercised = 0
    open_ = ""
    told: list[Record[Event] | Record[Subscribed]] = [*trace.all(Event), *trace.all(Subscribed)]
    for record in sorted(told, key=lambda each: each.i):
        what, key = record.what, (record.source, record.what.channel)
        if what.epoch is None or what.offset is None:
            if isinstance(what, Subscribed) and what.reason not in RESUMED and key in places:
                places[key].anew = record  # type: ignore[assignment]
            continue
        if isinstance(what, Event):
            here = (*key, what.epoch, what.offset)
            if here in handed:
                continue
            handed.add(here)
            exercised += 1
            gap = _gap(what, places.get(key))
            if gap and places[key].anew is not None:
                open_ = open_ or f"{gap}, and was told of a new start that does not say where"
            elif gap:
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
        if (behind := _behind(trace, document, channel, place)) and place.anew is None:
            return violated(NAME, exercised, *behind)
        if behind:
            open_ = open_ or f"{behind[0]}, and it was told of a new start that does not say where"
    if open_ := open_ or _not_placed(trace, places):
        return unknown(NAME, open_, exercised)
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


def _live(trace: Trace, document: str, channel: str) -> Record[State] | None:
    """The state of a document that is connected and subscribed when the run has settled; else None."""
    tab = trace.documents.get(document, "")
    life = trace.tabs.get(tab)
    if life is None or life.did in ("closed", "crashed", "frozen") or life.document not in ("", document):
        return None
    states = [state for state in trace.all(State) if state.source == document]
    if not states or states[-1].what.state != "connected" or _unsubscribed(trace, tab, channel):
        return None
    return states[-1]


def _end(trace: Trace) -> tuple[Record[Snapshot], Record[Settled]] | None:
    final, settled = trace.last(Snapshot), trace.last(Settled)
    return (final, settled) if final is not None and settled is not None and settled.what.reached else None


def _behind(
    trace: Trace, document: str, channel: str, place: _Place
) -> tuple[str, list[Record[Kind] | None]] | None:
    """How a tab that is connected and subscribed never got the end of the log, and who shows it."""
    if (end := _end(trace)) is None or (state := _live(trace, document, channel)) is None:
        return None
    final, settled = end
    if final.what.channel != channel or not final.what.epoch:
        return None
    if (place.epoch, place.offset) == (final.what.epoch, final.what.offset):
        return None
    if place.epoch == final.what.epoch and place.offset > final.what.offset:
        return None
    what = (
        f"{trace.documents[document]} is connected and was brought to offset {place.offset} of {channel}, "
        f"epoch {place.epoch}; the channel is at {final.what.offset}, epoch {final.what.epoch}"
    )
    missed = _entry(trace, channel, final.what.epoch, place.offset + 1)
    return what, [place.since, missed, state, settled, final]


def _not_placed(trace: Trace, places: Mapping[tuple[str, str], _Place]) -> str:
    """Why the end of the log cannot be held against every tab that is connected, or ""."""
    if (end := _end(trace)) is None:
        return ""
    channel = end[0].what.channel
    if not end[0].what.epoch:
        return f"nobody says where {channel} ends"
    for document, tab in trace.documents.items():
        if (document, channel) not in places and _live(trace, document, channel) is not None:
            return f"{tab} is connected, and nobody says where it stands on {channel}"
    return ""


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
