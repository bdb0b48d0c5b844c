"""refuse: no new connection comes about.

`refused` stops listening on the profile's port, so the kernel refuses, as with a server that is
down. `reset` accepts and aborts at once; only this one can be counted, so a rule with a limit
needs it. Refuse sparingly: after about ten refusals Chromium delays each new WebSocket by 1 to 5 s.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class Refuse(Fault):
    kind: ClassVar[str] = "refuse"
    stages: ClassVar[tuple[str, ...]] = ("connect",)
    default_stages: ClassVar[tuple[str, ...]] = ("connect",)

    how: str = fields.one_of("refused", "reset", default="refused")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Refuse()

    @property
    def closes_listener(self) -> bool:
        return self.how == "refused"
