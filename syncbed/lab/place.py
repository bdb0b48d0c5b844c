"""A place in a recorded run, as another run of the same steps can find it again. Pure.

Time differs from run to run, and so do the numbers of records. What names a place is what had passed through
the wire and what the tabs had become since the last step began; of a WebSocket only how much, for it beats as
long as it lives.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ..scenario.steps import OPS
from ..trace import Expectation, Frame, Heal, Kind, Record, Settled, State, Step

WAITED_MS_MAX = 30_000
SLACK_MS = 3000
TIMELY = ("driver", "bed")  # these read one clock
NOT_TOLD = ("held", "delayed", "abandoned")
# Nothing is lost when these end early: they do nothing but wait, or have asked already.
CUT_SHORT = ("settle", "wait", "expect", "deliver_by_seed", *OPS)
# These let time pass: before anything has happened in them, their place is the one before them.
PASSING = ("settle", "wait", "expect", "pause", "go", "heal")

Mark = tuple[str, ...]


class Place:
    """`records`: those of a run up to the place."""

    def __init__(self, records: Sequence[Record[Kind]]) -> None:
        begun = max((at for at, record in enumerate(records) if isinstance(record.what, Step)), default=-1)
        since = records[max(begun, 0) :]
        first = records[begun].what if begun >= 0 else None
        self.do = str(first.does.get("do")) if isinstance(first, Step) and _is_map(first.does) else ""
        """The last step that had begun."""
        self.healed = self.do != "heal" and any(isinstance(record.what, Heal) for record in since)
        """What was judged was healed, which is no step."""
        self.over = any(isinstance(record.what, Settled | Expectation) for record in since)
        """The last step had ended."""
        times = [record.at_ms for record in since if record.source in TIMELY]
        took_ms = max(times) - min(times) if times else 0
        self.within_ms = min(WAITED_MS_MAX, 2 * took_ms + SLACK_MS)
        self.come = asyncio.Event()
        self._missing = Counter(mark for record in since if (mark := _mark(record.what)))
        self.take(None)

    @property
    def reached(self) -> bool:
        return self.come.is_set()

    def take(self, what: Kind | None) -> bool:
        """One more thing happened in the other run. Whether this is the place."""
        mark = _mark(what)
        if mark is not None and mark in self._missing:
            self._missing[mark] -= 1
            if self._missing[mark] <= 0:
                del self._missing[mark]
        if not self._missing:
            self.come.set()
        return self.reached


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _mark(what: Kind | None) -> Mark | None:
    match what:
        case Frame() if what.did not in NOT_TOLD:
            name = re.sub(r" [0-9]+$", "", what.message) if what.layer == "ws" else what.message
            return ("frame", name, what.did)
        case State():
            return ("state", what.tab, what.state)
        case _:
            return None
