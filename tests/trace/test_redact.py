"""No secret reaches a trace, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

from syncbed.redaction import REDACTED
from syncbed.trace import Fault, Frame, Header, Invoke, Note, TraceWriter, View, to_json


def test_our_own_token_is_no_secret_and_that_of_a_payload_is() -> None:
    writer = TraceWriter(None, Header())
    record = writer.write(
        "driver", Invoke("o1", "alice/1", "call", "login", {"token": "hush"}, token="o1"), at_ms=1
    )
    assert record.what.token == "o1"
    assert record.what.value == {"token": REDACTED}


def test_a_payload_is_redacted_before_it_is_cut() -> None:
    payload = '{"pad":"' + "x" * 80 + '","token":"hushhushhush"}'
    writer = TraceWriter(None, Header(), payload_characters_max=105)
    frame = writer.write("wire", Frame("m", "seen", payload=payload), at_ms=1).what
    assert frame.payload is not None
    assert len(frame.payload) == 105
    assert frame.payload_cut
    assert "hush" not in frame.payload


def test_a_short_payload_is_kept_whole() -> None:
    frame = TraceWriter(None, Header()).write("wire", Frame("m", "seen", payload="{}"), at_ms=1).what
    assert (frame.payload, frame.payload_cut) == ("{}", False)


def test_items_and_notes_are_redacted_too() -> None:
    writer = TraceWriter(None, Header())
    writer.write("tab alice/1", View("alice/1", ({"id": "x", "api_key": "hush"},)), at_ms=1)
    writer.write("bed", Note("asked http://h/?ticket=hush"), at_ms=1)
    assert "hush" not in json.dumps([to_json(record) for record in writer.trace().records])


def test_what_the_giver_changes_later_is_not_changed_in_the_trace() -> None:
    writer = TraceWriter(None, Header())
    rule: dict[str, Any] = {"id": "r1", "hit": []}
    record = writer.write("wire", Fault("r1", rule), at_ms=1)
    rule["hit"].append("c1")
    assert record.what.what == {"id": "r1", "hit": []}
