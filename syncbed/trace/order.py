"""What happened before what, as far as it may be claimed.

Three things order two records: their source's own sequence, a message from one to the other, and
clocks whose intervals, widened by the measured error, do not overlap. The place in the file is
none of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from .kinds import Clock, Fail, Info, Invoke, Kind, Ok, TabMessage
from .record import Record


class Order:
    def __init__(self, records: Sequence[Record[Kind]]) -> None:
        self._intervals = _intervals(records)
        self._seen = _causes(records)
        self._places = _places(records)

    def before(self, a: Record[Kind], b: Record[Kind]) -> bool | None:
        """True: a happened before b. False: it did not. None: nobody can say."""
        if a.i == b.i or self._caused(b, a):
            return False
        if self._caused(a, b):
            return True
        first, second = self._intervals[a.i], self._intervals[b.i]
        if first is None or second is None:
            return None
        if first[1] < second[0]:
            return True
        return False if second[1] < first[0] else None

    def _caused(self, a: Record[Kind], b: Record[Kind]) -> bool:
        return self._seen[b.i].get(a.source, 0) >= self._places[a.i]


def _places(records: Sequence[Record[Kind]]) -> list[int]:
    """The place of each record among those of its source, from 1 (`n` may have gaps)."""
    last: dict[str, int] = defaultdict(int)
    found = []
    for record in records:
        last[record.source] += 1
        found.append(last[record.source])
    return found


def _intervals(records: Sequence[Record[Kind]]) -> list[tuple[float, float] | None]:
    """When each record happened in the bed's time, at the earliest and at the latest."""
    first: dict[str, Clock] = {}
    for record in records:
        if isinstance(record.what, Clock):
            first.setdefault(record.what.of, record.what)
    now = dict(first)
    found: list[tuple[float, float] | None] = []
    for record in records:
        if isinstance(record.what, Clock):
            now[record.what.of] = record.what
        clock = now.get(record.source)
        if clock is None:
            found.append(None)
        else:
            at_ms = record.at_ms + clock.offset_ms
            found.append((at_ms - clock.error_ms, at_ms + clock.error_ms))
    return found


def _causes(records: Sequence[Record[Kind]]) -> list[dict[str, int]]:
    """For each record and source: how many of that source's records certainly came before (or are it).

    A vector clock, worked out along the edges. A record that waits for itself (its message was
    received before it was sent: a broken report) keeps what its source knows.
    """
    into: list[list[int]] = [[] for _ in records]
    out: list[list[int]] = [[] for _ in records]
    last: dict[str, int] = {}
    for record in records:
        if record.source in last:
            into[record.i].append(last[record.source])
        last[record.source] = record.i
    for sent, received in _messages(records):
        into[received].append(sent)
    for at, causes in enumerate(into):
        for cause in causes:
            out[cause].append(at)

    places = _places(records)
    seen: list[dict[str, int]] = [{record.source: places[record.i]} for record in records]
    waiting = [len(causes) for causes in into]
    ready = deque(at for at, count in enumerate(waiting) if count == 0)
    while ready:
        at = ready.popleft()
        for cause in into[at]:
            for source, place in seen[cause].items():
                seen[at][source] = max(seen[at].get(source, 0), place)
        for effect in out[at]:
            waiting[effect] -= 1
            if waiting[effect] == 0:
                ready.append(effect)
    return seen


def _messages(records: Sequence[Record[Kind]]) -> list[tuple[int, int]]:
    """(sent, received) of the messages between tabs, (invoke, end) of ops."""
    sent: dict[str, int] = {}
    invoked: dict[str, int] = {}
    for record in records:
        if isinstance(record.what, TabMessage) and record.what.did == "sent":
            sent.setdefault(record.what.message, record.i)
        elif isinstance(record.what, Invoke):
            invoked.setdefault(record.what.op, record.i)
    found = []
    for record in records:
        match record.what:
            case TabMessage(did="received", message=message) if message in sent:
                found.append((sent[message], record.i))
            case Ok(op=op) | Fail(op=op) | Info(op=op) if op in invoked:
                found.append((invoked[op], record.i))
    return found
