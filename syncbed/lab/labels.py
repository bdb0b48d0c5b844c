"""A message in flight as the list shows it: what it is, in a few words. Pure."""

from __future__ import annotations

import http
from typing import Any

from ..redaction import redact
from ..trace.words import payload_words
from ..wire import Waiting
from ..wire.gate import VERDICTS
from ..wire.message import Message

PAYLOAD_CHARACTERS_MAX = 4096
NOT_HEAD = "it waits behind another of its connection: decide about that one first"


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
    """As the diagram calls it."""
    payload = message.text()
    words = payload_words(payload) if payload is not None else ""
    return redact(words) or f"{'binary' if payload is None else 'text'} {message.size_bytes} B"
