"""The dialects by name."""

from __future__ import annotations

from collections.abc import Callable

from .base import Dialect, DialectLimits
from .broadcast import BroadcastDialect

DIALECTS: dict[str, Callable[[DialectLimits], Dialect]] = {
    "broadcast": BroadcastDialect,
}
