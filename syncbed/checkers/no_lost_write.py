"""An acknowledged write is in the committed log, and its effect in the final state.

Unless a later commit to the item overwrote it. A write of an epoch that was declared lost (the
channel has another epoch now) is excused, no other. A write counts as of the old epoch unless it
was certainly asked for after the new one had been seen: an acknowledgement may be late, and this
judge rather misses a loss than invents one.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..trace import Commit, Kind, LogRead, Op, Record, Snapshot, Trace, token_in
from .finding import Finding, lacks, ok, unknown, violated
from .log import Log, writes

NAME = "no_lost_write"


def check(trace: Trace) -> Finding:
    if finding := lacks(NAME, trace, "server_authority"):
        return finding
    acknowledged = [op for op in writes(trace) if op.status == "ok"]
    if not acknowledged:
        return unknown(NAME, "never exercised: no write was acknowledged")
    final = trace.last(Snapshot)
    if final is None:
        return unknown(NAME, "the server's items were not read at the end")
    channel, epoch = final.what.channel, final.what.epoch
    log = Log(trace)
    known = log.known_through(channel, epoch)
    if known is None or known < final.what.offset:
        return unknown(NAME, f"the log of {channel}, epoch {epoch}, was not read up to {final.what.offset}")

    epochs = log.epochs(channel)
    rotated = epochs[epoch] if len(epochs) > 1 else None
    kept = excused = 0
    for op in acknowledged:
        found = log.commits_of(op)
        present = [commit for commit in found if commit.what.epoch == epoch]
        if not present:
            if rotated is not None and trace.before(rotated, op.invoke) is not True:
                excused += 1
                continue
            what = f"{op.invoke.what.op} was acknowledged and is not in the committed log"
            return violated(NAME, kept + 1, what, _witness(trace, op, final, ()))
        lost = _effect_lost(log, final, op, present[-1])
        if lost:
            return violated(NAME, kept + 1, lost, _witness(trace, op, final, present))
        kept += 1
    if kept == 0:
        return unknown(NAME, f"never exercised: all {excused} acknowledged writes are of a lost epoch")
    told = f"{kept} acknowledged write{'' if kept == 1 else 's'} in the log and in the final state"
    return ok(NAME, kept, told + (f", {excused} excused: their epoch was declared lost" if excused else ""))


def _effect_lost(log: Log, final: Record[Snapshot], op: Op, commit: Record[Commit]) -> str:
    """How the final state lacks the effect of a commit that nothing overwrote; "" if it does not."""
    held, entity_id = final.what, commit.what.entity_id
    last = log.last_commit_to(held.channel, held.epoch, entity_id, held.offset)
    if last is None or last.what.offset != commit.what.offset:
        return ""  # overwritten, or later than what was read of the state
    item = next((each for each in held.items if isinstance(each, dict) and each.get("id") == entity_id), None)
    told = f"{op.invoke.what.op} was committed at offset {commit.what.offset}, nothing overwrote it"
    if op.invoke.what.act == "remove":
        return f"{told}, and {entity_id} is there again" if item is not None else ""
    if item is None:
        return f"{told}, and {entity_id} is gone"
    return "" if token_in(item) == op.invoke.what.token else f"{told}, and {entity_id} holds something else"


def _witness(
    trace: Trace, op: Op, final: Record[Snapshot], found: Iterable[Record[Commit]]
) -> list[Record[Kind] | None]:
    end = op.end.i if op.end is not None else final.i
    around: list[Record[Kind]] = [
        span.began
        for span in trace.faults
        if span.began.i < end and (span.lifted is None or span.lifted.i >= op.invoke.i)
    ]
    return [op.invoke, op.end, *found, final, trace.last(LogRead), *around]
