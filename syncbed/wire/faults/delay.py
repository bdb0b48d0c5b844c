"""delay: messages arrive late, each by the same time (plus jitter), and in order.

Latency, not rate: a burst stays a burst. Only the chunks of a streaming answer, which are delayed if
the match says `"stage": "chunk"`, are read one after the other, so there each one's delay follows the
last one's.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Delay(Fault):
    kind: ClassVar[str] = "delay"
    stages: ClassVar[tuple[str, ...]] = ("handshake", "request", "response", "chunk", "frame")
    default_stages: ClassVar[tuple[str, ...]] = ("request", "response", "frame")

    delay_ms: float = fields.number(0, 600_000)
    jitter_ms: float = fields.number(0, 600_000, 0.0)

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Deliver(after_ms=self.delay_ms + self.jitter_ms * moment.chance)
