"""What the wire writes down: names, tallies, records, the log."""

from syncbed.wire.counters import Counters
from syncbed.wire.eventlog import EventLog
from syncbed.wire.message import Message, mutation_of
from syncbed.wire.names import Names, Resends
from syncbed.wire.records import EVENTS, Record


def post(connection_id: str = "c1", path: str = "/api/orders", payload: bytes = b"{}") -> Message:
    return Message(
        "request", "up", "alice", "1", connection_id=connection_id, method="POST", path=path, payload=payload
    )


def test_websockets_and_requests_are_numbered_by_tab_and_path() -> None:
    names = Names()
    other_tab = Message("handshake", "up", "alice", "2", path="/ws")
    opened = [names.websocket(Message("handshake", "up", "alice", "1", path="/ws")) for _ in range(2)]
    assert [*opened, names.websocket(other_tab)] == [1, 2, 1]
    assert [names.request(post()), names.request(post()), names.request(post(path="/x"))] == [1, 2, 1]


def test_a_mutation_id_is_found_in_a_header_or_in_the_json() -> None:
    where = (("mutation-id",), ("/mutation_id", "/payload/mutation_id"))
    assert mutation_of(Message("request", "up", "a", headers=((b"Mutation-Id", b"7"),)), *where) == "7"
    assert mutation_of(Message("frame", "up", "a", payload='{"payload":{"mutation_id":8}}'), *where) == "8"
    assert mutation_of(Message("frame", "up", "a", payload="not json"), *where) == ""
    assert mutation_of(Message("frame", "up", "a", payload=b"\xff"), *where) == ""


def test_a_request_sent_again_by_the_browser_is_recognised_once_and_not_for_ever() -> None:
    clock = [0.0]
    resends = Resends(2000, lambda: clock[0])
    resends.died(post("c1"))
    assert resends.resent(post("c2", payload=b"other")) == ""
    assert resends.resent(post("c2")) == "c1"
    assert resends.resent(post("c3")) == ""
    resends.died(post("c3"))
    clock[0] = 2001
    assert resends.resent(post("c4")) == ""


def test_what_is_got_is_put_or_lost_or_waits() -> None:
    counters = Counters()
    up, down = counters.tally(("alice", "1", "ws", "up")), counters.tally(("bob", "1", "ws", "down"))
    up.got, up.put, up.lost, up.extra = 5, 3, 1, 1
    down.got = 2
    assert up.waiting == 2
    assert counters.total(kind="ws").to_json() == {"got": 7, "put": 3, "lost": 1, "extra": 1, "waiting": 4}
    assert counters.total(profile="bob").got == 2
    assert counters.total(direction="up").got == 5
    counters.restart()
    assert up.to_json() == {"got": 2, "put": 0, "lost": 0, "extra": 0, "waiting": 2}


def test_secrets_are_never_written_down() -> None:
    message = Message(
        "request",
        "up",
        "alice",
        query="a=1&token=s3cret&session_token=s3cret&b=2",
        headers=((b"Authorization", b"s3cret"), (b"Cookie", b"s3cret"), (b"X-A", b"1")),
    )
    written = Record(1, 0.0, "frame_seen", message=message).to_json()
    assert "s3cret" not in repr(written)
    assert written["query"] == "a=1&token=[redacted]&session_token=[redacted]&b=2"
    assert ["X-A", "1"] in written["headers"]  # type: ignore[operator]


def test_a_payload_is_written_once_cut_at_its_limit_and_binary_as_base64() -> None:
    text = Message("frame", "up", "alice", payload="x" * 100)
    assert "payload" not in Record(1, 0.0, "frame_delivered", message=text).to_json()
    seen = Record(1, 0.0, "frame_seen", message=text).to_json(10)
    assert (seen["payload"], seen["payload_cut"], seen["size_bytes"]) == ("x" * 10, True, 100)
    binary = Record(
        1, 0.0, "frame_seen", message=Message("frame", "up", "alice", payload=b"\xff\x00")
    ).to_json()
    assert binary["payload_base64"] == "/wA="


def test_the_log_keeps_the_last_records_by_number_and_by_bytes() -> None:
    log = EventLog(events_max=3, bytes_max=10_000)
    for seq in range(1, 6):
        log.append(Record(seq, 0.0, "reset"))
    assert [record.seq for record in log.since(0)] == [3, 4, 5]
    assert [record.seq for record in log.since(4)] == [5]
    assert log.since(5) == []
    assert log.first_seq == 3
    log.append(Record(6, 0.0, "frame_seen", message=Message("frame", "up", "a", payload="x" * 20_000)))
    assert [record.seq for record in log.since(0)] == [6]


def test_every_event_has_a_name_of_its_own() -> None:
    assert len(EVENTS) == len({name.replace("_", "") for name in EVENTS})
