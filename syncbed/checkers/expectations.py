"""What the scenario's expect steps say is so."""

from __future__ import annotations

from ..trace import Expectation, Kind, Record, Trace, View
from .finding import Finding, ok, unknown, violated

NAME = "expectations"


def check(trace: Trace) -> Finding:
    expected = trace.all(Expectation)
    if not expected:
        return unknown(NAME, "never exercised: no expect step was reached")
    unmet = [record for record in expected if not record.what.met]
    if not unmet:
        return ok(NAME, len(expected), f"{len(expected)} met")
    first = unmet[0].what
    reason = f"step {first.step}: expected {first.expected or first.that}, found {first.found or 'not'}"
    if len(unmet) > 1:
        reason += f" (and {len(unmet) - 1} more)"
    return violated(NAME, len(expected), reason, [*unmet, *(_shown_before(trace, each) for each in unmet)])


def _shown_before(trace: Trace, expectation: Record[Expectation]) -> Record[Kind] | None:
    """What the tab showed when it was asked."""
    views = [
        view for view in trace.all(View) if view.what.tab == expectation.what.tab and view.i < expectation.i
    ]
    return views[-1] if views else None
