"""A receipt says that something was done: where a rule finds nothing to do, there is none."""

import pytest

from integration.wire.raw import (
    CLOSE,
    TEXT,
    RawUpstream,
    Rig,
    StartWire,
    answer,
    close_payload,
    open_websocket,
    request,
)

SWAP = {"kind": "reorder", "wait_ms": 60_000, "tcp_impossible": True}


def receipts(rig: Rig) -> int:
    """How many there are; what the rules say of themselves must agree."""
    found = len(rig.events("rule_acted"))
    assert found == sum(rule.acted for rule in rig.wire.book.rules.values())
    return found


async def strike(rig: Rig, fault: dict[str, object], **match: object) -> None:
    await rig.wire.add_rules({"id": "now", "match": match, "now": True, "fault": fault})


@pytest.mark.parametrize(
    ("fault", "match"),
    [({"kind": "close"}, {}), ({"kind": "stall"}, {"direction": "down"})],
    ids=["a close", "a stall of a server that is not there"],
)
async def test_what_cannot_be_done_to_a_request_leaves_no_receipt(
    rig: Rig, upstream: RawUpstream, fault: dict[str, object], match: dict[str, object]
) -> None:
    """The request has not come whole, so nothing is open to the server."""
    browser = await rig.client()
    browser.send(request("POST", "/orders", b"{}")[:-1])
    await rig.saw("connection_opened")
    await strike(rig, fault, profile="alice", **match)
    assert receipts(rig) == 0
    assert rig.wire.book.rules["now"].hit == []
    browser.send(b"}")
    server = await upstream.accepted()
    await server.until(b"{}")
    server.send(answer(b"as if nothing were"))
    assert (await browser.rest()).endswith(b"as if nothing were")


async def test_a_websocket_that_was_told_a_code_is_not_told_another(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(CLOSE, close_payload(1001), mask=False)
    assert await browser.close_frame() == (1001, "")
    await strike(rig, {"kind": "close", "code": 1012}, profile="alice")
    assert receipts(rig) == 0


async def test_a_websocket_is_closed_by_one_rule_only(rig: Rig, upstream: RawUpstream) -> None:
    browser, _ = await open_websocket(rig, upstream)
    await strike(rig, {"kind": "close", "code": 1012}, profile="alice")
    await rig.wire.add_rules({"match": {}, "now": True, "fault": {"kind": "close", "code": 1013}})
    assert await browser.close_frame() == (1012, "")
    assert receipts(rig) == 1


async def test_what_is_silent_or_stalled_is_so_once(rig: Rig, upstream: RawUpstream) -> None:
    browser, _ = await open_websocket(rig, upstream)
    await rig.wire.add_rules({"match": {"kind": "ws"}, "fault": {"kind": "half_open"}})
    for number in (1, 2, 3):
        browser.send_frame(TEXT, b"x", mask=True)
        await rig.saw("frame_seen", number + 2)  # the handshake was seen both ways
    assert receipts(rig) == 1


async def test_a_request_that_is_too_long_to_be_sent_again_is_not(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, body_bytes_max=10)
    await rig.wire.add_rules({"match": {}, "fault": {"kind": "duplicate_request"}})
    browser = await rig.client()
    browser.send(request("POST", "/orders", b"x" * 70_000))
    server = await upstream.accepted()
    await server.until(b"x" * 70_000)
    server.send(answer(b"once"))
    assert (await browser.rest()).endswith(b"once")
    assert upstream.accepted_total == 1
    assert receipts(rig) == 0


async def test_a_frame_without_a_partner_was_not_reordered(rig: Rig, upstream: RawUpstream) -> None:
    await rig.wire.add_rules({"match": {}, "limit": 1, "fault": SWAP})
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(TEXT, b"alone", mask=False)
    server.send_frame(CLOSE, close_payload(1000), mask=False)
    assert await browser.text() == "alone"
    assert receipts(rig) == 0
    browser, server = await open_websocket(rig, upstream)
    for text in (b"one", b"two"):
        server.send_frame(TEXT, text, mask=False)
    assert [await browser.text(), await browser.text()] == ["two", "one"]
    assert receipts(rig) == 1


async def test_a_frame_that_dies_in_the_queue_was_not_dropped_by_the_rule(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    await rig.wire.add_rules(
        [
            {"match": {"frame": 1}, "fault": {"kind": "delay", "delay_ms": 60_000}},
            {"id": "drop", "match": {"frame": 2}, "fault": {"kind": "drop", "tcp_impossible": True}},
        ]
    )
    for _ in range(2):
        browser.send_frame(TEXT, b"x", mask=True)
    await rig.saw("frame_seen", 4)
    assert rig.wire.book.rules["drop"].acted == 1  # it has taken its frame
    server.abort()
    await rig.saw("connection_closed")
    assert [record.rule for record in rig.events("rule_acted")] == ["r1"]
    assert rig.wire.book.rules["drop"].acted == 0  # and nothing came of it
    rig.conserved()
