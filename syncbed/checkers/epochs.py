"""When a channel's epoch turned, as far as each document is concerned.

A new epoch is there from the first record that speaks of it: a frame, an event, a commit. A document may
learn of it later, and shows things of both until it is told where the channel stands now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from ..trace import Broadcast, Commit, Event, Frame, LogRead, Snapshot, Subscribed, Trace
from ..trace.sequel import json_of


class Turn(NamedTuple):
    """Records `since` to `until`: before it is the old epoch, after it is the new one."""

    since: int
    until: int


class Turns:
    def __init__(self, trace: Trace) -> None:
        first: dict[str, dict[str, int]] = defaultdict(dict)
        for channel, epoch, i in _mentions(trace):
            first[channel].setdefault(epoch, i)
        self._begun = {channel: dict(list(found.items())[1:]) for channel, found in first.items()}
        self._told: dict[tuple[str, str, str | None], int] = {}
        for record in trace.all(Subscribed):
            self._told.setdefault((record.source, record.what.channel, record.what.epoch), record.i)

    def of(self, document: str) -> list[Turn]:
        """The turns as a document lived through them: each ends when it was told, if it ever was."""
        return [
            Turn(since, max(since, self._told.get((document, channel, epoch), since)))
            for channel, begun in self._begun.items()
            for epoch, since in begun.items()
        ]


def _mentions(trace: Trace) -> Iterator[tuple[str, str, int]]:
    """(channel, epoch, record), in reading order."""
    for record in trace.records:
        what = record.what
        if isinstance(what, Broadcast | Commit | Event | LogRead | Snapshot | Subscribed):
            if what.epoch is not None:
                yield what.channel, what.epoch, record.i
        elif isinstance(what, Frame) and what.direction == "down" and '"epoch"' in (what.payload or ""):
            body = json_of(what.payload)
            channel, epoch = body.get("channel"), body.get("epoch")
            if isinstance(channel, str) and isinstance(epoch, str):
                yield channel, epoch, record.i
