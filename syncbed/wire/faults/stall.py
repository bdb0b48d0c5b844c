"""stall: the wire stops reading from the sender of the matched message: real back-pressure.

`up` stalls the browser (its `bufferedAmount` grows once the kernel is full), `down` the server (a
slow consumer). The matched message itself passes. Pings of the stalled side wait unread too.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Stall(Fault):
    kind: ClassVar[str] = "stall"
    stages: ClassVar[tuple[str, ...]] = ("request", "response", "chunk", "frame")
    default_stages: ClassVar[tuple[str, ...]] = ("request", "frame")
    wants_body: ClassVar[bool] = False
    strikes: ClassVar[bool] = True

    for_ms: float | None = fields.number(0, 3_600_000, None)

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return self.strike()

    def strike(self) -> actions.Action:
        return actions.StopReading(self.for_ms)
