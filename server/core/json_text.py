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


# Made once: `json.loads` and `json.dumps` would make one for each call that asks for anything special.
_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Parse, or raise ValueError with a sentence that says what is wrong."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode(json.detect_encoding(text)))
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
    return _ENCODER.encode(value)
