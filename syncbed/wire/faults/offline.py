"""offline: a profile has no network.

No new connection comes about, and the living ones are cut (as when an interface goes) or fall
silent (as when a cable is pulled; they resume if the rule goes before anyone gave up).
`navigator.onLine` knows nothing of it.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Offline(Fault):
    kind: ClassVar[str] = "offline"
    stages: ClassVar[tuple[str, ...]] = ("connect", "request", "handshake")
    default_stages: ClassVar[tuple[str, ...]] = ("connect", "request", "handshake")
    strikes: ClassVar[bool] = True
    strikes_always: ClassVar[bool] = True

    living: str = fields.one_of("cut", "silent", default="cut")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Refuse() if message.stage == "connect" else actions.Cut()

    def strike(self) -> actions.Action:
        return actions.Cut() if self.living == "cut" else actions.Silence()

    @property
    def closes_listener(self) -> bool:
        return True
