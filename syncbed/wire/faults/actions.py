"""What a fault tells the wire to do with a message: instructions as data, no behaviour."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["both", "browser", "upstream"]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Pass it on, `after_ms` from now, in its place in the order."""

    after_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection abruptly, before or after this message; what follows it is lost."""

    side: Side = "both"
    deliver_first: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """End a WebSocket cleanly with a code, before or after this message."""

    code: int
    reason: str = ""
    deliver_first: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """Let no connection come about."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Pass nothing more in either direction, keep reading, until lifted; then resume or cut."""

    for_ms: float | None = None
    then: Literal["resume", "cut"] = "resume"


@dataclass(frozen=True, slots=True)
class StopReading:
    """Read nothing more from the sender of this message until lifted: its writes back up."""

    for_ms: float | None = None


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """Let the server do it and take its whole answer, then keep the answer from the browser."""

    how: Literal["hang", "cut", "after_status_line", "after_head"]


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the request again, complete, on a connection of its own."""

    copies: int = 1
    answer: Literal["first", "last"] = "last"


@dataclass(frozen=True, slots=True)
class Answer:
    """Give this answer instead of the server's."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose this one frame and go on (no TCP connection does this)."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Deliver this one frame more than once (no TCP connection does this)."""

    copies: int = 1


@dataclass(frozen=True, slots=True)
class Swap:
    """Deliver this frame after the next one (no TCP connection does this)."""

    wait_ms: float


Action = (
    Deliver | Cut | Close | Refuse | Silence | StopReading | LoseAnswer | Resend | Answer | Drop | Copy | Swap
)
