"""The `state` dialect (seed 003): a user's connections share one state and hear each other.

What goes to a user stands on the user's own channel, with that channel's offsets as sequence numbers. The
state is one item of it: a member for each `update_type`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import NOTIFICATION, Event, is_user_channel, user_channel
from ..core.json_text import dumps, loads, loads_foreign
from ..core.messages import (
    Beat,
    ChangeState,
    Command,
    ErrorReply,
    Heartbeat,
    Outgoing,
    Ping,
    Pong,
    ReadState,
    RefreshToken,
    StateChanged,
    StateConflict,
    StateNow,
    Subscribed,
    Tell,
    TokenExpiring,
    TokenRefreshed,
    Told,
    Welcome,
)
from ..errors import (
    FRAME_TOO_LARGE,
    INVALID_FRAME,
    INVALID_JSON,
    RATE_LIMITED,
    TOKEN_REFUSED,
    UNKNOWN_TYPE,
    SyncbedError,
)
from .base import DialectOptions, json_kind
from .tables import Says, Sends, Takes

ERRORS: dict[str, Says] = {
    INVALID_JSON.name: Says("JSON_ERROR", "`Invalid JSON syntax: …`"),
    INVALID_FRAME.name: Says(
        "INVALID_MESSAGE",
        "`Empty message received`, `Message must be a JSON object`, a member that is missing or wrong",
    ),
    UNKNOWN_TYPE.name: Says("INVALID_TYPE", "`Message type not specified`, `Unknown message type: X`"),
    FRAME_TOO_LARGE.name: Says(
        "MESSAGE_TOO_LARGE", "more than 8192 characters, or a state that grows too large"
    ),
    RATE_LIMITED.name: Says("RATE_LIMITED", "more than 30 messages a minute"),
    TOKEN_REFUSED.name: Says("AUTH_ERROR", "the token of a refresh is not valid, or another user's"),
    "": Says("PROCESSING_ERROR", "anything else"),
}
"""The `code`, by the name of the error."""

AT_MS = 1234567890123
STATE = {"version": 1, "state": {"cart": ["tea"]}}
CHANGED = {"version": 1, "update_type": "cart", "user_id": "alice"}

FRAMES: dict[str, Sends] = {
    "connection_established": Sends(
        {
            "type": "connection_established",
            "payload": {
                "connection_id": "uuid-string",
                "user_id": "alice",
                "auth_method": "query",
                "server_time": AT_MS,
                "features": {},
                "limits": {},
            },
        },
        "comes first; `auth_method` is `query`, `header` or `subprotocol`",
    ),
    "state_snapshot": Sends({"type": "state_snapshot", "payload": STATE}, "comes second"),
    "state_resync": Sends(
        {"type": "state_resync", "payload": STATE}, "in its place, if the user was here before"
    ),
    "current_state": Sends({"type": "current_state", "payload": STATE}),
    "state_updated": Sends({"type": "state_updated", "payload": CHANGED}, "to who asked"),
    "state_updated by another": Sends(
        {"type": "state_updated", "payload": STATE, "sequence": 7}, "to the user's other connections"
    ),
    "partial_update_applied": Sends({"type": "partial_update_applied", "payload": CHANGED}, "to who asked"),
    "version_conflict": Sends(
        {
            "type": "version_conflict",
            "payload": {"client_version": 1, "server_version": 2, "resolution": "resync_required"},
        },
        "nothing was written: ask for the state. Without the versions: something was lost on the way here",
    ),
    "ack": Sends({"type": "ack", "payload": {"message_id": "m1", "type": "user_message"}}),
    "user_message": Sends(
        {"type": "user_message", "payload": {"any": "payload"}, "sequence": 7},
        "from another connection of the user",
    ),
    NOTIFICATION: Sends(
        {"type": NOTIFICATION, "payload": {"event": "deployed", "data": {"any": "payload"}}, "sequence": 7},
        "`notify_user(user, event, data)`: from the application to the user",
    ),
    "notification to all": Sends(
        {"type": NOTIFICATION, "payload": {"event": "deployed", "data": {"any": "payload"}}},
        "`notify_all(event, data)`: from the application to everybody",
    ),
    "auth_refreshed": Sends({"type": "auth_refreshed", "payload": {"expires_at": 1234567890.0}}),
    "token_expiring": Sends(
        {"type": "token_expiring", "payload": {"expires_in_s": 60.0}}, "a minute ahead; then close 4001"
    ),
    "pong": Sends({"type": "pong", "timestamp": AT_MS}),
    "heartbeat": Sends(
        {"type": "heartbeat", "timestamp": AT_MS, "connection_id": "uuid-string"},
        "every 30 s, to be answered",
    ),
    "error": Sends(
        {
            "type": "error",
            "payload": {
                "message": "Empty message received",
                "code": "INVALID_MESSAGE",
                "timestamp": AT_MS,
                "recoverable": True,
            },
        }
    ),
}
"""What the server sends: by `type`, where it has but one shape."""

STATE_TYPES = {"snapshot": "state_snapshot", "resync": "state_resync", "asked": "current_state"}
RESERVED = ("id", "version")


class StateEncoder:
    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                return self._event(message)
            case Welcome():
                return self._frame(
                    "connection_established",
                    connection_id=message.connection_id,
                    user_id=message.user,
                    auth_method=message.auth_method,
                    server_time=self._options.now_ms(),
                    features={"offline_queue": True, "auth_refresh": True, "heartbeat": True},
                    limits=self._options.state_limits,
                )
            case StateNow():
                payload = {"version": message.version, "state": message.state}
                return self._frame(STATE_TYPES[message.why], **payload)
            case StateChanged():
                type_ = "partial_update_applied" if message.partial else "state_updated"
                return self._frame(
                    type_, version=message.version, update_type=message.update_type, user_id=message.user
                )
            case StateConflict():
                return self._frame(
                    "version_conflict",
                    client_version=message.client_version,
                    server_version=message.server_version,
                    resolution="resync_required",
                )
            case Subscribed(recovered=False):  # something is lost for good
                return self._frame("version_conflict", resolution="resync_required")
            case Told():
                return self._frame("ack", message_id=message.message_id, type="user_message")
            case Pong():
                return FRAMES["pong"].text(timestamp=self._options.now_ms())
            case Beat():
                at_ms = self._options.now_ms()
                return FRAMES["heartbeat"].text(timestamp=at_ms, connection_id=message.connection_id)
            case TokenExpiring():
                return self._frame("token_expiring", expires_in_s=round(message.in_s, 3))
            case TokenRefreshed():
                return self._frame("auth_refreshed", expires_at=message.expires_at_s)
            case ErrorReply():
                return self._frame(
                    "error",
                    message=message.message,
                    code=ERRORS.get(message.kind.name, ERRORS[""]).word,
                    timestamp=self._options.now_ms(),
                    recoverable=True,
                )
            case _:
                return None

    def _event(self, event: Event) -> str:
        type_, payload = "user_message", event.payload
        if event.commit:
            type_, payload = "state_updated", dumps(_changed(event))
        elif event.name == NOTIFICATION:
            type_ = "notification"
        # What goes to all stands on another channel: it has no place among what the user hears.
        sequence = f',"sequence":{event.position.offset}' if is_user_channel(event.channel) else ""
        return f'{{"type":"{type_}","payload":{payload}{sequence}}}'

    def _frame(self, type_: str, **payload: Any) -> str:
        return FRAMES[type_].text(payload=payload)


def _changed(event: Event) -> dict[str, Any]:
    commit = loads(event.payload)
    return {"version": commit["version"], "state": state_of(commit["item"])}


def state_of(item: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (item or {}).items() if name not in RESERVED}


class StateDialect:
    name = "state"
    id_prefix = ""
    needs_user = True
    registers = False
    answers_requests = False
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = StateEncoder(options)

    def home(self, connection: Connection) -> str | None:
        return None if connection.user is None else user_channel(connection.user)

    def greet(self, connection: Connection) -> None:
        connection.send(Welcome(connection.id, connection.user, connection.auth_method))

    def decode(self, text: str, connection: Connection) -> list[Command]:
        if text.strip() == "pong":
            return [Heartbeat()]
        frame = self._parse(text)
        type_ = frame.get("type")
        if type_ is None or type_ == "":
            raise SyncbedError(UNKNOWN_TYPE, "Message type not specified")
        takes = TYPES.get(type_) if isinstance(type_, str) else None
        if takes is None:
            raise SyncbedError(UNKNOWN_TYPE, f"Unknown message type: {type_}")
        return [takes.parse(self, frame)]

    def _parse(self, text: str) -> dict[str, Any]:
        if not text.strip():
            raise SyncbedError(INVALID_FRAME, "Empty message received")
        if len(text) > self._options.state_text_chars_max:
            most = self._options.state_text_chars_max
            raise SyncbedError(FRAME_TOO_LARGE, f"Message too large: {len(text)} characters, at most {most}")
        try:
            frame = loads_foreign(text)
        except ValueError as error:
            raise SyncbedError(INVALID_JSON, f"Invalid JSON syntax: {error}") from None
        if not isinstance(frame, dict):
            raise SyncbedError(INVALID_FRAME, "Message must be a JSON object")
        return frame

    def _ping(self, frame: dict[str, Any]) -> Command:
        return Ping()

    def _alive(self, frame: dict[str, Any]) -> Command:
        return Heartbeat()

    def _state_update(self, frame: dict[str, Any]) -> Command:
        return self._change(frame, partial=False)

    def _partial_state_update(self, frame: dict[str, Any]) -> Command:
        return self._change(frame, partial=True)

    def _change(self, frame: dict[str, Any], *, partial: bool) -> Command:
        payload = _payload(frame)
        update_type = payload.get("update_type", "partial" if partial else None)
        data, version = payload.get("data"), payload.get("version")
        if not isinstance(update_type, str) or not update_type:
            raise SyncbedError(INVALID_FRAME, '"update_type" must be a text')
        if partial and not isinstance(data, dict):
            raise SyncbedError(INVALID_FRAME, f'"data" must be an object, not {json_kind(data)}')
        if "data" not in payload:
            raise SyncbedError(INVALID_FRAME, '"data" is missing')
        if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 0):
            raise SyncbedError(INVALID_FRAME, '"version" must be a whole number from 0')
        fields: dict[str, Any] = data if isinstance(data, dict) and partial else {update_type: data}
        if fields.keys() & set(RESERVED):
            raise SyncbedError(INVALID_FRAME, f"{' and '.join(RESERVED)} cannot be members of the state")
        return ChangeState(update_type, fields, version, partial)

    def _get_current_state(self, frame: dict[str, Any]) -> Command:
        return ReadState()

    def _user_message(self, frame: dict[str, Any]) -> Command:
        payload = frame.get("payload")
        inner = payload if isinstance(payload, dict) else {}
        ids = (place.get(key) for place in (inner, frame) for key in ("message_id", "id"))
        message_id = next((value for value in ids if value is not None), None)
        broadcast = frame.get("broadcast") is True or inner.get("broadcast") is True
        return Tell(message_id, payload, broadcast)

    def _auth_refresh(self, frame: dict[str, Any]) -> Command:
        token = _payload(frame).get("token")
        if not isinstance(token, str):
            raise SyncbedError(INVALID_FRAME, '"token" must be a text')
        return RefreshToken(token)


def _payload(frame: dict[str, Any]) -> dict[str, Any]:
    """`payload`, or the frame itself where a client has put the members beside the type."""
    payload = frame.get("payload", frame)
    if not isinstance(payload, dict):
        raise SyncbedError(INVALID_FRAME, f'"payload" must be an object, not {json_kind(payload)}')
    return payload


TYPES: dict[str, Takes[Callable[[StateDialect, dict[str, Any]], Command]]] = {
    "ping": Takes({"type": "ping"}, "→ `pong`", StateDialect._ping),
    "pong": Takes(
        {"type": "pong"},
        "answers a `heartbeat`, as the bare text `pong` does, and anything else that a client sends",
        StateDialect._alive,
    ),
    "heartbeat": Takes({"type": "heartbeat"}, "the same", StateDialect._alive),
    "state_update": Takes(
        {"type": "state_update", "payload": {"update_type": "cart", "data": ["tea"], "version": 0}},
        "sets one member of the state → `state_updated`, or `version_conflict`",
        StateDialect._state_update,
    ),
    "partial_state_update": Takes(
        {"type": "partial_state_update", "payload": {"data": {"theme": "dark"}, "version": 1}},
        "merges → `partial_update_applied`, or `version_conflict`; without `version` the last write wins",
        StateDialect._partial_state_update,
    ),
    "get_current_state": Takes(
        {"type": "get_current_state"}, "→ `current_state`", StateDialect._get_current_state
    ),
    "user_message": Takes(
        {"type": "user_message", "payload": {"message_id": "m1", "any": "payload"}, "broadcast": True},
        "→ `ack`; with `broadcast` the user's other connections hear it",
        StateDialect._user_message,
    ),
    "auth_refresh": Takes(
        {"type": "auth_refresh", "payload": {"token": "a.new.one"}},
        "→ `auth_refreshed`: a new token on the open connection",
        StateDialect._auth_refresh,
    ),
}
"""What a client may send, by `type`."""
