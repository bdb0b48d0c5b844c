"""A write that was refused is in nobody's final state: not in the server's items, not in a tab's view.

A put is known by its token. A removal leaves none: refused, it has left its item where it was, so a
tab shows the item if the server holds it, and the server holds it unless the log says that somebody
else's removal was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..trace import Commit, Fail, Kind, Op, Record, Settled, Snapshot, Trace, View, token_in
from .converges import missing_evidence
from .finding import Finding, lacks, ok, unknown, violated
from .log import Log, writes

NAME = "no_phantom"


def in_question(records: Sequence[Record[Kind]]) -> bool:
    """Where nothing was refused, no phantom can be."""
    return any(isinstance(record.what, Fail) for record in records)


def check(trace: Trace) -> Finding:
    if finding := lacks(NAME, trace, "server_authority"):
        return finding
    refused = [op for op in writes(trace) if op.status == "fail"]
    if not refused:
        return unknown(NAME, "never exercised: no write was refused")
    if why := missing_evidence(trace):
        return unknown(NAME, why)
    final = trace.last(Snapshot)
    assert final is not None
    views = [view for tab in trace.open_tabs() if (view := trace.final_view(tab)) is not None]
    tokens: list[tuple[set[str], str, Record[Kind]]]
    tokens = [(_tokens(final.what.items), "the server holds", final)]
    tokens += [(_tokens(view.what.items), f"{view.what.tab} shows", view) for view in views]
    log = Log(trace)
    for number, op in enumerate(refused, start=1):
        if op.invoke.what.act == "remove":
            phantom = _removed(log, op, final, views)
        else:
            token = op.invoke.what.token
            phantom = next(((words, record) for found, words, record in tokens if token in found), None)
        if phantom is not None:
            words, shown = phantom
            what = f"{op.invoke.what.op} was refused, and {words} {_what(op)}"
            return violated(NAME, number, what, _witness(trace, op, shown, final, log.commits_of(op)))
    told = f"{len(refused)} refused write{'' if len(refused) == 1 else 's'}"
    return ok(NAME, len(refused), f"{told}, in the final state of nobody")


def _tokens(items: Iterable[Any]) -> set[str]:
    return {token for token in map(token_in, items) if token}


def _removed(
    log: Log, op: Op, final: Record[Snapshot], views: Iterable[Record[View]]
) -> tuple[str, Record[Kind]] | None:
    """Who lacks an item whose removal was refused, and should have it."""
    held, key = final.what, op.invoke.what.key
    if _has(held.items, key):
        lacking = next((view for view in views if not _has(view.what.items, key)), None)
        return (f"{lacking.what.tab} shows", lacking) if lacking is not None else None
    last = log.last_commit_to(held.channel, held.epoch, key, held.offset)
    if last is None or last.what.event == "deleted" or log.known_through(held.channel, held.epoch) is None:
        return None
    return "the server holds", final


def _has(items: Iterable[Any], key: str) -> bool:
    return any(isinstance(item, Mapping) and item.get("id") == key for item in items)


def _what(op: Op) -> str:
    return f"no {op.invoke.what.key}" if op.invoke.what.act == "remove" else "it"


def _witness(
    trace: Trace, op: Op, shown: Record[Kind], final: Record[Snapshot], commits: Iterable[Record[Commit]]
) -> list[Record[Kind] | None]:
    mine = () if op.invoke.what.act == "remove" else commits
    return [op.invoke, op.end, shown, final, *mine, trace.last(Settled)]
