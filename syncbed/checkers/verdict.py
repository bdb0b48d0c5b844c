"""One verdict from several findings, and what makes a whole run doubtful.

A doubt (lost reports, traffic past the wire, a fault that never acted, a run that stopped half-way)
makes the verdict unknown whatever was found: the run was not the one that was asked for. What was
found is told all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..trace import Bypass, Kind, Record, Stopped, Trace, tell
from . import (
    converges,
    expectations,
    in_order_no_gap,
    no_duplicate,
    no_flicker,
    no_ghost,
    no_lost_write,
    no_phantom,
    nothing_stuck,
)
from .finding import Finding, Status

CHECKERS: dict[str, Callable[[Trace], Finding]] = {
    "converges": converges.check,
    "no_lost_write": no_lost_write.check,
    "no_duplicate": no_duplicate.check,
    "no_phantom": no_phantom.check,
    "in_order_no_gap": in_order_no_gap.check,
    "nothing_stuck": nothing_stuck.check,
    "no_flicker": no_flicker.check,
    "no_ghost": no_ghost.check,
    "expectations": expectations.check,
}

IN_QUESTION: dict[str, Callable[[Sequence[Record[Kind]]], bool]] = {"no_phantom": no_phantom.in_question}
"""Those that nobody would ask of every run."""

EXIT_CODES: dict[Status, int] = {"ok": 0, "violated": 1, "unknown": 3}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` holds every checker's; only those in `judges` count."""

    status: Status
    reason: str
    judges: tuple[str, ...]
    findings: tuple[Finding, ...]
    doubts: tuple[str, ...] = ()

    def judged(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.invariant in self.judges]

    def violated(self) -> list[str]:
        return [finding.invariant for finding in self.judged() if finding.status == "violated"]

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.status,
            "reason": self.reason,
            "judges": list(self.judges),
            "doubts": list(self.doubts),
            "findings": [finding.to_json() for finding in self.findings],
        }


def in_question(invariant: str, records: Sequence[Record[Kind]]) -> bool:
    """Whether a run that no scenario was written for is judged by it."""
    asks = IN_QUESTION.get(invariant)
    return asks is None or asks(records)


def verdict(trace: Trace, judges: Iterable[str]) -> Verdict:
    """What the named checkers make of a trace."""
    judges = tuple(judges)
    findings = tuple(check(trace).ordered(trace) for check in CHECKERS.values())
    doubts = tuple(doubts_about(trace))
    judged = [finding for finding in findings if finding.invariant in judges]
    broken = [f"{each.invariant}: {each.reason}" for each in judged if each.status == "violated"]
    open_ = [f"{each.invariant}: {each.reason}" for each in judged if each.status == "unknown"]
    if doubts:
        also = f" (all the same violated: {'; '.join(broken)})" if broken else ""
        return Verdict("unknown", "; ".join(doubts) + also, judges, findings, doubts)
    if broken:
        return Verdict("violated", "; ".join(broken), judges, findings)
    if open_ or not judged:
        return Verdict("unknown", "; ".join(open_) or "nothing was judged", judges, findings)
    return Verdict("ok", f"{len(judged)} invariants hold", judges, findings)


def doubts_about(trace: Trace) -> list[str]:
    """What keeps a run from being the one that was asked for."""
    found = [trace.truncated] if trace.truncated else []
    found += trace.gaps()
    hosts = sorted({record.what.host for record in trace.all(Bypass)})
    found += [f"traffic bypassed the wire ({host})" for host in hosts]
    idle = [span.began for span in trace.faults if not span.receipts]
    found += [f"fault had no effect ({tell(record)})" for record in idle]
    return found + [tell(record) for record in trace.all(Stopped)]


def exit_code(found: Verdict, expected: Status = "ok", violates: Iterable[str] = ()) -> int:
    """0: as expected. 1: violated, or an ok that was not expected. 3: unknown. (2 is for usage.)

    A violation is as expected only if exactly the expected invariants were violated.
    """
    if found.status == expected:
        right = found.status != "violated" or set(found.violated()) == set(violates)
        return 0 if right else EXIT_CODES["violated"]
    return EXIT_CODES["unknown"] if found.status == "unknown" else EXIT_CODES["violated"]
