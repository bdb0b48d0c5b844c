"""The last records of the wire, for GET /events: bounded by number and by bytes."""

from collections import deque
from itertools import islice

from .records import Record


class EventLog:
    def __init__(self, events_max: int, bytes_max: int) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._records: deque[Record] = deque()

    def append(self, record: Record) -> None:
        self._records.append(record)
        self._bytes += _weight(record)
        while len(self._records) > self._events_max or (
            self._bytes > self._bytes_max and len(self._records) > 1
        ):
            self._bytes -= _weight(self._records.popleft())

    def since(self, seq: int) -> list[Record]:
        """The records after `seq` that are still kept, oldest first."""
        return list(islice(self._records, max(0, seq + 1 - self.first_seq), None))

    @property
    def first_seq(self) -> int:
        """The oldest record kept; a reader that asks for less has missed some."""
        return self._records[0].seq if self._records else 1


def _weight(record: Record) -> int:
    payload = record.message.payload if record.message is not None else None
    return 300 + (len(payload) if payload is not None else 0)
