"""The committed log as the bed has read it: how far it reaches, what it holds, which epochs there were."""

from __future__ import annotations

from ..trace import (
    Broadcast,
    Commit,
    Event,
    Invoke,
    Kind,
    LogRead,
    Ok,
    Op,
    Record,
    Snapshot,
    Subscribed,
    Trace,
    token_in,
)

WRITES = ("put", "remove")


def commits(trace: Trace) -> list[Record[Commit]]:
    """Every committed write once, however often it was read."""
    found: dict[tuple[str, str, int], Record[Commit]] = {}
    for record in trace.all(Commit):
        found.setdefault((record.what.channel, record.what.epoch, record.what.offset), record)
    return list(found.values())


def known_through(trace: Trace, channel: str, epoch: str) -> int:
    """The offset up to which the log of an epoch was read from its start, without a hole."""
    reads = sorted(
        (read.what.after, read.what.through)
        for read in trace.all(LogRead)
        if (read.what.channel, read.what.epoch) == (channel, epoch)
    )
    through = 0
    for after, until in reads:
        if after > through:
            break
        through = max(through, until)
    return through


def was_read(trace: Trace, channel: str, epoch: str) -> bool:
    return any((read.what.channel, read.what.epoch) == (channel, epoch) for read in trace.all(LogRead))


def first_sight(trace: Trace, channel: str, epoch: str) -> Record[Kind] | None:
    """Where the trace first mentions an epoch of a channel."""
    for record in trace.records:
        what = record.what
        if isinstance(what, Broadcast | Commit | Event | LogRead | Snapshot | Subscribed) and (
            (what.channel, what.epoch) == (channel, epoch)
        ):
            return record
    return None


def epochs(trace: Trace, channel: str) -> list[str]:
    """The epochs of a channel, in the order the trace mentions them."""
    found: dict[str, None] = {}
    for record in trace.records:
        what = record.what
        if (
            isinstance(what, Broadcast | Commit | Event | LogRead | Snapshot | Subscribed)
            and what.channel == channel
            and what.epoch is not None
        ):
            found[what.epoch] = None
    return list(found)


def commits_of(trace: Trace, op: Op) -> list[Record[Commit]]:
    """The commits that may be this write's effect.

    A put is known by its token. A remove leaves no title: by its client and mutation id, or its
    version, if its acknowledgement told them; else any deletion of its item will do.
    """
    invoke = op.invoke.what
    if invoke.act == "put":
        return [
            record
            for record in commits(trace)
            if record.what.event != "deleted" and token_in(record.what.item) == invoke.token
        ]
    deletions = [
        record
        for record in commits(trace)
        if record.what.event == "deleted" and record.what.entity_id == invoke.key
    ]
    end = op.end.what if op.end is not None else None
    if isinstance(end, Ok) and end.mutation_id is not None:
        wanted = (end.client_id, end.mutation_id)
        return [each for each in deletions if (each.what.client_id, each.what.mutation_id) == wanted]
    if isinstance(end, Ok) and end.version is not None:
        return [each for each in deletions if each.what.version == end.version]
    return deletions


def writes(trace: Trace) -> list[Op]:
    return [op for op in trace.ops.values() if op.invoke.what.act in WRITES]


def writer_of(trace: Trace, token: str) -> Record[Invoke] | None:
    """Who asked for the write with this token."""
    return next((op.invoke for op in trace.ops.values() if token and op.invoke.what.token == token), None)


def last_commit_to(
    trace: Trace, channel: str, epoch: str, entity_id: str, through: int
) -> Record[Commit] | None:
    """The last commit to an item within an epoch, at `through` or before."""
    found = [
        record
        for record in commits(trace)
        if (record.what.channel, record.what.epoch, record.what.entity_id) == (channel, epoch, entity_id)
        and record.what.offset <= through
    ]
    return max(found, key=lambda record: record.what.offset, default=None)
