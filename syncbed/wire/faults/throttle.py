"""throttle: a direction of a connection carries so many bytes a second.

At message level: a message leaves whole, once its last byte would have left. Long answers pass in
pieces as they come, each at its own time.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Throttle(Fault):
    kind: ClassVar[str] = "throttle"
    stages: ClassVar[tuple[str, ...]] = ("request", "response", "chunk", "frame")
    default_stages: ClassVar[tuple[str, ...]] = ("request", "response", "chunk", "frame")

    bytes_per_second: int = fields.integer(1, 10_000_000_000)

    def act(self, message: Message, moment: Moment) -> actions.Action:
        starts_ms = max(moment.now_ms, moment.free_at_ms)
        takes_ms = message.size_bytes * 1000 / self.bytes_per_second
        return actions.Deliver(after_ms=starts_ms + takes_ms - moment.now_ms)
