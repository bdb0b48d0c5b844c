"""A view never goes A, B, A through one write, unless that write was refused: then exactly once.

Looked at for each document and each item: what it showed, as the token of the write that made it so.
What was shown before and comes back says that whatever stood in between was taken back. A removal
explains an item that goes; another epoch explains everything, for its items were lost, whoever speaks of
it first (`epochs.py`); and a write of which nobody knows how it ended (its tab is gone) may be taken back
and come again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..trace import Commit, Kind, Record, Subscribed, Trace, View, token_in
from .epochs import Turn, Turns
from .finding import Finding, ok, unknown, violated
from .log import writer_of

NAME = "no_flicker"
ABSENT = ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What an item was from this view on: the token of its last write, or `ABSENT`."""

    token: str
    view: Record[View]


@dataclass(slots=True)
class _Story:
    """The items of one document within one epoch."""

    items: dict[str, list[_Shown]] = field(default_factory=dict)
    empty: _Shown | None = None  # before an item's first view it was absent, if the document showed others

    def feed(self, view: Record[View]) -> None:
        now = {str(item["id"]): token_in(item) or f"={item.get('title')}" for item in _items(view.what.items)}
        for key in {*now, *self.items}:
            token = now.get(key, ABSENT)
            story = self.items.setdefault(key, [self.empty] if self.empty is not None else [])
            if not story or story[-1].token != token:
                story.append(_Shown(token, view))
        self.empty = _Shown(ABSENT, view)


def check(trace: Trace) -> Finding:
    exercised = 0
    writes, removed = _writes(trace), _removed(trace)
    turns, again_committed = Turns(trace), _committed_again(trace)
    for story in _stories(trace):
        taken_back: Counter[str] = Counter()
        for key, shown in story.items.items():
            exercised += sum(each.token in writes for each in shown)
            for before, between, again in _returns(shown):
                if any(each.token in again_committed for each in (*between, again)):
                    continue
                if _turned(before, again, turns.of(again.view.source)):
                    continue
                found = _flicker(key, before, between, again, writes, taken_back, removed=key in removed)
                if found is not None:
                    what, token = found
                    return violated(NAME, exercised, what, _witness(trace, token, [before, *between, again]))
    if exercised == 0:
        return unknown(NAME, "never exercised: no write was shown by any tab")
    return ok(
        NAME, exercised, f"{exercised} times a write was shown, and none was taken back that was not refused"
    )


def _flicker(
    key: str,
    before: _Shown,
    between: list[_Shown],
    again: _Shown,
    writes: Mapping[str, str],
    taken_back: Counter[str],
    *,
    removed: bool,
) -> tuple[str, str] | None:
    """What flickered, in words, and the token of its write; None if all of it can be explained."""
    tab = again.view.what.tab
    if writes.get(again.token) == "fail":
        return None  # it was shown again; whether it may be is decided when it is taken back again
    for each in between:
        if each.token == ABSENT:
            status = writes.get(before.token)
            if status not in (None, "info") and not removed:
                return f"{tab} showed {before.token}, showed {key} no more, and showed it again", before.token
        elif before.token == ABSENT and removed:
            continue
        elif (status := writes.get(each.token)) == "ok":
            return f"{tab} showed {each.token} and took it back, and it was not refused", each.token
        elif status == "fail":
            taken_back[each.token] += 1
            if taken_back[each.token] > 1:
                return (
                    f"{tab} showed {each.token} and took it back twice, and it was refused once",
                    each.token,
                )
    return None


def _turned(before: _Shown, again: _Shown, turns: Iterable[Turn]) -> bool:
    """Whether a new epoch came in between: its items were lost, whatever the document had been told of it."""
    return any(before.view.i <= turn.until and turn.since <= again.view.i for turn in turns)


def _committed_again(trace: Trace) -> set[str]:
    """The writes that were lost with one epoch and committed again in another."""
    epochs: dict[str, set[str]] = {}
    for commit in trace.all(Commit):
        if token := token_in(commit.what.item):
            epochs.setdefault(token, set()).add(commit.what.epoch)
    return {token for token, found in epochs.items() if len(found) > 1}


def _returns(shown: list[_Shown]) -> Iterator[tuple[_Shown, list[_Shown], _Shown]]:
    """(A, what stood in between, A again), for each time that something shown before comes back."""
    last: dict[str, int] = {}
    for at, each in enumerate(shown):
        if each.token in last:
            yield shown[last[each.token]], shown[last[each.token] + 1 : at], each
        last[each.token] = at


def _stories(trace: Trace) -> Iterable[_Story]:
    """One for each document and epoch."""
    found: list[_Story] = []
    now: dict[str, _Story] = {}
    epochs: dict[tuple[str, str], str] = {}
    told: list[Record[View] | Record[Subscribed]] = [*trace.all(View), *trace.all(Subscribed)]
    for record in sorted(told, key=lambda each: each.i):
        if isinstance(record.what, View):
            if record.source not in now:
                found.append(now.setdefault(record.source, _Story()))
            now[record.source].feed(record)
        elif record.what.epoch is not None:
            where = (record.source, record.what.channel)
            if epochs.get(where, record.what.epoch) != record.what.epoch:
                now.pop(record.source, None)
            epochs[where] = record.what.epoch
    return found


def _writes(trace: Trace) -> Mapping[str, str]:
    """Token -> how its put ended."""
    return {op.invoke.what.token: op.status for op in trace.ops.values() if op.invoke.what.act == "put"}


def _removed(trace: Trace) -> set[str]:
    """The items that somebody asked to remove, or that the log says were deleted."""
    asked = {op.invoke.what.key for op in trace.ops.values() if op.invoke.what.act == "remove"}
    return asked | {commit.what.entity_id for commit in trace.all(Commit) if commit.what.event == "deleted"}


def _items(items: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    return (item for item in items if isinstance(item, Mapping) and "id" in item)


def _witness(trace: Trace, token: str, shown: list[_Shown]) -> list[Record[Kind] | None]:
    invoke = writer_of(trace, token)
    end = trace.ops[invoke.what.op].end if invoke is not None else None
    return [invoke, *(each.view for each in shown), end]
