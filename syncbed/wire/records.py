"""What the wire reports: one record for each thing that happened, to one sink.

Owns the names of the events. Secrets (`redaction.py`) are never written down. Order is claimed within
this source, by `seq`; `at_ms` is the wire's own clock.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..redaction import redact, redact_query, redact_text
from .message import Headers, Message

EVENTS: dict[str, str] = {
    "listener_opened": "a profile's port accepts connections",
    "listener_closed": "a profile's port refuses connections",
    "connection_opened": "a browser's TCP connection was accepted",
    "connection_refused": "a rule aborted a connection as it was accepted",
    "connection_closed": "the connection ended; `how` says in which way",
    "websocket_opened": "the server answered 101",
    "extensions_stripped": "Sec-WebSocket-Extensions was taken out of a handshake: frames travel plain",
    "frame_seen": "a message was parsed",
    "frame_held": "it waits in flight until someone decides",
    "frame_delayed": "a rule lets it pass later",
    "frame_delivered": "its last byte was handed to the receiver's socket",
    "frame_abandoned": "the browser gave up while it was in flight",
    "frame_lost": "it will never be delivered; `why` says the cause",
    "frame_dropped": "a tcp_impossible rule lost it on a living connection",
    "frame_duplicated": "a tcp_impossible rule delivered it again, or a request was sent again",
    "frame_reordered": "a tcp_impossible rule let the next frame pass first",
    "rule_added": "",
    "rule_removed": "",
    "rule_acted": "the receipt of a rule: what it did, to what",
    "answer_lost": "the server did it, the browser will not hear of it; `how` says in which way",
    "close_seen": "a WebSocket close frame was parsed; it passes behind the frames before it",
    "silenced": "nothing passes on this connection, both ways",
    "stalled": "the wire stopped reading from one side",
    "lifted": "a silence or stall of this connection ended",
    "browser_resend": "the browser sent a request again by itself after a reused connection died",
    "document_changed": "a document was made ready for a pane; `what` says how; each kind is told once",
    "document_limited": "something about a document does not work as without the wire; told once, too",
    "service_worker_refused": "a service worker's script was asked for, and answered 403",
    "substituted": "a path was answered with what the bed put in place of the upstream's",
    "upstream_failed": "the upstream could not be reached, or died before it answered",
    "protocol_error": "a side broke HTTP or WebSocket; its connection was ended",
    "limit_reached": "a limit of the settings was hit; `limit` names it",
    "mode_changed": "free or held",
    "reset": "rules removed, numbers and counters from zero",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened. `message` is the whole message; `to_json` cuts and redacts it."""

    seq: int
    at_ms: float
    event: str
    connection_id: str = ""
    message: Message | None = None
    rule: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)

    def to_json(self, payload_bytes_max: int = 65_536) -> dict[str, object]:
        found: dict[str, object] = {"seq": self.seq, "at_ms": round(self.at_ms, 3), "event": self.event}
        if self.connection_id:
            found["connection_id"] = self.connection_id
        if self.rule:
            found["rule"] = self.rule
        if self.message is not None:
            found.update(_of_message(self.message, self.event, payload_bytes_max))
        found.update(self.detail)
        return found


Sink = Callable[[Record], None]


def _of_message(message: Message, event: str, payload_bytes_max: int) -> dict[str, object]:
    found: dict[str, object] = {
        "name": message.name,
        "profile": message.profile,
        "tab": message.tab,
        "kind": message.kind,
        "stage": message.stage,
        "direction": message.direction,
        "path": message.path,
    }
    for key in ("upstream", "connection", "frame", "method", "mutation", "status"):
        if value := getattr(message, key):
            found[key] = value
    if message.query:
        found["query"] = redact_query(message.query)
    if event == "frame_seen" and message.headers:
        found["headers"] = redact_headers(message.headers)
    if message.payload is not None:
        found["size_bytes"] = message.size_bytes
        if event == "frame_seen":
            found.update(_of_payload(message, payload_bytes_max))
    return found


def _of_payload(message: Message, payload_bytes_max: int) -> dict[str, object]:
    text = message.text()
    if text is None:
        raw = bytes(message.payload or b"")[:payload_bytes_max]  # type: ignore[arg-type]
        found: dict[str, object] = {"payload_base64": base64.b64encode(raw).decode()}
    else:
        # Whole before it is cut: half a secret is one too.
        found = {"payload": redact_text(text)[:payload_bytes_max]}
    if message.size_bytes > payload_bytes_max:
        found["payload_cut"] = True
    return found


def redact_headers(headers: Headers) -> list[list[str]]:
    return [redact([name.decode("latin-1"), value.decode("latin-1")]) for name, value in headers]
