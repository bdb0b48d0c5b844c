"""Held mode, without any socket: who waits, who may pass."""

import pytest

from syncbed.wire import WireError
from syncbed.wire.gate import REFUSED, SINGLE_FRAME, VERDICTS, Gate, Verdict
from syncbed.wire.message import Message, Stage


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


@pytest.mark.parametrize(("stage", "verdict"), REFUSED)
def test_what_makes_no_sense_is_refused_with_the_reason_and_what_may_be_done(
    stage: Stage, verdict: Verdict
) -> None:
    gate = Gate()
    waiting = gate.enter(Message(stage, "down", "alice", payload=b""), 0, lambda verdict: None)
    with pytest.raises(WireError, match=REFUSED[stage, verdict]) as refused:
        gate.decide(waiting.id, verdict)
    assert refused.value.code == "no_sense"
    assert waiting.to_json()["verdicts"] == list(refused.value.allowed)
    assert gate.in_flight() == [waiting]


def test_a_request_whose_body_did_not_come_whole_is_not_sent_twice() -> None:
    gate = Gate()
    waiting = gate.enter(Message("request", "up", "alice"), 0, lambda verdict: None)
    with pytest.raises(WireError, match="too long to be sent again"):
        gate.decide(waiting.id, "duplicate")


def test_a_frame_is_overtaken_only_by_one_that_waits_behind_it_and_waits_on() -> None:
    gate = Gate()
    second = gate.enter(frame(2), 0, lambda verdict: None, is_head=lambda: False)
    found = [second]
    decided: list[Verdict] = []
    first = gate.enter(frame(1), 0, decided.append, behind=lambda: found[0] if found else None)
    assert first.to_json()["verdicts"] == list(VERDICTS)
    assert second.to_json()["verdicts"] == []
    gate.decide(first.id, "reorder")
    assert decided == ["reorder"]
    assert gate.in_flight() == [first]
    found.clear()
    with pytest.raises(WireError, match="no frame waits behind it"):
        gate.decide(first.id, "reorder")


def test_only_a_frame_can_have_what_tcp_never_does() -> None:
    gate = Gate()
    of_frame = gate.enter(frame(1), 0, lambda verdict: None)
    of_request = gate.enter(Message("request", "up", "alice", payload=b""), 0, lambda verdict: None)
    assert [each for each in VERDICTS if of_frame.is_impossible_on_tcp(each)] == list(SINGLE_FRAME)
    assert not any(map(of_request.is_impossible_on_tcp, VERDICTS))
