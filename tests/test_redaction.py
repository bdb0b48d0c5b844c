"""What is a secret is taken out, wherever it stands and whatever it is; nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncbed.redaction import REDACTED, redact, redact_query, redact_text
from syncbed.wire import Message, Record
from syncbed.wire.gate import Gate

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
NAMES = [
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "Sec-WebSocket-Protocol",
    "X-CSRF-Token",
    "X-API-Key",
    "x-auth",
    "token",
    "session_token",
    "accessToken",
    "api_key",
    "api-key",
    "apiKey",
    "auth",
    "auth_key",
    "password",
    "passwd",
    "userPassword",
    "secret",
    "client_secret",
    "credentials",
    "credential",
    "session",
    "session_id",
    "sessionId",
    "session-id",
    "sid",
    "connect.sid",
    "PHPSESSID",
    "jwt",
    "ticket",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["hush", 4711, ["hush", 4711], {"user": "a", "pin": 4711}], ids=str)
def test_a_secret_goes_by_its_name_whatever_its_value_is(name: str, value: Any) -> None:
    assert redact({"a": [{name: value}]}) == {"a": [{name: REDACTED}]}
    text = json.dumps({"a": {name: value}, "title": "latte"})
    for found in (redact_text(text), redact_text(json.dumps({"inner": text})), redact_text(text[:-1])):
        assert "hush" not in found
        assert "4711" not in found
        assert "latte" in found


@pytest.mark.parametrize("name", ["token", "api-key", "sid", "session_id", "passwd", "auth"])
def test_a_secret_in_a_query_or_a_form_goes_by_its_name_too(name: str) -> None:
    assert redact_query(f"{name}=hush&x=1") == f"{name}={REDACTED}&x=1"
    assert redact_text(f"ws://h/ws?x=1&{name}=hush#y") == f"ws://h/ws?x=1&{name}={REDACTED}#y"


@pytest.mark.parametrize(
    "value",
    [
        {"headers": [["Cookie", "sid=hush"], ["X-API-Key", "hush"]]},
        '{"text":"{\\"token\\":\\"hush\\"}"}',
        '{"pad":1,"text":"{\\"token\\":\\"hush\\"',
        '{"pad":1,"credentials":{"user":"hush',
        "Authorization: Basic hush",
        "then Bearer hushhushhushhushhush came",
        JWT.replace("alice", "hush") + "hush",
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_a_secret_is_taken_out(value: Any) -> None:
    redacted = json.dumps(redact(value))
    assert "hush" not in redacted
    assert REDACTED in redacted
    assert redact(redact(value)) == redact(value)


@pytest.mark.parametrize(
    "value",
    [
        {"title": "bearer of news, basic espresso #o1", "done": False},
        {"title": "Cookie: chocolate #o2", "author": "a", "side": "up", "tokens_left": 3},
        {"title": "token of love #o3", "key": "latte", "token": None},
        '{ "key": "latte",  "side": "both" }',
        ["put", "remove"],
        {"offset": 3, "epoch": "e1", "client_id": "c1", "mutation_id": 7},
    ],
    ids=str,
)
def test_what_is_no_secret_is_left_alone(value: Any) -> None:
    assert redact(value) == value


def test_what_the_wire_tells_of_a_payload_holds_no_secret_even_if_it_was_cut_within_one() -> None:
    payload = json.dumps({"pad": "x" * 40, "password": "hushhushhush", "pin": 1})
    message = Message(
        "request",
        "up",
        "alice",
        "1",
        query="api-key=hush",
        headers=((b"X-API-Key", b"hush"),),
        payload=payload,
    )
    for bytes_max in (1000, 75):
        told = json.dumps(Record(1, 0.0, "frame_seen", message=message).to_json(bytes_max))
        assert "hush" not in told
        assert "xxxx" in told
    waiting = Gate().enter(message, 0.0, lambda verdict: None)
    assert "hush" not in json.dumps(waiting.to_json())
