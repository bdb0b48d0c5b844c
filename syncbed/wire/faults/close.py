"""close: a WebSocket is closed cleanly, with a code and a reason, as a server on its way down does."""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..errors import WireError
from ..message import Message
from . import actions
from .base import Fault, Moment

RESERVED = (1004, 1005, 1006, 1015)  # RFC 6455, 7.4: never sent in a close frame
REASON_BYTES_MAX = 123  # RFC 6455, 5.5: a control frame holds 125 bytes, two are the code


@dataclass(frozen=True)
class Close(Fault):
    kind: ClassVar[str] = "close"
    stages: ClassVar[tuple[str, ...]] = ("frame",)
    default_stages: ClassVar[tuple[str, ...]] = ("frame",)
    strikes: ClassVar[bool] = True

    code: int = fields.integer(1000, 4999, 1012)
    reason: str = fields.text(REASON_BYTES_MAX, "")
    when: str = fields.one_of("before", "after", default="before")

    def check(self, path: str) -> None:
        if self.code in RESERVED or 1015 < self.code < 3000:
            raise WireError(
                "invalid",
                f"{self.code} may not be sent in a close frame",
                path=f"{path}/code",
                allowed=["1000 to 1003", "1007 to 1014", "3000 to 4999"],
            )
        if len(self.reason.encode()) > REASON_BYTES_MAX:
            raise WireError(
                "invalid",
                "the reason is too long",
                path=f"{path}/reason",
                allowed=[f"at most {REASON_BYTES_MAX} bytes of UTF-8"],
            )

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Close(self.code, self.reason, deliver_first=self.when == "after")

    def strike(self) -> actions.Action:
        return actions.Close(self.code, self.reason)
