"""The wire's records as the trace has them. The records here are real ones, of a wire that is not running."""

from __future__ import annotations

from typing import Any

from syncbed.trace import Connection, Fault, Frame, Header, Lifted, Note, TraceWriter, WireRecords
from syncbed.trace.from_wire import CONNECTION_DID, FRAME_DID, NOTED, RULES
from syncbed.wire import EVENTS, Message
from syncbed.wire import Record as WireRecord
from syncbed.wire.rules import rule_from_json


def request(**more: Any) -> Message:
    return Message(
        "request",
        "up",
        "alice",
        "1",
        "main",
        "c3",
        method="POST",
        path="/api/orders",
        mutation="7",
        headers=[(b"cookie", b"sid=hush"), (b"mutation-id", b"7")],
        payload='{"title":"latte #o1"}',
        **more,
    )


def test_every_event_of_the_wire_has_its_place() -> None:
    known = {*FRAME_DID, *CONNECTION_DID, *RULES, *NOTED}
    assert known - EVENTS.keys() == set(), "the wire says no such thing any more"
    assert EVENTS.keys() - known == set(), "the wire says something new: decide what the trace makes of it"


def test_a_frame_is_told_with_its_name_its_tab_and_its_payload() -> None:
    writer = TraceWriter(None, Header())
    [record] = writer.absorb(WireRecord(1, 12.5, "frame_seen", "c3", request()).to_json())
    frame = record.what
    assert isinstance(frame, Frame)
    assert (record.source, record.n, record.at_ms) == ("wire", 1, 12.5)
    assert frame.message == "alice/1 POST /api/orders mutation 7 #1 up"
    assert (frame.did, frame.tab, frame.layer, frame.stage) == ("seen", "alice/1", "http", "request")
    assert (frame.connection, frame.mutation, frame.payload) == ("c3", "7", '{"title":"latte #o1"}')
    assert (frame.upstream, frame.size_bytes) == ("main", 21)
    assert frame.headers == [["cookie", "[redacted]"], ["mutation-id", "7"]]


def test_why_a_frame_was_lost_is_kept() -> None:
    raw = WireRecord(1, 1.0, "frame_lost", "c3", request(), "r1", {"why": "cut"}).to_json()
    [frame] = WireRecords().read(raw)
    assert isinstance(frame, Frame)
    assert (frame.did, frame.why, frame.rule) == ("lost", "cut", "r1")


def test_what_tcp_never_does_is_marked() -> None:
    detail = {"passed_by": "alice/1 /ws #1 up 2", "tcp_impossible": True}
    raw = WireRecord(1, 1.0, "frame_reordered", "c3", request(), detail=detail).to_json()
    [frame] = WireRecords().read(raw)
    assert isinstance(frame, Frame)
    assert (frame.did, frame.passed_by, frame.tcp_impossible) == ("reordered", "alice/1 /ws #1 up 2", True)


def test_a_connection_that_closes_is_told_by_whose_it_was() -> None:
    wire = WireRecords()
    wire.read(WireRecord(1, 1.0, "connection_opened", "c3", detail={"profile": "alice"}).to_json())
    wire.read(WireRecord(2, 2.0, "frame_seen", "c3", request()).to_json())
    [closed] = wire.read(
        WireRecord(3, 3.0, "connection_closed", "c3", rule="r1", detail={"how": "cut"}).to_json()
    )
    assert closed == Connection("closed", "c3", "alice/1", "/api/orders", "cut", rule="r1")


def test_a_rule_is_a_fault_and_that_it_acted_only_a_note() -> None:
    wire = WireRecords()
    rule = rule_from_json({"id": "r1", "fault": {"kind": "cut"}})
    detail = {"fault": "cut", "json": rule.to_json()}
    [fault] = wire.read(WireRecord(1, 1.0, "rule_added", rule="r1", detail=detail).to_json())
    assert isinstance(fault, Fault)
    assert fault.fault == "r1"
    assert fault.what["fault"] == {"kind": "cut"}
    acted = WireRecord(2, 2.0, "rule_acted", "c3", request(), "r1", {"fault": "cut", "acted": 1})
    [note] = wire.read(acted.to_json())
    assert isinstance(note, Note)
    assert note.text == "rule_acted"
    assert wire.read(WireRecord(3, 3.0, "rule_removed", rule="r1", detail={"acted": 1}).to_json()) == (
        Lifted("r1"),
    )


def test_a_refused_connection_and_a_closed_port_are_told() -> None:
    wire = WireRecords()
    refused = WireRecord(1, 1.0, "connection_refused", rule="r1", detail={"profile": "alice"})
    assert wire.read(refused.to_json()) == (Connection("refused", tab="alice/unknown", rule="r1"),)
    closed = WireRecord(2, 2.0, "listener_closed", rule="r2", detail={"profile": "bob"})
    assert wire.read(closed.to_json()) == (Note("listener_closed", {"rule": "r2", "profile": "bob"}),)


def test_what_no_judge_needs_is_a_note() -> None:
    raw = WireRecord(1, 1.0, "mode_changed", detail={"mode": "held"}).to_json()
    assert WireRecords().read(raw) == (Note("mode_changed", {"mode": "held"}),)
