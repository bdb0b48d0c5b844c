"""answer_lost: the server did it, the browser never hears of it.

`hang`: nothing comes until the rule goes, then the connection is cut. `cut`: the connection is cut in
place of the answer. `after_status_line`: it is cut within the answer's head. `after_head`: it is cut
between the answer's head and its body (the page may learn the status, nothing more).

Chromium silently sends a request again, a POST too, when a *reused* connection dies before the
answer's whole head; the status line alone does not stop it (measured with Chromium 156: two hits at
the server, and the page sees the second answer). As every answer of the wire closes its connection
there are no reused ones; with `keep_alive` on, the wire falls back to `after_head` there, and its
receipt says so.
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

    how: Literal["hang", "cut", "after_status_line", "after_head"] = fields.one_of(
        "hang", "cut", "after_status_line", "after_head", default="cut"
    )

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.LoseAnswer(self.how)
