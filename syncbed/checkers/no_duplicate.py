"""A mutation takes effect once; an event is handed to the app once.

Once in the log: within an epoch no two commits carry one write's token, or one client's mutation
id. (Across epochs a write may be committed again: the first effect was declared lost.) Once in
what is shown at the end: no two items carry one token. Once to the app: a document is handed each
position of a channel once; where events have no offset, each version of an item; else each token. An
event that has none of them cannot be told from another, and makes it unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from ..trace import Commit, Event, Frame, Kind, Record, Snapshot, Trace, View, token_in
from .finding import Finding, lacks, ok, unknown, violated
from .log import Log, writer_of

NAME = "no_duplicate"
K = TypeVar("K", bound=Kind)


def check(trace: Trace) -> Finding:
    if finding := lacks(NAME, trace, "idempotent"):
        return finding
    log = Log(trace)
    committed = log.commits
    events = trace.all(Event)
    known = [event for event in events if _by_document(event) is not None]
    exercised = sum(bool(_by_token(each) or _by_mutation(each)) for each in committed) + len(known)

    for key in (_by_token, _by_mutation):
        twice = _first_repeat(committed, key)
        if twice:
            token = token_in(twice[0].what.item)
            what = f"{token or twice[0].what.entity_id} was committed twice, at offsets " + " and ".join(
                str(each.what.offset) for each in twice
            )
            return violated(NAME, exercised, what, _story(trace, token, twice))
    shown = _shown_twice(trace)
    if shown is not None:
        where, token = shown
        return violated(NAME, exercised, f"two items carry {token}", _story(trace, token, [where]))
    handed = _first_repeat(events, _by_document)
    if handed:
        first = handed[0].what
        at = f"offset {first.offset}" if first.offset is not None else f"version {first.version}"
        what = f"{first.tab} was handed the event of {first.token or first.entity_id} at {at} twice"
        return violated(NAME, exercised, what, handed)

    final = trace.last(Snapshot)
    if final is None or log.known_through(final.what.channel, final.what.epoch) is None:
        return unknown(NAME, "the committed log was not read", exercised)
    if len(known) < len(events):
        nameless = next(event.what for event in events if _by_document(event) is None)
        what = (
            f"{len(events) - len(known)} events cannot be told apart: they carry no offset, version or token"
        )
        return unknown(NAME, f"{what} (the first is {nameless.name!r} on {nameless.channel})", exercised)
    if exercised == 0:
        return unknown(NAME, "never exercised: nothing was committed and no event was handed out")
    return ok(NAME, exercised, f"{len(committed)} commits and {len(events)} handed events, each once")


def _by_token(commit: Record[Commit]) -> Hashable | None:
    token = token_in(commit.what.item)
    return (commit.what.channel, commit.what.epoch, token) if token else None


def _by_mutation(commit: Record[Commit]) -> Hashable | None:
    what = commit.what
    if what.client_id is None or what.mutation_id is None:
        return None
    return what.channel, what.epoch, what.client_id, what.mutation_id


def _by_document(event: Record[Event]) -> Hashable | None:
    what = event.what
    where = (event.source, what.channel)
    if what.offset is not None:
        return *where, what.epoch, what.offset
    if what.version is not None:
        return *where, what.name, what.entity_id, what.version
    return (*where, what.name, what.token) if what.token else None


def _first_repeat(
    records: Iterable[Record[K]], key: Callable[[Record[K]], Hashable | None]
) -> list[Record[K]]:
    """The first record that repeats an earlier one, after it; empty if none does."""
    seen: dict[Hashable, Record[K]] = {}
    for record in records:
        found = key(record)
        if found is None:
            continue
        if found in seen:
            return [seen[found], record]
        seen[found] = record
    return []


def _shown_twice(trace: Trace) -> tuple[Record[Kind], str] | None:
    """A final view or snapshot in which two items carry one token."""
    final: list[Record[Snapshot] | Record[View] | None] = [trace.last(Snapshot)]
    final += [trace.final_view(tab) for tab in trace.open_tabs()]
    for record in final:
        if record is None:
            continue
        seen: set[str] = set()
        for item in record.what.items:
            token = token_in(item)
            if token and token in seen:
                return record, token
            seen.add(token)
    return None


def _story(trace: Trace, token: str, twice: Iterable[Record[Kind]]) -> list[Record[Kind] | None]:
    """The op, its two effects, the requests that carried it, and what became of their answers."""
    twice = list(twice)
    mutations = {each.what.mutation_id for each in twice if isinstance(each.what, Commit)}
    carried: list[Record[Kind]] = [
        frame
        for frame in trace.all(Frame)
        if frame.what.stage in ("request", "response")
        and (
            (token and frame.what.stage == "request" and f'#{token}"' in (frame.what.payload or ""))
            or (
                (frame.what.mutation and frame.what.mutation in {str(each) for each in mutations})
                and frame.what.did in ("answer_lost", "lost", "resent", "duplicated")
            )
        )
    ]
    invoke = writer_of(trace, token)
    end = trace.ops[invoke.what.op].end if invoke is not None else None
    return [invoke, *twice, end, *carried]
