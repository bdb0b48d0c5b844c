"""Held mode, without any socket: who waits, who may pass."""

import pytest

from syncbed.wire import WireError
from syncbed.wire.gate import Gate, Verdict
from syncbed.wire.message import Message


def frame(number: int) -> Message:
    return Message("frame", "up", "alice", "1", path="/ws", connection=1, frame=number, payload="x")


def test_a_free_gate_holds_nothing_and_a_shut_one_only_application_messages() -> None:
    gate = Gate()
    assert not gate.holds(frame(1))
    gate.shut()
    assert gate.holds(frame(1))
    assert not gate.holds(Message("request", "up", "alice", application=False))


def test_a_message_is_decided_about_by_its_id_or_its_name_once() -> None:
    gate = Gate()
    decided: list[tuple[int, Verdict]] = []
    first = gate.enter(frame(1), 0, lambda verdict: decided.append((1, verdict)))
    gate.enter(frame(2), 0, lambda verdict: decided.append((2, verdict)))
    gate.decide("alice/1 /ws #1 up 2", "end_before")
    gate.decide(first.id, "deliver")
    assert decided == [(2, "end_before"), (1, "deliver")]
    with pytest.raises(WireError, match=f"nothing in flight is called '{first.id}'"):
        gate.decide(first.id, "deliver")


def test_what_is_not_the_head_of_its_direction_is_not_deliverable() -> None:
    gate = Gate()
    behind = gate.enter(frame(2), 0, lambda verdict: None, is_head=lambda: False)
    assert behind.to_json()["deliverable"] is False
    with pytest.raises(WireError, match="not the next of its direction") as refused:
        gate.decide(behind.id, "deliver")
    assert refused.value.code == "not_head"
    assert gate.in_flight() == [behind]


def test_opening_the_gate_delivers_in_the_order_of_arrival() -> None:
    gate = Gate()
    gate.shut()
    order: list[int] = []
    for number in (1, 2, 3):
        gate.enter(frame(number), 0, lambda verdict, number=number: order.append(number))  # type: ignore[misc]
    gate.open()
    assert order == [1, 2, 3]
    assert gate.in_flight() == []


def test_a_listed_message_says_what_it_is() -> None:
    gate = Gate()
    message = Message(
        "request", "up", "bob", "2", method="POST", path="/api/orders", mutation="7", payload=b"{}"
    )
    listed = gate.enter(message, 12.3456, lambda verdict: None).to_json()
    assert listed["name"] == "bob/2 POST /api/orders mutation 7 #1 up"
    assert (listed["payload"], listed["size_bytes"], listed["since_ms"]) == ("{}", 2, 12.346)
    assert listed["abandoned"] is False
