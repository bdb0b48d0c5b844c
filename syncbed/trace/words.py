"""What to call a message, in a few words: those that the diagram uses (static/lab/diagram/labels.js)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .kinds import Frame
from .sequel import json_of

LABEL_CHARACTERS_MAX = 34
MUTATION_CHARACTERS_MAX = 8
PATH_CHARACTERS_MAX = 40
# `alice/1 /ws/broadcast #2 down 3`: the message has no name but its place on its connection.
_PLACE = re.compile(r"#(\d+) (?:up|down) (\d+)$")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", re.IGNORECASE)  # tells a reader nothing
_TIMES = re.compile(r"#(\d+) (?:up|down)$")


def mutation_words(mutation: str) -> str:
    """`m7`, or the beginning of an id that is no number."""
    return f"m{mutation}" if mutation.isdecimal() else _short(mutation, MUTATION_CHARACTERS_MAX)


def request_words(what: Frame) -> str:
    """`POST m1`, `POST m1 again`, `GET /api/orders`."""
    if what.stage == "handshake":
        return f"the handshake of {what.path}"
    if what.stage == "connect" or what.layer == "connect":
        return "a connection"
    if not what.mutation:
        path = _ID.sub("…", what.path)
        return f"{what.method} {_short(path, PATH_CHARACTERS_MAX)}".strip() or "a request"
    times = _TIMES.search(what.message)
    again = " again" if times and int(times[1]) > 1 else ""
    return f"{what.method} {mutation_words(what.mutation)}{again}".strip()


def answered_words(what: Frame) -> str:
    """What an answer is to: `m1`, `GET /api/orders`."""
    if what.mutation and what.stage != "handshake":
        return mutation_words(what.mutation)
    return request_words(what)


def frame_words(what: Frame) -> str:
    """What a message of a WebSocket or a stream carries, or "": nobody has said."""
    return payload_words(what.payload or "")


def payload_words(payload: str) -> str:
    if payload in ("ping", "pong"):
        return payload
    body = json_of(payload)
    for dialect in _DIALECTS:
        if told := dialect(body):
            return _short(told, LABEL_CHARACTERS_MAX)
    return ""


def sibling_words(payload: str) -> str:
    """What one tab says to others, or "": `m7 pending`, `created 2`, `leader`."""
    body = json_of(payload)
    inner = body.get("body", body.get("payload", body))
    inner = inner if isinstance(inner, Mapping) else {}
    kind = _text(inner.get("kind") or inner.get("type") or body.get("type") or body.get("topic"))
    if kind in ("text", "send") and isinstance(inner.get("body"), str):
        return payload_words(inner["body"])
    for place in (inner.get("mutation"), inner.get("entry"), inner):
        mutation = _text(place.get("mutationId")) if isinstance(place, Mapping) else ""
        if mutation:
            what = "pending" if kind in ("mutation", "made") else kind
            return f"{mutation_words(mutation)} {what}".strip()
    return kind.replace("_", " ")


def place_words(what: Frame) -> str:
    """`message 3 of /ws/broadcast`: where nobody has said what it carries."""
    place = _PLACE.search(what.message)
    which = f"message {place[2]}" if place else "a message"
    where = f" of {what.path}" if what.path else ""
    return f"{which}{where}" + (f" (connection {place[1]})" if place and place[1] != "1" else "")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _broadcast_asked(body: Mapping[str, Any]) -> str:
    asked, given_up = body.get("subscribe"), body.get("unsubscribe")
    if not isinstance(asked, list) and not isinstance(given_up, list):
        return ""
    if not isinstance(asked, list) or not asked:
        return f"unsubscribe {', '.join(map(_text, given_up or ()))}".strip()
    positions = body.get("positions")
    resumes = isinstance(positions, Mapping) and any(positions.values())
    return f"{'resume' if resumes else 'subscribe'} {', '.join(map(_text, asked))}"


def _broadcast_told(body: Mapping[str, Any]) -> str:
    event, payload = body.get("event"), body.get("payload")
    if not isinstance(event, str) or "channel" not in body:
        return ""
    entity = payload.get("entity_id") if isinstance(payload, Mapping) else ""
    return f"{event} {_text(body.get('offset')) or _text(entity)}".strip()


def _mq(body: Mapping[str, Any]) -> str:
    header = body.get("header")
    if not isinstance(header, Mapping) or not isinstance(header.get("type"), str):
        return ""
    kind, topic, inside = header["type"], _text(header.get("topic")), body.get("body")
    if kind == "event" and topic in _MQ_OWN:
        return _MQ_OWN[topic]
    if kind == "response":
        return str(kind)
    if kind == "error":
        return f"error {_mq_error(inside)}".strip()
    # The original's first client names what it subscribes to in the body.
    about = _text(inside) if topic == kind else topic
    return f"{kind} {about}".strip()


def _mq_error(body: Any) -> str:
    error = body.get("error") if isinstance(body, Mapping) else body
    text: Any = error.get("message") if isinstance(error, Mapping) else error
    return _text(text)


_MQ_OWN = {
    "_client.register": "register",
    "_internal.client.registered": "registered",
    "_internal.client.deregistered": "deregistered",
    "_internal.notification": "notification",
}
"""What the dialect says about itself, by its topic."""


def _gateway(body: Mapping[str, Any]) -> str:
    intent, agent, source = body.get("intent"), body.get("agent_type"), body.get("source")
    if isinstance(intent, str):
        return f"{intent} {_text(body.get('channel'))}".strip()
    if isinstance(agent, str):
        return f"{_text(body.get('type')) or 'message'} {_text(body.get('pillar')) or agent}"
    if isinstance(body.get("gateway_instance"), str):
        return f"fan-out {_text(body.get('channel'))}".strip()
    return f"from {source}" if isinstance(source, str) and "message" in body and "type" not in body else ""


def _typed(body: Mapping[str, Any]) -> str:
    kind = body.get("type")
    if not isinstance(kind, str):
        return ""
    if kind == "subscribed" and body.get("recovered") is False:
        reason = _text(body.get("reason"))
        return f"resync {_text(body.get('channel'))}" + (f": {reason}" if reason else "")
    about = _ABOUT[kind](body) if kind in _ABOUT else ""
    return f"{kind.replace('_', ' ')} {about or _place_in(body)}".strip()


def _inside(body: Mapping[str, Any], name: str) -> str:
    """A member of the payload, or of the data."""
    inner = body.get("payload", body.get("data"))
    return _text(inner.get(name)) if isinstance(inner, Mapping) else ""


def _place_in(body: Mapping[str, Any]) -> str:
    version = _inside(body, "version")
    return _text(body.get("room")) or _text(body.get("channel")) or (version and f"v{version}")


def _subscribed(body: Mapping[str, Any]) -> str:
    offset = _text(body.get("offset"))
    return _place_in(body) + (f" at {offset}" if offset not in ("", "0") else "")


def _conflict(body: Mapping[str, Any]) -> str:
    mine, theirs = _inside(body, "client_version"), _inside(body, "server_version")
    return theirs and f"v{mine}, server v{theirs}"


_ABOUT: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "subscribed": _subscribed,
    "message": lambda body: "to all" if "room" not in body and body.get("client_id") else "",
    "notification": lambda body: _inside(body, "event"),
    "error": lambda body: (
        _text(body.get("error"))
        or _inside(body, "code")
        or _text(body.get("code"))
        or _text(body.get("message"))
    ),
    "version_conflict": _conflict,
    "connection_established": lambda body: _inside(body, "user_id"),
    "user_message": lambda body: _text(body.get("id")) or _inside(body, "message_id"),
    "ack": lambda body: _inside(body, "message_id"),
}
"""What is worth saying of a frame besides its type, where it is neither its room nor its version."""

_DIALECTS: tuple[Callable[[Mapping[str, Any]], str], ...] = (
    _broadcast_asked,
    _broadcast_told,
    _mq,
    _gateway,
    _typed,
)
