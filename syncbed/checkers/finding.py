"""What a judge says: ok, violated or unknown, why, and the records that show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..trace import Frame, Kind, Record, Teller, Trace, in_order, tell

Status = Literal["ok", "violated", "unknown"]

WITNESS_MAX = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """`exercised` counts what was really looked at; `witness` is empty unless it is violated."""

    invariant: str
    status: Status
    exercised: int
    reason: str
    witness: tuple[Record[Kind], ...] = ()
    sentences: tuple[str, ...] = ()  # the witness in plain words, if the trace it is of has told it

    def ordered(self, trace: Trace) -> Finding:
        """The same, its witness in the order in which it is told and in the words of its trace."""
        if not self.witness:
            return self
        witness = in_order(trace.records, self.witness)
        names = {record.what.message for record in witness if isinstance(record.what, Frame)}
        teller = Teller(record for record in trace.all(Frame) if record.what.message in names)
        return replace(self, witness=tuple(witness), sentences=tuple(map(teller, witness)))

    def in_words(self) -> list[str]:
        """A sentence for each record of the witness."""
        return list(self.sentences) or [tell(record) for record in self.witness]

    def told(self) -> list[str]:
        """The witness in plain words, a line a record, by its number in the trace."""
        lines = zip(self.witness, self.in_words(), strict=True)
        return [f"#{record.i} {record.source}: {sentence}" for record, sentence in lines]

    def to_json(self) -> dict[str, Any]:
        return {
            "invariant": self.invariant,
            "status": self.status,
            "exercised": self.exercised,
            "reason": self.reason,
            "witness": [
                {"i": record.i, "told": line} for record, line in zip(self.witness, self.told(), strict=True)
            ],
        }


def ok(invariant: str, exercised: int, reason: str) -> Finding:
    return Finding(invariant, "ok", exercised, reason)


def unknown(invariant: str, reason: str, exercised: int = 0) -> Finding:
    return Finding(invariant, "unknown", exercised, reason)


def violated(invariant: str, exercised: int, reason: str, witness: Iterable[Record[Kind] | None]) -> Finding:
    """The witness in the order of the trace, each record once, the most telling first if it is too long."""
    chosen: dict[int, Record[Kind]] = {}
    for record in witness:
        if record is not None and len(chosen) < WITNESS_MAX:
            chosen.setdefault(record.i, record)
    return Finding(invariant, "violated", exercised, reason, tuple(chosen[i] for i in sorted(chosen)))


def lacks(invariant: str, trace: Trace, capability: str) -> Finding | None:
    """The finding about an SDK that does not claim what this invariant is about."""
    if capability in trace.header.caps:
        return None
    return unknown(invariant, f"needs {capability}, which this SDK does not claim")
