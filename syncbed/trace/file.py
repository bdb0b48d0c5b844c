"""A trace's file: written line by line as things happen, read back with errors that name the line.

A line is whole or it is the last: a process that dies while it writes leaves half a line, which the
reader tolerates and says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO, TypeVar

from .effects import Effects
from .from_wire import WireRecords
from .kinds import TRACE_VERSION, Header, Kind
from .record import Record, RecordError, from_json, to_json
from .redact import PAYLOAD_CHARACTERS_MAX, clean
from .trace import Trace

K = TypeVar("K", bound=Kind)

LINE_CHARACTERS_MAX = 16 * 1024 * 1024


class TraceError(ValueError):
    """A file that is no trace: which line, what is wrong with it, what to do."""


class TraceWriter:
    """Takes every record of one run, in the order it hears of them.

    `path` None keeps it in memory only. Secrets are taken out here, before anything is kept. What the
    rules of the wire brought about is concluded here too, and written down as the bed's word.
    `on_record` is told of each record once it is kept.
    """

    def __init__(
        self,
        path: Path | None,
        header: Header,
        *,
        at_ms: float = 0.0,
        payload_characters_max: int = PAYLOAD_CHARACTERS_MAX,
        on_record: Callable[[Record[Kind]], None] | None = None,
    ) -> None:
        self._on_record = on_record
        self._payload_characters_max = payload_characters_max
        self._records: list[Record[Kind]] = []
        self._last: Counter[str] = Counter()
        self._wire = WireRecords()
        self._effects = Effects()
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", buffering=1)
        self.write("driver", header, at_ms=at_ms)

    def write(self, source: str, what: K, *, at_ms: float, n: int | None = None) -> Record[K]:
        """Add what `source` says; `at_ms` and `n` are that source's own.

        A source that does not count (one that lives in this process) leaves `n` out. One that does
        (a tab) passes it on, so that a report that was lost on the way leaves a gap to be found.
        """
        n = self._last[source] + 1 if n is None else n
        self._last[source] = n
        cleaned = clean(what, self._payload_characters_max)
        assert isinstance(cleaned, type(what))
        # Rounded here, so that what is judged now is what will be read from the file.
        record = Record(len(self._records), source, n, round(at_ms, 3), cleaned)
        self._records.append(record)
        if self._file is not None:
            self._file.write(json.dumps(to_json(record), ensure_ascii=False, separators=(",", ":")) + "\n")
        if self._on_record is not None:
            self._on_record(record)
        for receipt in self._effects.take(record):
            self.write("bed", receipt, at_ms=self._effects.at_ms(record))
        return record

    def absorb(self, wire_record: Mapping[str, Any]) -> list[Record[Kind]]:
        """Add a record of the wire, given as its JSON (`syncbed.wire.Record.to_json()`)."""
        at_ms = float(wire_record["at_ms"])
        return [self.write("wire", what, at_ms=at_ms) for what in self._wire.read(wire_record)]

    def trace(self) -> Trace:
        """All of it so far, to be judged without reading the file again."""
        return Trace(tuple(self._records))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def read_trace(path: Path) -> Trace:
    """The trace in a file. Raises `TraceError`."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    truncated = ""
    if lines[-1] == "":
        lines.pop()
    else:
        truncated = f"{path}: line {len(lines)} is the last and has no end: the run died while it wrote"
        lines.pop()
    if not lines:
        raise TraceError(f"{path}: no records; a trace begins with a header")
    records = tuple(_read_line(path, number, line) for number, line in enumerate(lines, 1))
    header = records[0].what
    if not isinstance(header, Header):
        raise TraceError(f"{path}: line 1: a trace begins with a header, this is {header.kind!r}")
    if header.trace != TRACE_VERSION:
        raise TraceError(
            f"{path}: line 1: this is a trace of version {header.trace}, and this syncbed reads "
            f"version {TRACE_VERSION}: use the syncbed that wrote it"
        )
    return Trace(records, truncated)


def _read_line(path: Path, number: int, line: str) -> Record[Kind]:
    where = f"{path}: line {number}"
    if len(line) > LINE_CHARACTERS_MAX:
        raise TraceError(f"{where}: longer than {LINE_CHARACTERS_MAX} characters")
    try:
        record = from_json(json.loads(line))
    except RecordError as error:
        raise TraceError(f"{where}: {error}") from None
    except ValueError as error:
        raise TraceError(f"{where}: not JSON: {error}") from None
    if record.i != number - 1:
        raise TraceError(f"{where}: its index is {record.i} and should be {number - 1}: lines are missing")
    return record
