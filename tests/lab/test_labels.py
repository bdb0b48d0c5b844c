"""What a message in flight is called: the words of the diagram."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncbed.lab.labels import label
from syncbed.wire.message import Message


def frame(payload: Any) -> Message:
    text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
    return Message("frame", "up", "alice", "1", "a", "c1", 1, 4, path="/ws", payload=text)


@pytest.mark.parametrize(
    ("payload", "called"),
    [
        ({"subscribe": ["orders"], "positions": {"orders": None}}, "subscribe orders"),
        ({"subscribe": ["orders"], "positions": {"orders": {"epoch": "e", "offset": 3}}}, "resume orders"),
        ({"unsubscribe": ["orders"]}, "unsubscribe orders"),
        ({"channel": "orders", "event": "created", "offset": 13, "payload": {}}, "created 13"),
        ("no json at all, and long enough", "text 31 B"),
        (b"\x00\xff", "binary 2 B"),
    ],
)
def test_a_message_of_a_websocket_is_called_as_the_diagram_calls_it(payload: Any, called: str) -> None:
    assert label(frame(payload)) == called


def test_a_request_is_called_by_its_mutation_and_else_by_its_path() -> None:
    request = Message("request", "up", "alice", "1", method="POST", path="/api/orders")
    assert label(request) == "POST /api/orders"
    request.mutation = "7"
    assert label(request) == "POST m7"
