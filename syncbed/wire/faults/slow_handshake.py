"""slow_handshake: a WebSocket takes long to open.

Chromium opens WebSockets one after the other per address, so the next handshake of that profile
waits behind a slow one, in the browser, unseen by the wire.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class SlowHandshake(Fault):
    kind: ClassVar[str] = "slow_handshake"
    stages: ClassVar[tuple[str, ...]] = ("handshake",)
    default_stages: ClassVar[tuple[str, ...]] = ("handshake",)

    delay_ms: float = fields.number(0, 600_000)
    at: str = fields.one_of("request", "answer", default="request")

    def concerns(self, message: Message) -> bool:
        return message.direction == ("up" if self.at == "request" else "down")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Deliver(after_ms=self.delay_ms)
