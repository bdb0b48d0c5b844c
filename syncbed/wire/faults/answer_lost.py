"""answer_lost: the server did it, the browser never hears of it.

Chromium silently sends a request again, a POST too, when a reused connection dies before the
answer's head. So the answer is lost in one of three ways that do not provoke that: `hang` (nothing
comes, until the rule goes; then the connection is cut), `after_status_line` (the head begins, then
the connection is cut), `cut` (an abort, on a connection that carried no request before; on a reused
one the wire falls back to `after_status_line` and its receipt says so).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class AnswerLost(Fault):
    kind: ClassVar[str] = "answer_lost"
    stages: ClassVar[tuple[str, ...]] = ("request",)
    default_stages: ClassVar[tuple[str, ...]] = ("request",)

    how: Literal["hang", "after_status_line", "cut"] = fields.one_of(
        "hang", "after_status_line", "cut", default="after_status_line"
    )

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.LoseAnswer(self.how)
