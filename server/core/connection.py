"""One WebSocket connection as the hub knows it: its state, its outbox and the channels it hears.

handshaking --accept--> open --close--> closing --lose--> closed
     |                    |                                  ^
     +----- lose ---------+---------- lose ------------------+
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from .frame import Frame, text_frame
from .messages import Outgoing
from .outbox import Outbox, OutboxLimits

State = Literal["handshaking", "open", "closing", "closed"]
Step = Literal["accept", "close", "lose"]

TRANSITIONS: dict[tuple[State, Step], State] = {
    ("handshaking", "accept"): "open",
    ("handshaking", "lose"): "closed",
    ("open", "close"): "closing",
    ("open", "lose"): "closed",
    ("closing", "close"): "closing",  # two limits may be broken at once: the first code stands
    ("closing", "lose"): "closed",
}


class LocalProtocolError(Exception):
    """This server asked a connection for something that its state does not allow: a bug of ours."""


class Encoder(Protocol):
    """The way out of a dialect. Connections with the same encoder share each encoded frame."""

    def encode(self, message: Outgoing, /) -> str | None:
        """The frame's text, or None if this dialect has no word for it."""


class Cancellable(Protocol):
    """Work under way that can be given up."""

    def cancel(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    reason: str
    when: str = ""
    """For docs/protocol.md, where the reason does not say it all."""
    error: str = ""
    """What `websocket.errors` counts it as, where nothing else was told that is counted."""


DROPPED = Close(1011, "dropped", "the application drops it, where its socket cannot be aborted")
SLOW_CONSUMER = Close(
    1013, "slow consumer: reconnect and resume", "`SYNCBED_OUTBOX_FRAMES_MAX` or `_BYTES_MAX` wait to be read"
)


class Connection:
    """`wake` is called when the connection is about to have something to write, or a close to perform.

    It may only schedule: what there is to write is there once the caller is done.
    """

    def __init__(
        self,
        connection_id: str,
        encoder: Encoder,
        limits: OutboxLimits,
        wake: Callable[[Connection], None],
        client_id: str | None = None,
    ) -> None:
        self.id = connection_id
        self.client_id = client_id
        self.encoder = encoder
        self.outbox = Outbox(limits)
        self.channels: set[str] = set()
        self.user: str | None = None
        """Whose connection it is, where the dialect asks for a token."""
        self.auth_method = ""
        self.page_session: str | None = None
        """Which page it said it is, where the dialect asks: the same one after a reload."""
        self.asks: set[Cancellable] = set()
        """Its requests that are being answered: nobody hears the answers once it is gone."""
        self.says_goodbye = False
        """Whether it is told, and closed with 1001, when the server ends."""
        self.home: str | None = None
        """The system channel that its dialect gives it."""
        self.abort: Callable[[], None] | None = None
        """Ends it without a goodbye, where that can be done."""
        self.system_channels = 0
        """How many of its channels are system ones, which no limit counts."""
        self.heard_ms = self.answered_ms = 0
        """Since 1970: when it last sent anything, and when it last answered a beat."""
        self.state: State = "handshaking"
        self.closing: Close | None = None
        self._wake = wake
        self._corked = False

    def step(self, step: Step) -> None:
        new = TRANSITIONS.get((self.state, step))
        if new is None:
            raise LocalProtocolError(f"cannot {step} a connection that is {self.state}")
        self.state = new

    def send(self, message: Outgoing) -> None:
        """Queue a message for this connection alone."""
        text = self.encoder.encode(message)
        if text is not None:
            self.put(text_frame(text))

    def put(self, frame: Frame) -> None:
        """Queue a frame that may be shared; a connection that is too slow for it is closed."""
        if self.state != "open":
            return
        if not self.outbox.frames and not self._corked:
            self._wake(self)
        if not self.outbox.put(frame):
            self.close(SLOW_CONSUMER)

    def cork(self) -> None:
        """What is put from now on is written after `uncork`."""
        self._corked = True

    def uncork(self) -> None:
        self._corked = False
        if self.outbox.frames:
            self._wake(self)

    def close(self, close: Close) -> None:
        if self.state in ("open", "closing"):
            self.step("close")
            if self.closing is None:
                self.closing = close
                self._wake(self)

    def drop(self) -> None:
        """End it as if the network had."""
        if self.abort is not None:
            self.abort()
        else:
            self.close(DROPPED)
