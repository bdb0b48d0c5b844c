"""JSON as every browser reads it: no NaN, no Infinity, ASCII on the wire.

ASCII, because a JSON string may hold half of a surrogate pair, which no UTF-8 frame can carry.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

NESTING_MAX = 100


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:20]} is out of range")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def loads(text: str | bytes) -> Any:
    """Parse, or raise ValueError with a sentence that says what is wrong."""
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def loads_foreign(text: str | bytes) -> Any:
    """Parse what a client wrote; so deep at most that whatever we wrap it in can be written again."""
    value = loads(text)
    innermost = [value]
    for _ in range(NESTING_MAX + 1):
        innermost = [inner for outer in innermost for inner in _inside(outer)]
        if not innermost:
            return value
    raise ValueError(f"nested more than {NESTING_MAX} levels deep")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
