"""After heal and settle, every tab and the server show the same items.

Items are compared by id, as JSON; a version is compared where both sides tell one. Their order is
not compared. A tab that was closed or crashed shows nothing and is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..trace import (
    Commit,
    Heal,
    Kind,
    Ok,
    Record,
    Settled,
    Snapshot,
    TabLife,
    Trace,
    View,
    token_in,
)
from ..trace.prose import item_told
from .finding import Finding, ok, unknown, violated
from .log import Log, writer_of, writes

NAME = "converges"


def check(trace: Trace) -> Finding:
    if why := missing_evidence(trace):
        return unknown(NAME, why)
    snapshot = trace.last(Snapshot)
    assert snapshot is not None
    tabs = trace.open_tabs()
    if not any(op.status == "ok" for op in writes(trace)) and not trace.all(Commit):
        return unknown(NAME, "never exercised: nothing was written")
    for tab in tabs:
        view = trace.final_view(tab)
        assert view is not None
        differs = difference(view.what.items, snapshot.what.items)
        if differs is not None:
            return violated(
                NAME,
                len(tabs),
                f"{tab} shows {differs[1]}",
                _witness(trace, view, snapshot, differs[0]),
            )
    shown = f"{len(snapshot.what.items)} item{'' if len(snapshot.what.items) == 1 else 's'}"
    return ok(NAME, len(tabs), f"{len(tabs)} tab{'' if len(tabs) == 1 else 's'} and the server show {shown}")


def missing_evidence(trace: Trace) -> str:
    """What keeps the final state from being judged, in words; "" if all of it is known."""
    settled, snapshot, heal = trace.last(Settled), trace.last(Snapshot), trace.last(Heal)
    if settled is None:
        return "the run never settled"
    if not settled.what.reached:
        return f"the run did not settle within {settled.what.bound_ms:.0f} ms: {settled.what.missing}"
    if acting := in_force(trace, heal):
        return f"it was never healed: fault {acting[0]} was in force"
    if heal is not None and trace.before(settled, heal) is True:
        return "it did not settle after it was healed"
    if snapshot is None:
        return "the server's items were not read"
    if trace.before(snapshot, settled) is True:
        return "the server's items were not read after it had settled"
    if any(op.invoke.i > settled.i for op in writes(trace)):
        return "there were writes after it had settled"
    tabs = trace.open_tabs()
    if not tabs:
        return "no tab was open at the end"
    for tab in tabs:
        if trace.tabs[tab].did == "frozen":
            return f"{tab} was frozen at the end"
        view = trace.final_view(tab)
        if view is None:
            return f"{tab} never told what it shows"
        if view.what.pending:
            return f"{tab} has {len(view.what.pending)} pending though it had settled"
    return ""


def in_force(trace: Trace, heal: Record[Heal] | None) -> list[str]:
    """The faults that neither ended nor were healed; what was done to a tab is over once it is done."""
    return [
        span.began.what.fault
        for span in trace.faults
        if span.lifted is None and (heal is None or heal.i < span.began.i)
    ]


def difference(shown: tuple[Any, ...], held: tuple[Any, ...]) -> tuple[str, str] | None:
    """The first item that differs, by its id, and in words."""
    theirs = {_id(item): item for item in held}
    seen: set[str] = set()
    for item in shown:
        if _id(item) in seen:
            return _id(item), f"{item_told(item)} twice"
        seen.add(_id(item))
        if _id(item) not in theirs:
            return _id(item), f"{item_told(item)}, which the server does not hold"
        if not _same(item, theirs[_id(item)]):
            return _id(item), f"{item_told(item)} where the server holds {item_told(theirs[_id(item)])}"
    for key, item in theirs.items():
        if key not in seen:
            return key, f"no {item_told(item)}, which the server holds"
    return None


def _id(item: Any) -> str:
    return str(item.get("id")) if isinstance(item, Mapping) else str(item)


def _same(one: Any, other: Any) -> bool:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return bool(one == other)
    for key in {*one, *other}:
        if key == "version" and (one.get(key) is None or other.get(key) is None):
            continue
        if key not in one or key not in other or one[key] != other[key]:
            return False
    return True


def _witness(
    trace: Trace, view: Record[View], snapshot: Record[Snapshot], entity_id: str
) -> list[Record[Kind] | None]:
    held = snapshot.what
    commit = Log(trace).last_commit_to(held.channel, held.epoch, entity_id, held.offset)
    token = token_in(commit.what.item) if commit is not None else ""
    shown = next((item for item in view.what.items if _id(item) == entity_id), None)
    lives: list[Record[TabLife]] = [
        life for life in trace.all(TabLife) if life.what.tab == view.what.tab and life.what.did != "opened"
    ]
    acknowledged = [
        op.end
        for op in writes(trace)
        if isinstance(op.end and op.end.what, Ok) and op.invoke.what.token == (token or token_in(shown))
    ]
    return [
        view,
        snapshot,
        commit,
        writer_of(trace, token) or writer_of(trace, token_in(shown)),
        *acknowledged,
        *lives,
        trace.last(Heal),
        trace.last(Settled),
    ]
