"""A rule's receipt is what came of it. The wire's records here are real ones, of a wire that does not run."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.trace import Clock, Connection, Header, Note, Receipt, State, Trace, TraceWriter
from syncbed.wire import Message
from syncbed.wire import Record as WireRecord
from syncbed.wire.rules import rule_from_json

TAB = "tab alice/1"


class Telling:
    """What a wire and a tab say, one ms after the other; the tab's clock is 1000 ms behind."""

    def __init__(self, fault: dict[str, Any] | None = None) -> None:
        self.writer = TraceWriter(None, Header())
        self.now_ms = 2000.0
        self.said = 0
        for source, offset in (("wire", 0.0), (TAB, 1000.0)):
            self.writer.write("driver", Clock(source, offset), at_ms=0)
        if fault is not None:
            self.rule(fault)

    def wire(
        self, event: str, connection: str = "", message: Message | None = None, rule: str = "", **detail: Any
    ) -> None:
        self.now_ms += 1
        self.said += 1
        record = WireRecord(self.said, self.now_ms, event, connection, message, rule, detail)
        self.writer.absorb(record.to_json())

    def tab(self, what: Connection | State) -> None:
        self.now_ms += 1
        self.writer.write(TAB, what, at_ms=self.now_ms - 1000)

    def rule(self, fault: dict[str, Any], rule: str = "r") -> None:
        known = rule_from_json({"id": rule, "fault": fault})
        self.wire("rule_added", rule=rule, fault=known.fault.kind, json=known.to_json())

    def websocket(self, connection: str = "c1", tab: str = "1") -> None:
        handshake = Message("handshake", "up", "alice", tab, "main", connection, 1, path="/ws")
        self.wire("connection_opened", connection, profile="alice")
        self.wire("frame_seen", connection, handshake)
        self.wire("frame_delivered", connection, handshake)
        self.wire("websocket_opened", connection, handshake)

    @property
    def trace(self) -> Trace:
        return self.writer.trace()

    @property
    def evidence(self) -> list[str]:
        return [record.what.evidence for record in self.trace.all(Receipt)]


def frame(number: int = 1, direction: Any = "down") -> Message:
    return Message("frame", direction, "alice", "1", "main", "c1", 1, number, path="/ws", payload="{}")


def request(stage: Any = "request") -> Message:
    direction: Any = "up" if stage == "request" else "down"
    return Message(
        stage, direction, "alice", "1", "main", "c2", method="POST", path="/api", occurrence=1, payload="{}"
    )


CUT: dict[str, Any] = {"kind": "cut"}
HEARD = Connection("closed", tab="alice/1", path="/ws", code=1006)


def test_that_a_rule_acted_is_its_intention_and_no_receipt() -> None:
    told = Telling(CUT)
    told.wire("rule_acted", "c1", frame(), "r", fault="cut", acted=1)
    told.wire("listener_closed", rule="r", profile="alice")
    assert told.evidence == []
    assert {record.what.text for record in told.trace.all(Note)} == {"rule_acted", "listener_closed"}


def test_a_socket_that_was_cut_is_proven_by_what_its_tab_heard() -> None:
    told = Telling(CUT)
    told.websocket()
    told.wire("frame_seen", "c1", frame())
    told.wire("frame_lost", "c1", frame(), "r", why="cut")
    told.wire("connection_closed", "c1", rule="r", how="cut")
    assert told.evidence == []
    told.tab(HEARD)
    assert told.evidence == ["alice/1 was told that its socket ended with 1006"]
    [receipt] = told.trace.all(Receipt)
    assert (receipt.source, receipt.at_ms) == ("bed", told.now_ms)


def test_the_end_of_another_socket_proves_nothing() -> None:
    told = Telling(CUT)
    told.websocket()
    told.wire("connection_closed", "c1", rule="r", how="cut")
    told.tab(Connection("closed", tab="alice/1", path="/other", code=1006))
    told.tab(Connection("closed", tab="alice/2", path="/ws", code=1006))
    assert told.evidence == []


def test_a_socket_that_ended_by_itself_proves_no_rule() -> None:
    told = Telling(CUT)
    told.websocket()
    told.wire("connection_closed", "c1", how="browser fin")
    told.tab(HEARD)
    assert told.evidence == []


def test_a_socket_that_was_closing_already_is_no_proof() -> None:
    for fault, receipts in ((CUT, 0), ({"kind": "close", "code": 1012}, 1)):
        told = Telling(fault)
        told.websocket()
        told.wire("close_seen", "c1", code=1005, reason="", direction="up")
        told.wire("connection_closed", "c1", rule="r", how="cut")
        told.tab(Connection("closed", tab="alice/1", path="/ws", code=1012 if receipts else 1006))
        assert len(told.evidence) == receipts


def test_a_close_is_proven_by_its_own_code_alone() -> None:
    for code, receipts in ((1006, 0), (1012, 1)):
        told = Telling({"kind": "close", "code": 1012})
        told.websocket()
        told.wire("connection_closed", "c1", rule="r", how="closed by rule")
        told.tab(Connection("closed", tab="alice/1", path="/ws", code=code))
        told.tab(State("alice/1", "reconnecting"))
        assert len(told.evidence) == receipts


def test_where_nobody_watches_the_sockets_what_the_sdk_says_has_to_do() -> None:
    told = Telling(CUT)
    told.websocket()
    told.wire("connection_closed", "c1", rule="r", how="cut")
    told.tab(State("alice/1", "connected"))
    assert told.evidence == []
    told.tab(State("alice/1", "reconnecting", "lost"))
    assert told.evidence == ["alice/1 became reconnecting: lost"]


def test_a_worker_and_a_server_are_not_asked() -> None:
    told = Telling(CUT)
    told.websocket(tab="unknown")
    told.wire("connection_closed", "c1", rule="r", how="cut")
    assert told.evidence == ["connection c1 of alice/unknown ended (cut)"]
    told = Telling({"kind": "cut", "side": "upstream"})
    told.websocket()
    told.wire("connection_closed", "c1", rule="r", how="cut")
    assert told.evidence == ["connection c1 of alice/1 lost its server"]


def test_a_connection_that_carried_no_request_can_be_cut_without_anybody_noticing() -> None:
    told = Telling(CUT)
    told.wire("connection_opened", "c2", profile="alice")
    told.wire("connection_closed", "c2", rule="r", how="cut")
    assert told.evidence == []
    told.wire("frame_seen", "c3", request())
    told.wire("connection_closed", "c3", rule="r", how="cut")
    assert told.evidence == ["the connection of alice/1 POST /api #1 up ended (cut)"]


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        ({"kind": "http_status"}, "frame_lost"),
        ({"kind": "answer_lost"}, "answer_lost"),
        ({"kind": "duplicate_request"}, "frame_duplicated"),
        ({"kind": "drop", "tcp_impossible": True}, "frame_dropped"),
        ({"kind": "reorder", "tcp_impossible": True}, "frame_reordered"),
    ],
)
def test_what_was_done_to_a_message_is_its_own_proof(fault: dict[str, Any], event: str) -> None:
    told = Telling(fault)
    told.wire(event, "c2", request(), "other")
    assert told.evidence == []
    told.wire(event, "c2", request(), "r")
    assert len(told.evidence) == 1


@pytest.mark.parametrize(
    "kind", [{"kind": "delay", "delay_ms": 9}, {"kind": "slow_handshake", "delay_ms": 9}]
)
def test_a_delayed_message_has_to_come_late(kind: dict[str, Any]) -> None:
    told = Telling(kind)
    told.wire("frame_delayed", "c2", request(), "r", after_ms=9)
    assert told.evidence == []
    told.now_ms -= 0.8  # lifted at once
    told.wire("frame_delivered", "c2", request())
    assert told.evidence == []
    told.wire("frame_delayed", "c2", request(), "r", after_ms=9)
    told.now_ms += 8
    told.wire("frame_delivered", "c2", request())
    assert told.evidence == ["alice/1 POST /api #1 up passed 9 ms after it had come"]


def test_a_message_that_waited_until_its_rule_was_gone_has_waited() -> None:
    told = Telling({"kind": "delay", "delay_ms": 9})
    told.wire("frame_delayed", "c2", request(), "r", after_ms=9)
    told.wire("rule_removed", rule="r")
    assert told.evidence == ["alice/1 POST /api #1 up waited until the rule was gone"]


def test_a_silent_connection_has_to_keep_something_from_passing() -> None:
    told = Telling({"kind": "half_open"})
    told.websocket()
    told.wire("silenced", "c1", rule="r")
    told.wire("lifted", "c1", rule="r")
    told.wire("frame_seen", "c1", frame())
    told.wire("frame_delivered", "c1", frame())
    assert told.evidence == []
    told.wire("silenced", "c1", rule="r")
    told.wire("frame_seen", "c1", frame(2))
    assert told.evidence == ["alice/1 /ws #1 down 2 did not pass while connection c1 was silent"]


def test_a_message_that_silenced_its_connection_is_kept_too() -> None:
    told = Telling({"kind": "half_open"})
    told.websocket()
    told.wire("frame_seen", "c1", frame())
    told.wire("silenced", "c1", rule="r")
    assert told.evidence == ["alice/1 /ws #1 down 1 did not pass while connection c1 was silent"]


@pytest.mark.parametrize(
    ("direction", "after_ms", "receipts"), [("down", 1, 1), ("up", 1, 0), ("down", 500, 0)]
)
def test_a_stall_is_proven_by_what_had_piled_up(direction: str, after_ms: float, receipts: int) -> None:
    told = Telling({"kind": "stall"})
    told.websocket()
    told.wire("stalled", "c1", rule="r", side="upstream")
    told.now_ms += 300
    told.wire("rule_removed", rule="r")
    told.wire("lifted", "c1", rule="r")
    told.now_ms += after_ms
    told.wire("frame_seen", "c1", frame(1, direction))
    assert len(told.evidence) == receipts


@pytest.mark.parametrize(("event", "fault"), [("silenced", "half_open"), ("stalled", "stall")])
def test_a_tab_that_gives_up_its_silent_socket_is_proof(event: str, fault: str) -> None:
    told = Telling({"kind": fault})
    told.websocket()
    told.tab(HEARD)
    assert told.evidence == []
    told.wire(event, "c1", rule="r", side="browser")
    told.tab(HEARD)
    assert told.evidence == ["alice/1 was told that its socket ended with 1006, while nothing came"]


@pytest.mark.parametrize("fault", [{"kind": "refuse"}, {"kind": "offline"}])
def test_a_shut_port_has_to_refuse_somebody(fault: dict[str, Any]) -> None:
    told = Telling(fault)
    refused = Connection("refused", tab="alice/1", path="/ws", code=1006)
    told.tab(refused)
    told.wire("listener_closed", rule="r", profile="alice")
    told.tab(Connection("refused", tab="bob/1", path="/ws", code=1006))
    told.wire("listener_opened", profile="alice", port=1)
    assert told.evidence == []
    told.tab(refused)
    assert told.evidence == ["alice/1 could not connect to /ws"]


def test_what_fails_long_after_the_port_is_open_again_proves_nothing() -> None:
    told = Telling({"kind": "refuse"})
    told.wire("listener_closed", rule="r", profile="alice")
    told.wire("listener_opened", profile="alice", port=1)
    told.now_ms += 1000
    told.tab(Connection("refused", tab="alice/1", path="/ws", code=1006))
    assert told.evidence == []


def test_a_connection_that_was_reset_as_it_was_made_is_proof() -> None:
    told = Telling({"kind": "refuse", "how": "reset"})
    told.wire("connection_refused", rule="r", profile="alice")
    assert told.evidence == ["a connection of alice was reset as it was made"]


def test_a_rule_has_one_receipt_and_its_id_used_again_needs_another() -> None:
    told = Telling({"kind": "duplicate_request"})
    told.wire("frame_duplicated", "c2", request(), "r")
    told.wire("frame_duplicated", "c2", request(), "r")
    told.wire("rule_removed", rule="r")
    told.rule(CUT)
    told.wire("frame_seen", "c2", request())
    first, second = told.trace.faults
    assert (len(first.receipts), len(second.receipts)) == (1, 0)
    assert (first.lifted is None, second.lifted is None) == (False, True)
    told.wire("connection_closed", "c2", rule="r", how="cut")
    assert [len(span.receipts) for span in told.trace.faults] == [1, 1]


def test_what_comes_of_the_first_rule_is_no_receipt_of_the_second() -> None:
    told = Telling(CUT)
    told.websocket()
    told.wire("connection_closed", "c1", rule="r", how="cut")
    told.wire("rule_removed", rule="r")
    told.rule(CUT)
    told.tab(HEARD)
    assert told.evidence == []
