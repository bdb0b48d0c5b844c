"""What a client is asked, on its way as the payload of a signal to whichever instance holds the connection.

`[[correlation, topic, ttl_ms], body]`: who only passes it on takes the head off, and never parses the body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from .json_text import dumps

_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Request:
    """`correlation` names the answer; `body` is JSON text; nobody waits any more after `ttl_ms`."""

    correlation: str
    topic: str
    ttl_ms: int
    body: str


def request_payload(request: Request) -> str:
    return f"[{dumps([request.correlation, request.topic, request.ttl_ms])},{request.body}]"


def request_of(payload: str) -> Request:
    head, end = _DECODER.raw_decode(payload, 1)
    correlation, topic, ttl_ms = head
    return Request(correlation, topic, ttl_ms, payload[end + 1 : -1])
