"""What a client asks (commands) and what it is told besides events (replies), whatever the dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..errors import ErrorKind
from .events import Event, Position

NOW: Literal["now"] = "now"
"""Resume from wherever the channel stands: nothing earlier is wanted."""

Start = Position | Literal["now"]

# commands


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`start` is None for a client that knows nothing of positions: it gets no answer, only events."""

    channel: str
    start: Start | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    channel: str


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Join:
    """Subscribe, and be told: `Joined`. A repeat answers again."""

    channel: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Unsubscribe, and be told: `Left`. It is an error if one was not subscribed."""

    channel: str


@dataclass(frozen=True, slots=True)
class Publish:
    """To everybody else on the channel; None is everybody there is. `payload` is JSON text."""

    channel: str | None
    payload: str


@dataclass(frozen=True, slots=True)
class Call:
    """A message whose type the application handles (`service/handlers.py`)."""

    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """C->S: the client lives. Whatever it sends says as much; this says nothing else."""


@dataclass(frozen=True, slots=True)
class ChangeState:
    """`version` is the one that the client changes; None: whatever it is. `partial` merges `data`."""

    update_type: str
    data: dict[str, Any]
    version: int | None
    partial: bool


@dataclass(frozen=True, slots=True)
class ReadState:
    pass


@dataclass(frozen=True, slots=True)
class Tell:
    """A message of the user; with `broadcast` the user's other connections hear it."""

    message_id: Any
    payload: Any
    broadcast: bool


@dataclass(frozen=True, slots=True)
class RefreshToken:
    token: str


@dataclass(frozen=True, slots=True)
class Carry:
    """To everybody else on the channel, and to its agent; who sends to a channel is on it from then on."""

    channel: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Register:
    """Which page speaks: the same after a reload, while the connection is another one."""

    page_session: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the application's handler of `topic` (`service/handlers.py`), answered by `Answered`."""

    correlation: str
    topic: str
    body: Any


@dataclass(frozen=True, slots=True)
class Respond:
    """What the client says to a request of ours; `error` is its own text, None if there was none."""

    correlation: str
    body: Any
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """An event: to the handlers of the topic, and to everybody on the channel of that name."""

    topic: str
    body: Any


Command = (
    Subscribe
    | Unsubscribe
    | Ping
    | Join
    | Leave
    | Publish
    | Call
    | Heartbeat
    | ChangeState
    | ReadState
    | Tell
    | RefreshToken
    | Carry
    | Register
    | Ask
    | Respond
    | Emit
)

# replies


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The events after `position` follow. Not `recovered`: some were lost, read the state anew."""

    channel: str
    position: Position
    recovered: bool


@dataclass(frozen=True, slots=True)
class PositionNow:
    """Where the channel stands: a client that is behind it has lost something."""

    channel: str
    position: Position


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class ErrorReply:
    kind: ErrorKind
    message: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a client hears first."""

    connection_id: str
    user: str | None = None
    auth_method: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """`members` of this instance, oneself included."""

    channel: str
    members: int


@dataclass(frozen=True, slots=True)
class Left:
    channel: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application's handler says to one client: `type` and `data` are its own."""

    type: str
    data: Any


@dataclass(frozen=True, slots=True)
class Beat:
    """S->C: does the client live? It is to answer."""

    connection_id: str


@dataclass(frozen=True, slots=True)
class StateNow:
    """`why` it is told: on connect, on a reconnect, or because it was asked for."""

    why: Literal["snapshot", "resync", "asked"]
    version: int
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StateChanged:
    version: int
    update_type: str
    user: str
    partial: bool


@dataclass(frozen=True, slots=True)
class StateConflict:
    client_version: int
    server_version: int


@dataclass(frozen=True, slots=True)
class Told:
    message_id: Any


@dataclass(frozen=True, slots=True)
class TokenExpiring:
    in_s: float


@dataclass(frozen=True, slots=True)
class TokenRefreshed:
    expires_at_s: float


@dataclass(frozen=True, slots=True)
class Registered:
    connection_id: str
    page_session: str


@dataclass(frozen=True, slots=True)
class Answered:
    """`error` is None if the handler has answered `body`."""

    correlation: str
    body: Any
    error: str | None = None


Reply = (
    Subscribed
    | PositionNow
    | Pong
    | ErrorReply
    | Welcome
    | Joined
    | Left
    | Answer
    | Beat
    | StateNow
    | StateChanged
    | StateConflict
    | Told
    | TokenExpiring
    | TokenRefreshed
    | Registered
    | Answered
)
Outgoing = Event | Reply
