"""half_open: the connection stays open and nothing passes, in either direction.

The wire keeps reading, so neither side sees back-pressure, and protocol pings go unanswered. When
the rule goes (or after `for_ms`) what piled up passes in order, as after a network that came back
in time; with `"then": "cut"` the connection is cut instead, as after one that did not.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class HalfOpen(Fault):
    kind: ClassVar[str] = "half_open"
    stages: ClassVar[tuple[str, ...]] = ("handshake", "request", "response", "chunk", "frame")
    default_stages: ClassVar[tuple[str, ...]] = ("request", "frame")
    strikes: ClassVar[bool] = True

    for_ms: float | None = fields.number(0, 3_600_000, None)
    then: Literal["resume", "cut"] = fields.one_of("resume", "cut", default="resume")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return self.strike()

    def strike(self) -> actions.Action:
        return actions.Silence(self.for_ms, self.then)
