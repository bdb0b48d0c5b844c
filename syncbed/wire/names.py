"""The numbers in names: which WebSocket of a tab, which request of its kind. Pure.

Counted for each tab and path by itself, so that what one tab does never renames the frames of
another.
"""

import hashlib
from collections import deque
from collections.abc import Callable

from .message import Message

NAMES_MAX = 100_000  # kept at a time; beyond it the oldest count from one again


class Names:
    def __init__(self) -> None:
        self._websockets: dict[tuple[str, ...], int] = {}
        self._requests: dict[tuple[str, ...], int] = {}

    def websocket(self, message: Message) -> int:
        """The number of a WebSocket that is being opened, from 1."""
        key = (message.profile, message.tab, message.path)
        return _next(self._websockets, key)

    def request(self, message: Message) -> int:
        """The number of a request among those of its tab, method, path and mutation id, from 1."""
        key = (message.profile, message.tab, message.method, message.path, message.mutation)
        return _next(self._requests, key)

    def restart(self) -> None:
        self._websockets.clear()
        self._requests.clear()


def _next(counts: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    number = counts[key] = counts.pop(key, 0) + 1
    if len(counts) > NAMES_MAX:
        del counts[next(iter(counts))]
    return number


class Resends:
    """Recognises a request that the browser sends again by itself.

    Chromium does so, for a POST too, when a *reused* connection dies before the answer's head; the
    page sees one request, the server executes two. Time is passed in by `now_ms`.
    """

    DEATHS_MAX = 64

    def __init__(self, resend_ms_max: int, now_ms: Callable[[], float]) -> None:
        self._resend_ms_max = resend_ms_max
        self._now_ms = now_ms
        self._deaths: deque[tuple[bytes, float, str]] = deque(maxlen=self.DEATHS_MAX)

    def died(self, message: Message) -> None:
        """A reused connection died before the answer to this request began."""
        self._deaths.append((_fingerprint(message), self._now_ms(), message.connection_id))

    def resent(self, message: Message) -> str:
        """The connection on which the first request of a new connection had died, or ""."""
        if not self._deaths:
            return ""
        wanted = _fingerprint(message)
        for death in self._deaths:
            mark, at_ms, connection_id = death
            if mark == wanted and self._now_ms() - at_ms <= self._resend_ms_max:
                self._deaths.remove(death)
                return connection_id
        return ""


def _fingerprint(message: Message) -> bytes:
    payload = message.payload.encode() if isinstance(message.payload, str) else message.payload or b""
    head = f"{message.profile}\n{message.tab}\n{message.method}\n{message.path}\n{message.query}\n".encode()
    return hashlib.blake2b(head + payload, digest_size=16).digest()
