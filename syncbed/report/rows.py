"""The records of a trace as rows of JSON, for the report's page and for the lab's: one form, one time.

A row is `[i, at_ms, source, kind, told, rest]`: its place in the trace, when it was in the *bed's* time (each
source has a clock of its own; the trace says how far it is off), who says it, its kind, the record in plain
words, and the rest of its JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..trace import Clock, Kind, Record, Teller, to_json

Row = list[Any]
IN_THE_ROW = ("i", "at_ms", "source", "kind")


class Rows:
    """Makes rows of records as they come. A source whose clock nobody has read yet is taken at its word."""

    def __init__(self) -> None:
        self._offset_ms: dict[str, float] = {}
        self._tell = Teller()

    def row(self, record: Record[Kind]) -> Row:
        if isinstance(record.what, Clock):
            self._offset_ms[record.what.of] = record.what.offset_ms
        at_ms = record.at_ms + self._offset_ms.get(record.source, 0.0)
        rest = {key: value for key, value in to_json(record).items() if key not in IN_THE_ROW}
        return [record.i, round(at_ms, 3), record.source, record.what.kind, self._tell(record), rest]

    def expect(self, records: Iterable[Record[Kind]]) -> None:
        """Learn each source's first reading beforehand, for what it said before it was read."""
        for record in records:
            if isinstance(record.what, Clock):
                self._offset_ms.setdefault(record.what.of, record.what.offset_ms)


def rows(records: Sequence[Record[Kind]]) -> list[Row]:
    """All rows of a trace that is at its end."""
    made = Rows()
    made.expect(records)
    return [made.row(record) for record in records]
