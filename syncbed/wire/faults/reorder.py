"""reorder: one frame of a living connection arrives after the next one. TCP never does this.

If no other frame follows within `wait_ms`, or the connection closes, it passes in its old place.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Moment, TcpImpossible


@dataclass(frozen=True)
class Reorder(TcpImpossible):
    kind: ClassVar[str] = "reorder"

    wait_ms: float = fields.number(0, 60_000, 1000.0)

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Swap(self.wait_ms)
