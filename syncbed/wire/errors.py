"""Errors of the wire as data: what was wrong, where, what is allowed, and what to do.

Owns the codes and their HTTP status. Knows nothing of HTTP answers: `control` writes those.
"""

from collections.abc import Iterable

# code -> (HTTP status of the control API, what to do about it)
CODES: dict[str, tuple[int, str]] = {
    "invalid": (422, "correct the value at `path`"),
    "tcp_impossible": (422, 'set "tcp_impossible": true on the fault, or use cut, stall or delay'),
    "unknown_rule": (404, "GET /rules lists the ids"),
    "duplicate_rule": (409, "choose another id, or DELETE the rule first"),
    "unknown_profile": (404, "GET /state lists the profiles"),
    "duplicate_profile": (409, "choose another name, or remove the profile first"),
    "unknown_frame": (404, "GET /in-flight lists what waits; the frame may have been delivered or ended"),
    "not_head": (409, "deliver the frames before it first: a WebSocket direction is first in, first out"),
    "no_sense": (409, "choose one of `allowed`"),
    "limit": (409, "remove something first, or raise the limit in the settings"),
    "token": (401, "send `Authorization: Bearer TOKEN` or `?token=TOKEN`; the token is printed at start"),
    "host": (421, "address the control API as 127.0.0.1 or localhost"),
    "not_json": (400, "send a JSON body"),
    "listener": (409, "free the port, or start the wire with another --port"),
    "timeout": (504, "raise the limit, or look at GET /events for what did happen"),
}


class WireError(Exception):
    """A refusal that a caller can act on. `path` is a JSON pointer into what was given."""

    def __init__(self, code: str, text: str, *, path: str = "", allowed: Iterable[object] = ()) -> None:
        self.code = code
        self.text = text
        self.path = path
        self.allowed = tuple(allowed)
        self.status, self.do = CODES[code]
        super().__init__(self.sentence())

    def sentence(self) -> str:
        where = f" at {self.path}" if self.path else ""
        allowed = f" (allowed: {', '.join(map(str, self.allowed))})" if self.allowed else ""
        return f"{self.text}{where}{allowed}: {self.do}"

    def to_json(self) -> dict[str, object]:
        error: dict[str, object] = {"code": self.code, "text": self.text, "do": self.do}
        if self.path:
            error["path"] = self.path
        if self.allowed:
            error["allowed"] = list(self.allowed)
        return {"error": error}
