"""drop: one frame of a living connection is lost. TCP never does this (`tcp_impossible`)."""

from dataclasses import dataclass
from typing import ClassVar

from ..message import Message
from . import actions
from .base import Moment, TcpImpossible


@dataclass(frozen=True)
class Drop(TcpImpossible):
    kind: ClassVar[str] = "drop"

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Drop()
