"""A message in flight as the list shows it: what it is, in a few words. Pure."""

from __future__ import annotations

import http
import json
from collections.abc import Mapping
from typing import Any

from ..redaction import redact
from ..wire import Waiting
from ..wire.gate import VERDICTS
from ..wire.message import Message

PAYLOAD_CHARACTERS_MAX = 4096
NOT_HEAD = "it waits behind another of its connection: decide about that one first"
NAMES = ("event", "type", "action", "op", "kind", "name", "method")


def in_flight(waiting: Waiting) -> dict[str, Any]:
    message = waiting.message
    payload = message.text()
    refused = refusals(waiting)
    found = {
        "id": waiting.id,
        "name": message.name,
        "head": waiting.is_head(),
        "profile": message.profile,
        "tab": f"{message.profile}/{message.tab}",
        "upstream": message.upstream,
        "direction": message.direction,
        "layer": message.kind,
        "stage": message.stage,
        "label": label(message),
        "size_bytes": message.size_bytes,
        "method": message.method,
        "path": message.path,
        "status": message.status,
        "mutation": message.mutation,
        "payload": redact(payload)[:PAYLOAD_CHARACTERS_MAX] if payload else None,
        "verdicts": [verdict for verdict in VERDICTS if verdict not in refused],
        "refused": refused,
        "impossible": [verdict for verdict in VERDICTS if waiting.is_impossible_on_tcp(verdict)],
    }
    optional = ("method", "path", "status", "mutation", "payload")
    return {key: value for key, value in found.items() if value or key not in optional}


def refusals(waiting: Waiting) -> dict[str, str]:
    """What may not be decided about it, and why."""
    if not waiting.is_head():
        return dict.fromkeys(VERDICTS, NOT_HEAD)
    found = {verdict: waiting.refusal(verdict) for verdict in VERDICTS}
    return {verdict: why for verdict, why in found.items() if why}


def label(message: Message) -> str:
    """`POST m7`, `201 Created m7`, `created 13`."""
    mutation = f" m{message.mutation}" if message.mutation else ""
    match message.stage:
        case "request":
            return f"{message.method}{mutation or ' ' + message.path}"
        case "response":
            return f"{message.status} {_phrase(message.status)}{mutation}".strip()
        case "chunk":
            return f"part {message.frame} of {message.path}"
        case "handshake":
            return f"handshake {message.path}"
        case _:
            return _frame(message)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _frame(message: Message) -> str:
    try:
        document = json.loads(message.text() or "")
    except ValueError:
        document = None
    told = [_word(document, NAMES), _word(document, ("offset", "seq", "id"))] if document is not None else []
    words = " ".join(word for word in told if word)
    return redact(words) or f"message {message.frame}"


def _word(document: Any, names: tuple[str, ...]) -> str:
    """The first of these that a message has, in itself or one level below."""
    if not isinstance(document, Mapping):
        return ""
    places = [document, *(value for value in document.values() if isinstance(value, Mapping))]
    for place in places:
        for name in names:
            value = place.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= 40:
                return str(value)
    return ""
