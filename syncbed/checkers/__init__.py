"""The judges: one invariant a file, pure functions of a trace. Standard library and `trace` only."""

from .finding import Finding, Status
from .invariants import INVARIANTS
from .verdict import CHECKERS, Verdict, doubts_about, exit_code, in_question, verdict

__all__ = [
    "CHECKERS",
    "INVARIANTS",
    "Finding",
    "Status",
    "Verdict",
    "doubts_about",
    "exit_code",
    "in_question",
    "verdict",
]
