"""duplicate: one frame of a living connection arrives more than once. TCP never does this."""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Moment, TcpImpossible


@dataclass(frozen=True)
class Duplicate(TcpImpossible):
    kind: ClassVar[str] = "duplicate"

    copies: int = fields.integer(1, 100, 1)

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Copy(self.copies)
