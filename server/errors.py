"""Every error this server tells anyone about, as data.

The first three digits of a code are its HTTP status. `definite` says whether the thing asked for
certainly did not happen; `retryable` whether the same request may be sent again as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorKind:
    code: int
    name: str
    text: str
    definite: bool = True
    retryable: bool = False

    @property
    def status(self) -> int:
        return self.code // 100


INVALID_JSON = ErrorKind(40001, "invalid_json", "not valid JSON")
INVALID_FRAME = ErrorKind(40002, "invalid_frame", "a frame of the wrong shape")
INVALID_CHANNEL = ErrorKind(40003, "invalid_channel", "a channel name out of bounds")
TOO_MANY_CHANNELS = ErrorKind(40004, "too_many_channels", "too many channels on one connection")
UNKNOWN_TYPE = ErrorKind(40005, "unknown_type", "unknown message type")
CHANNEL_REQUIRED = ErrorKind(40006, "channel_required", "room name is required")
NOT_SUBSCRIBED = ErrorKind(40007, "not_subscribed", "not subscribed to this room")
ORIGIN_REFUSED = ErrorKind(40301, "origin_refused", "this origin may not talk to this server")
HOST_REFUSED = ErrorKind(40302, "host_refused", "this server does not answer to that host name")
TOKEN_REFUSED = ErrorKind(40303, "token_refused", "a valid token is required")
NOT_FOUND = ErrorKind(40401, "not_found", "there is no such item")
NO_SUCH_PATH = ErrorKind(40402, "no_such_path", "there is nothing at this path")
METHOD_NOT_ALLOWED = ErrorKind(40501, "method_not_allowed", "this path does not take that method")
VERSION_CONFLICT = ErrorKind(40901, "version_conflict", "the item has another version by now")
ID_TAKEN = ErrorKind(40902, "id_taken", "an item with this id exists already")
STALE_MUTATION = ErrorKind(
    40903, "stale_mutation", "a later mutation of this client was seen, and this one is not remembered"
)
STALE_FENCE = ErrorKind(
    41201,
    "stale_fence",
    "another tab sends for this client by now; nothing was written",
)
LOG_GONE = ErrorKind(41001, "log_gone", "the log no longer reaches back to that position")
BODY_TOO_LARGE = ErrorKind(41301, "body_too_large", "the body is too large")
FRAME_TOO_LARGE = ErrorKind(41302, "frame_too_large", "the message is too large")
INVALID_FIELD = ErrorKind(42201, "invalid_field", "a field is missing or has a wrong value")
REFUSED = ErrorKind(42202, "refused", "refused on purpose: a test asked for it")
UPGRADE_REQUIRED = ErrorKind(42601, "upgrade_required", "this path speaks WebSocket")
VERSION_REQUIRED = ErrorKind(42801, "version_required", "an If-Match header with the version is required")
RATE_LIMITED = ErrorKind(42901, "rate_limited", "too many messages", retryable=True)
TOO_MANY_CONNECTIONS = ErrorKind(
    42902, "too_many_connections", "this user has too many connections", retryable=True
)
INTERNAL = ErrorKind(50001, "internal", "an error in the server; it may have happened", definite=False)
BROKER_UNAVAILABLE = ErrorKind(
    50301, "broker_unavailable", "the data store cannot be reached; nothing was written", retryable=True
)
AT_CAPACITY = ErrorKind(50302, "at_capacity", "server is at maximum capacity", retryable=True)
CHANNEL_FULL = ErrorKind(50303, "channel_full", "room is at maximum capacity", retryable=True)
OVERLOADED = ErrorKind(50305, "overloaded", "too much waits for this channel already", retryable=True)
SHUTTING_DOWN = ErrorKind(50304, "shutting_down", "connection closed", retryable=True)
INDEFINITE = ErrorKind(
    50401,
    "indefinite",
    "the data store's answer was lost: the write may or may not have happened; "
    "repeat it with the same Mutation-Id to learn which",
    definite=False,
)

KINDS: dict[str, ErrorKind] = {
    kind.name: kind for kind in list(globals().values()) if type(kind) is ErrorKind
}


class SyncbedError(Exception):
    """An `ErrorKind` that happened, with what was wrong this time."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str | None = None,
        *,
        field: str | None = None,
        current: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message or kind.text)
        self.kind = kind
        self.message = message or kind.text
        self.field = field
        self.current = current

    def body(self) -> dict[str, Any]:
        """The `error` object of an HTTP answer."""
        body: dict[str, Any] = {"code": self.kind.code, "name": self.kind.name, "message": self.message}
        if self.field is not None:
            body["field"] = self.field
        if self.current is not None:
            body["current"] = self.current
        return body | {"retryable": self.kind.retryable, "definite": self.kind.definite}


class StartupError(Exception):
    """Something outside keeps the server from starting: told in one line, exit code 2."""
