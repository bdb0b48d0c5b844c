"""duplicate_request: the server gets a request more than once, as after a browser's own re-send.

Legal on TCP: each copy is a whole request on a connection of its own, sent when the one before it
was answered. The page gets one answer: the last (as with a re-send) or the first.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class DuplicateRequest(Fault):
    kind: ClassVar[str] = "duplicate_request"
    stages: ClassVar[tuple[str, ...]] = ("request",)
    default_stages: ClassVar[tuple[str, ...]] = ("request",)

    copies: int = fields.integer(1, 10, 1)
    answer: Literal["first", "last"] = fields.one_of("first", "last", default="last")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Resend(self.copies, self.answer)
