"""What the wire sees: one message, and its name.

A message is a WebSocket message, an HTTP request, an answer, a chunk of a streaming answer, a
WebSocket handshake, or a connection being accepted. Its *name* says what it is (whose, which
connection, which frame), never when it came: rules and schedules are written in names.
Pure: no I/O, no clock.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down"]
Stage = Literal["connect", "handshake", "request", "response", "chunk", "frame"]
Headers = Sequence[tuple[bytes, bytes]]

KIND_OF_STAGE: dict[str, str] = {
    "connect": "connect",
    "handshake": "ws",
    "request": "http",
    "response": "http",
    "chunk": "http",
    "frame": "ws",
}
DIRECTIONS_OF_STAGE: dict[str, tuple[str, ...]] = {
    "connect": ("up",),
    "handshake": ("up", "down"),
    "request": ("up",),
    "response": ("down",),
    "chunk": ("down",),
    "frame": ("up", "down"),
}
UNKNOWN_TAB = "unknown"
UNREAD = object()


@dataclass(slots=True)
class Message:
    """One message on its way. Treated as read only once made (not frozen: it is made for every frame)."""

    stage: Stage
    direction: Direction
    profile: str
    tab: str = UNKNOWN_TAB
    upstream: str = ""
    connection_id: str = ""
    connection: int = 0  # the nth WebSocket of this tab and path, from 1; 0 for HTTP
    frame: int = 0  # the nth frame of its direction, or the nth chunk of its answer, from 1
    method: str = ""
    path: str = ""  # without the query
    query: str = ""
    occurrence: int = 1  # HTTP: the nth request that would carry this name
    mutation: str = ""  # the mutation id it carries, or its request carried
    status: int = 0
    headers: Headers = ()
    payload: str | bytes | None = None
    application: bool = True  # may be held: a fetch of page code, its answer, a WebSocket message
    _document: object = field(default=UNREAD, repr=False)

    @property
    def kind(self) -> str:
        return KIND_OF_STAGE[self.stage]

    @property
    def name(self) -> str:
        """What it is: `alice/1 /ws/rooms #2 down 3`, `alice/1 POST /api/orders mutation 7 #1 up`."""
        who = f"{self.profile}/{self.tab}"
        if self.stage == "connect":
            return f"{self.profile} connect"
        if self.stage == "frame":
            return f"{who} {self.path} #{self.connection} {self.direction} {self.frame}"
        if self.stage == "handshake":
            return f"{who} {self.path} #{self.connection} handshake {self.direction}"
        mutation = f" mutation {self.mutation}" if self.mutation else ""
        chunk = f" {self.frame}" if self.stage == "chunk" else ""
        return f"{who} {self.method} {self.path}{mutation} #{self.occurrence} {self.direction}{chunk}"

    @property
    def size_bytes(self) -> int:
        if self.payload is None:
            return 0
        if isinstance(self.payload, str):
            return len(self.payload) if self.payload.isascii() else len(self.payload.encode())
        return len(self.payload)

    @property
    def digest(self) -> str:
        """Eight hex digits of the payload: tells two frames of one name apart in a listing."""
        payload = self.payload.encode() if isinstance(self.payload, str) else self.payload or b""
        return hashlib.blake2b(payload, digest_size=4).hexdigest()

    def text(self) -> str | None:
        """The payload as text, or None if it is no UTF-8."""
        if isinstance(self.payload, str):
            return self.payload
        try:
            return None if self.payload is None else bytes(self.payload).decode()
        except UnicodeDecodeError:
            return None

    def document(self) -> object:
        """The payload as JSON, or `UNREAD` if it is none. Read once."""
        if self._document is UNREAD:
            try:
                self._document = (json.loads(self.text() or ""),)
            except ValueError:
                self._document = None
        return self._document[0] if isinstance(self._document, tuple) else UNREAD

    def header(self, name: str) -> str | None:
        wanted = name.lower().encode()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value.decode("latin-1")
        return None


def look_up(document: object, pointer: str) -> object:
    """The value a JSON pointer (RFC 6901) names in a document, or `UNREAD` if there is none."""
    for segment in pointer.split("/")[1:]:
        key = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return UNREAD
    return document


def mutation_of(message: Message, header_names: Iterable[str], pointers: Iterable[str]) -> str:
    """The mutation id that a message carries in one of these headers or places of its JSON, or ""."""
    for name in header_names:
        if in_header := message.header(name):
            return in_header
    document = message.document() if message.payload else UNREAD
    if isinstance(document, dict):
        for pointer in pointers:
            value = look_up(document, pointer)
            if isinstance(value, str | int) and not isinstance(value, bool):
                return str(value)
    return ""
