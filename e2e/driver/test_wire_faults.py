"""Each fault of the wire, in a real tab: its receipt, what the page saw, and none where nobody met it."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from e2e.driver.conftest import Played, Stage
from syncbed.run.probes import WIRE, wire_probe
from syncbed.trace import Clock, Connection, Event, FaultSpan, Kind, Lifted, Ok, Op, Record, State, Subscribed

K = TypeVar("K", bound=Kind)
NAMES = [name.replace("_", "-") for name in WIRE]


@pytest.fixture(scope="module")
def probed(stage: Stage) -> Played:
    """Every fault of the wire once, in one run."""
    return stage.play(wire_probe())


@pytest.fixture(scope="module")
def idle(stage: Stage) -> Played:
    """Every rule comes and goes while nothing that it means is on its way."""
    steps: list[dict[str, Any]] = [
        {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "until": "server"},
        {"do": "disconnect", "tab": "alice/1"},
        {"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "disconnected"}},
    ]
    for name, (keys, match, now) in WIRE.items():
        rule = {"id": name.replace("_", "-"), "match": match, "fault": {"kind": name, **keys}}
        steps.append({"do": "add_rule", "rule": rule | ({"now": True} if now else {})})
        steps.append({"do": "remove_rule", "id": rule["id"]})
    return stage.play({"needs": list(WIRE), "steps": steps})


@pytest.mark.parametrize("fault", NAMES)
def test_it_leaves_a_receipt(probed: Played, fault: str) -> None:
    assert probed.receipts()[fault]


@pytest.mark.parametrize("fault", NAMES)
def test_it_leaves_none_if_nobody_met_it(idle: Played, fault: str) -> None:
    assert idle.receipts()[fault] == ""


def test_a_run_whose_fault_nobody_met_is_unknown(stage: Stage, idle: Played) -> None:
    assert idle.verdict == "unknown"
    assert idle.reason.count("fault had no effect") == len(WIRE)
    rule = {
        "id": "slow",
        "match": {"profile": "alice", "method": "POST", "stage": "request"},
        "fault": {"kind": "delay", "delay_ms": 30},
    }
    put = {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "until": "server"}
    steps = [
        {"do": "add_rule", "rule": rule},
        put,
        {"do": "remove_rule", "id": "slow"},
        {"do": "add_rule", "rule": rule},
        {"do": "remove_rule", "id": "slow"},
    ]
    again = stage.play({"needs": ["delay"], "steps": steps})
    assert again.verdict == "unknown"
    assert again.reason.startswith("fault had no effect")
    assert [len(span.receipts) for span in again.trace.faults] == [1, 0]


def test_a_request_that_the_browser_could_not_send_is_a_receipt_of_the_shut_port(stage: Stage) -> None:
    steps: list[dict[str, Any]] = [
        {"do": "disconnect", "tab": "alice/1"},
        {"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "disconnected"}},
        {"do": "fault", "id": "away", "on": "alice", "fault": {"kind": "offline"}},
        {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte"},
        {"do": "expect", "that": {"is": "sockets_at_most", "on": "alice/1", "n": 0, "for_ms": 500}},
        {"do": "remove_rule", "id": "away"},
    ]
    judges = ["converges", "expectations"]
    played = stage.play({"needs": ["offline"], "judges": judges, "steps": steps})
    assert played.receipts()["away"] == "alice/1 could not connect to /api/orders"


# What the page saw


@pytest.mark.parametrize(("fault", "code"), [("cut", 1006), ("close", 1012), ("offline", 1006)])
def test_the_page_saw_its_socket_end(probed: Played, fault: str, code: int) -> None:
    ended = next(record.what for record in since(probed, fault, Connection) if record.source == "tab alice/1")
    assert (ended.did, ended.code) == ("closed", code)
    states = since(probed, fault, State)
    assert (
        next(record.what for record in states if record.what.state == "reconnecting").reason
        == f"lost ({code})"
    )


@pytest.mark.parametrize("fault", ["offline", "refuse"])
def test_a_refused_page_does_not_connect_before_the_rule_is_gone(probed: Played, fault: str) -> None:
    connected = next(r for r in since(probed, fault, State) if r.what.state == "connected")
    assert probed.trace.before(lifted(probed, fault), connected)


def test_a_page_that_is_refused_is_told_that_its_socket_never_opened(probed: Played) -> None:
    told = [record for record in since(probed, "refuse", Connection) if record.source == "tab alice/1"]
    refused = next(record for record in told if record.what.did == "refused")
    assert refused.what.code == 1006
    assert probed.trace.before(lifted(probed, "refuse"), refused) is not True


@pytest.mark.parametrize("fault", ["delay", "throttle", "http_status", "answer_lost", "duplicate_request"])
def test_a_write_gets_through_all_the_same(probed: Played, fault: str) -> None:
    [op] = writes(probed, fault)
    assert op.end is not None
    assert isinstance(op.end.what, Ok)


@pytest.mark.parametrize("fault", ["delay", "throttle"])
def test_the_page_waited_for_its_answer(probed: Played, fault: str) -> None:
    [op] = writes(probed, fault)
    assert op.end is not None
    assert bed_ms(probed, op.end) - bed_ms(probed, op.invoke) >= 100


def test_the_page_waited_for_its_socket_to_open(probed: Played) -> None:
    states = since(probed, "slow-handshake", State)
    began = next(record for record in states if record.what.state == "connecting")
    opened = next(record for record in states if record.what.state == "connected")
    assert opened.at_ms - began.at_ms >= 100


@pytest.mark.parametrize("fault", ["stall", "half_open"])
def test_the_page_heard_of_nothing_before_the_rule_was_gone(probed: Played, fault: str) -> None:
    end = lifted(probed, fault.replace("_", "-"))
    for op in writes(probed, fault):
        [handed] = handed_of(probed, op)
        assert probed.trace.before(handed, end) is not True
        assert bed_ms(probed, handed) >= bed_ms(probed, end) - error_ms(probed)


def test_what_was_dropped_never_reached_the_page(probed: Played) -> None:
    assert [handed_of(probed, op) for op in writes(probed, "drop")] == [[], []]
    assert next(iter(since(probed, "drop", Subscribed))).what.reason == "gap"


def test_what_came_twice_was_handed_to_the_app_once(probed: Played) -> None:
    assert [len(handed_of(probed, op)) for op in writes(probed, "duplicate")] == [1, 1]


def test_what_came_before_its_predecessor_was_a_gap_to_the_page(probed: Played) -> None:
    first, second = writes(probed, "reorder")
    assert next(iter(since(probed, "reorder", Subscribed))).what.reason == "gap"
    assert handed_of(probed, first) == []
    assert len(handed_of(probed, second)) == 1


def span(played: Played, fault: str) -> FaultSpan:
    return next(each for each in played.trace.faults if each.began.what.fault == fault)


def lifted(played: Played, fault: str) -> Record[Lifted]:
    end = span(played, fault).lifted
    assert end is not None
    return end


def since(played: Played, fault: str, kind: type[K]) -> list[Record[K]]:
    """What was told since a fault began."""
    return [record for record in played.trace.all(kind) if record.i > span(played, fault).began.i]


def writes(played: Played, fault: str) -> list[Op]:
    """What the probe wrote while a fault was there."""
    keys = (fault, f"{fault}-1", f"{fault}-2")
    return [op for op in played.trace.ops.values() if op.invoke.what.key in keys]


def handed_of(played: Played, op: Op) -> list[Record[Event]]:
    return [record for record in played.trace.all(Event) if record.what.token == op.invoke.what.token]


def bed_ms(played: Played, record: Record[Kind]) -> float:
    clock = next(each.what for each in played.trace.all(Clock) if each.what.of == record.source)
    return record.at_ms + clock.offset_ms


def error_ms(played: Played) -> float:
    return max(each.what.error_ms for each in played.trace.all(Clock))
