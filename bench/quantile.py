"""p50 and p95, of few figures too."""

from __future__ import annotations

import statistics


def quantile(found: list[float], percent: int) -> float:
    if len(found) < 2:
        return found[0] if found else 0.0
    return statistics.quantiles(found, n=100, method="inclusive")[percent - 1]
