"""May a client go on from where it was? All or nothing: every missed event in order, or a resync.

`brokers/lua/log.lua` says the same for Redis; the broker contract suite holds the two equal.
"""

from __future__ import annotations

from .events import Position


def can_resume(asked: Position, epoch: str, first: int, last: int) -> bool:
    """Whether a log of `epoch` that holds the offsets `first` to `last` has all that follows `asked`.

    An empty log has first == last + 1. An offset beyond `last` under the same epoch would mean that
    acknowledged events are gone without the epoch having changed: never resumed, always a resync.
    """
    return asked.epoch == epoch and first - 1 <= asked.offset <= last
