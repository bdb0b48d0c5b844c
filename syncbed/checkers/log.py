"""The committed log as the bed has read it: how far it reaches, what it holds, which epochs there were."""

from __future__ import annotations

from collections import defaultdict

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


class Log:
    """Read from a trace once, asked often. Every commit stands in it once, however often it was read."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        found: dict[tuple[str, str, int], Record[Commit]] = {}
        for record in trace.all(Commit):
            found.setdefault((record.what.channel, record.what.epoch, record.what.offset), record)
        self.commits = list(found.values())
        self._by_token: dict[str, list[Record[Commit]]] = defaultdict(list)
        self._deletions: dict[str, list[Record[Commit]]] = defaultdict(list)
        self._by_item: dict[tuple[str, str, str], list[Record[Commit]]] = defaultdict(list)
        for record in self.commits:
            what = record.what
            self._by_item[what.channel, what.epoch, what.entity_id].append(record)
            if what.event == "deleted":
                self._deletions[what.entity_id].append(record)
            elif token := token_in(what.item):
                self._by_token[token].append(record)

    def known_through(self, channel: str, epoch: str) -> int | None:
        """The offset up to which an epoch was read from its start without a hole; None if never read."""
        reads = sorted(
            (read.what.after, read.what.through)
            for read in self._trace.all(LogRead)
            if (read.what.channel, read.what.epoch) == (channel, epoch)
        )
        through = None
        for after, until in reads:
            if after > (through or 0):
                break
            through = max(through or 0, until)
        return through

    def epochs(self, channel: str) -> dict[str, Record[Kind]]:
        """The epochs of a channel, in the order the trace mentions them, each with its first mention."""
        found: dict[str, Record[Kind]] = {}
        for record in self._trace.records:
            what = record.what
            if (
                isinstance(what, Broadcast | Commit | Event | LogRead | Snapshot | Subscribed)
                and what.channel == channel
                and what.epoch is not None
            ):
                found.setdefault(what.epoch, record)
        return found

    def commits_of(self, op: Op) -> list[Record[Commit]]:
        """The commits that may be this write's effect.

        A put is known by its token. A remove leaves no title: by its client and mutation id, or its
        version, if its acknowledgement told them; else any deletion of its item will do.
        """
        invoke = op.invoke.what
        if invoke.act == "put":
            return self._by_token.get(invoke.token, [])
        deletions = self._deletions.get(invoke.key, [])
        end = op.end.what if op.end is not None else None
        if isinstance(end, Ok) and end.mutation_id is not None:
            wanted = (end.client_id, end.mutation_id)
            return [each for each in deletions if (each.what.client_id, each.what.mutation_id) == wanted]
        if isinstance(end, Ok) and end.version is not None:
            return [each for each in deletions if each.what.version == end.version]
        return deletions

    def last_commit_to(self, channel: str, epoch: str, entity_id: str, through: int) -> Record[Commit] | None:
        """The last commit to an item within an epoch, at `through` or before."""
        found = self._by_item.get((channel, epoch, entity_id), [])
        return max(
            (record for record in found if record.what.offset <= through),
            key=lambda record: record.what.offset,
            default=None,
        )


def writes(trace: Trace) -> list[Op]:
    return [op for op in trace.ops.values() if op.invoke.what.act in WRITES]


def writer_of(trace: Trace, token: str) -> Record[Invoke] | None:
    """Who asked for the write with this token."""
    return next((op.invoke for op in trace.ops.values() if token and op.invoke.what.token == token), None)
