"""The dialects by name."""

from __future__ import annotations

from collections.abc import Callable

from .base import Dialect, DialectOptions
from .broadcast import BroadcastDialect
from .gateway import GatewayDialect
from .mq import MqDialect
from .rooms import RoomsDialect
from .state import StateDialect

DIALECTS: dict[str, Callable[[DialectOptions], Dialect]] = {
    "broadcast": BroadcastDialect,
    "rooms": RoomsDialect,
    "gateway": GatewayDialect,
    "mq": MqDialect,
    "state": StateDialect,
}
