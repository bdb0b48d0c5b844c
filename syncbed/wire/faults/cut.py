"""cut: the connection dies abruptly (RST), before or after a message.

The page sees close 1006 without an error event. `side` cuts one end only: the other end is kept
open and silent, as when a cable is pulled and the peer has not noticed yet.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Cut(Fault):
    kind: ClassVar[str] = "cut"
    stages: ClassVar[tuple[str, ...]] = ("handshake", "request", "response", "chunk", "frame")
    default_stages: ClassVar[tuple[str, ...]] = ("request", "response", "frame")
    strikes: ClassVar[bool] = True

    when: str = fields.one_of("before", "after", default="before")
    side: Literal["both", "browser", "upstream"] = fields.one_of(
        "both", "browser", "upstream", default="both"
    )

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Cut(side=self.side, deliver_first=self.when == "after")

    def strike(self) -> actions.Action:
        return actions.Cut(side=self.side)
