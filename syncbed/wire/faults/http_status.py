"""http_status: an answer that the server did not give.

At `request` the server never sees the request; at `response` it did it, and the page is told
otherwise; at `handshake` the WebSocket is refused. A page of another origin sees a bare network
error unless `headers` carries the CORS headers.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..message import Message
from . import actions
from .base import Fault, Moment


@dataclass(frozen=True)
class HttpStatus(Fault):
    kind: ClassVar[str] = "http_status"
    stages: ClassVar[tuple[str, ...]] = ("request", "response", "handshake")
    default_stages: ClassVar[tuple[str, ...]] = ("request",)

    status: int = fields.integer(200, 599, 503)
    headers: dict[str, str] = fields.table("header names to values", (str,), {})  # noqa: RUF009
    body: str = fields.text(65_536, "")

    def act(self, message: Message, moment: Moment) -> actions.Action:
        return actions.Answer(self.status, tuple(self.headers.items()), self.body)
