"""WebSockets through the wire, frame by frame, against bare sockets."""

import os

import pytest

from integration.wire.raw import (
    ACCEPT,
    BINARY,
    CLOSE,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    RawUpstream,
    Rig,
    StartWire,
    close_payload,
    frame,
    open_websocket,
    turning_true,
)


async def test_the_handshake_passes_as_it_is_but_for_the_tab_and_the_extensions(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser = await rig.client()
    browser.send(HANDSHAKE)
    server = await upstream.accepted()
    lines = (await server.head()).split(b"\r\n")
    wanted = HANDSHAKE.replace(b"?__tab=1", b"").split(b"\r\n")
    assert lines == [line for line in wanted if not line.startswith(b"Sec-WebSocket-Extensions")]
    server.send(ACCEPT)
    assert await browser.head() == ACCEPT
    stripped = rig.events("extensions_stripped")[0].detail["extensions"]
    assert stripped == "permessage-deflate; client_max_window_bits"


async def test_text_and_binary_pass_both_ways_in_order(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    for source, target, mask in ((browser, server, True), (server, browser, False)):
        for number in range(50):
            source.send_frame(TEXT, f"täxt {number}".encode(), mask=mask)
            source.send_frame(BINARY, bytes([number, 0xFF]), mask=mask)
        for number in range(50):
            assert await target.frame() == (0x80 | TEXT, f"täxt {number}".encode())
            assert await target.frame() == (0x80 | BINARY, bytes([number, 0xFF]))
    assert rig.names("frame_delivered")[-1] == "alice/1 /ws #1 down 100"
    rig.conserved()


async def test_what_is_no_json_passes_untouched_under_rules_that_read_json(
    rig: Rig, upstream: RawUpstream
) -> None:
    await rig.wire.add_rules({"match": {"json": {"/mutation_id": 7}}, "fault": {"kind": "cut"}})
    browser, server = await open_websocket(rig, upstream)
    for payload in (b"{", b"\x00\xff\xfe", b"[]", b'{"mutation_id":8}'):
        browser.send_frame(BINARY, payload, mask=True)
        assert await server.frame() == (0x80 | BINARY, payload)


async def test_a_message_in_fragments_is_delivered_whole_and_a_ping_between_them_is_answered(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    whole = "fragmentiert: ä".encode()
    browser.send_frame(TEXT, whole[:-1], mask=True, fin=False)  # cut within a character
    browser.send_frame(PING, b"p", mask=True)
    browser.send_frame(0, whole[-1:], mask=True, fin=False)
    browser.send_frame(0, b"", mask=True)
    assert await browser.frame() == (0x80 | PONG, b"p")
    assert await server.frame() == (0x80 | TEXT, whole)
    assert rig.names("frame_seen")[-1] == "alice/1 /ws #1 up 1"


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 3_000_000])
async def test_frames_of_every_length_are_the_same_bytes(rig: Rig, upstream: RawUpstream, size: int) -> None:
    browser, server = await open_websocket(rig, upstream)
    payload = os.urandom(size)
    server.send_frame(BINARY, payload, mask=False)
    assert await browser.frame() == (0x80 | BINARY, payload)


async def test_a_message_over_the_limit_ends_the_connection_with_1009(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, message_bytes_max=1000)
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(BINARY, bytes(600), mask=True, fin=False)
    browser.send_frame(0, bytes(600), mask=True)
    assert (await browser.close_frame())[0] == 1009
    assert await server.ending() == "rst"
    assert rig.events("limit_reached")[0].detail["limit"] == "message_bytes_max"


async def test_frames_that_come_with_the_101_are_not_lost(rig: Rig, upstream: RawUpstream) -> None:
    browser = await rig.client()
    browser.send(HANDSHAKE + frame(TEXT, b"eager browser", mask=True))
    server = await upstream.accepted()
    await server.head()
    server.send(ACCEPT + frame(TEXT, b"eager server", mask=False))
    assert await browser.head() == ACCEPT
    assert await browser.text() == "eager server"
    assert await server.text() == "eager browser"


async def test_the_wire_answers_pings_itself_and_drops_pongs(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(PING, b"are you there", mask=False)
    assert await server.frame() == (0x80 | PONG, b"are you there")
    browser.send_frame(PONG, b"unasked", mask=True)
    browser.send_frame(TEXT, b"next", mask=True)
    assert await server.text() == "next"
    assert len(rig.names("frame_seen")) == 3  # two halves of the handshake, and "next"


async def test_a_refused_handshake_is_an_answer_like_any_other(rig: Rig, upstream: RawUpstream) -> None:
    browser = await rig.client()
    browser.send(HANDSHAKE)
    server = await upstream.accepted()
    await server.head()
    server.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    assert (
        await browser.rest() == b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    )


async def test_a_close_of_the_browser_passes_with_its_code_and_so_does_the_reply(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(CLOSE, close_payload(4000, "tschüß"), mask=True)
    assert await server.close_frame() == (4000, "tschüß")
    server.send_frame(CLOSE, close_payload(4000), mask=False)
    assert await browser.close_frame() == (4000, "")
    assert await browser.rest() == b""  # TCP ends right after the reply, or the page would wait for it
    assert await server.rest() == b""
    assert rig.events("connection_closed")[0].detail["how"] == "close 4000"


async def test_a_close_of_the_server_passes_with_its_code_and_so_does_the_reply(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(CLOSE, close_payload(1012, "restart"), mask=False)
    assert await browser.close_frame() == (1012, "restart")
    browser.send_frame(CLOSE, close_payload(1012), mask=True)
    assert await server.close_frame() == (1012, "")
    assert await browser.rest() == b""


async def test_a_close_without_a_code_stays_without_one(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(CLOSE, b"", mask=True)
    assert await server.close_frame() == (1005, "")


async def test_two_closes_that_cross_end_the_connection(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    await rig.wire.add_rules({"now": True, "fault": {"kind": "half_open"}})
    browser.send_frame(CLOSE, close_payload(4001), mask=True)
    server.send_frame(CLOSE, close_payload(4002), mask=False)
    await rig.saw("close_seen", 2)
    await rig.wire.heal()
    assert await server.close_frame() == (4001, "")
    assert await browser.close_frame() == (4002, "")
    assert await browser.rest() == b""


async def test_messages_before_a_close_arrive_before_it(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    server.send(frame(TEXT, b"last", mask=False) + frame(CLOSE, close_payload(1001), mask=False))
    assert await browser.text() == "last"
    assert await browser.close_frame() == (1001, "")


@pytest.mark.parametrize(("kill", "seen"), [(RawSocket.abort, "rst"), (RawSocket.close, "fin")])
@pytest.mark.parametrize("who", ["browser", "server"])
async def test_a_side_that_dies_without_a_close_takes_the_other_along_in_its_own_way(
    rig: Rig, upstream: RawUpstream, kill: object, seen: str, who: str
) -> None:
    browser, server = await open_websocket(rig, upstream)
    dying, other = (browser, server) if who == "browser" else (server, browser)
    kill(dying)  # type: ignore[operator]
    assert await other.ending() == seen


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (frame(3, b"reserved opcode", mask=True), 1002),
        (frame(TEXT, b"not masked", mask=False), 1002),
        (frame(TEXT, b"\xff\xfe no utf-8", mask=True), 1007),
    ],
)
async def test_a_broken_frame_is_answered_as_a_server_would_and_the_server_loses_its_client(
    rig: Rig, upstream: RawUpstream, broken: bytes, code: int
) -> None:
    browser, server = await open_websocket(rig, upstream)
    browser.send(broken)
    assert (await browser.close_frame())[0] == code
    assert await server.ending() == "rst"
    assert rig.events("protocol_error")[0].detail["code"] == code


async def test_a_slow_reader_slows_the_sender_and_not_the_wires_memory(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser = await rig.client(receive_bytes=4096)
    browser.send(HANDSHAKE)
    server = await upstream.accepted()
    await server.head()
    server.send(ACCEPT)
    await browser.head()
    count, payload = 400, os.urandom(100_000)
    for _ in range(count):
        server.send_frame(BINARY, payload, mask=False)
    source = next(iter(rig.wire.connections.values())).upstream_socket
    assert source is not None
    await turning_true(lambda: source.paused)
    assert server.writer.transport.get_write_buffer_size() > count * len(payload) // 2
    for _ in range(count):
        assert await browser.frame() == (0x80 | BINARY, payload)
    rig.conserved()


async def test_websockets_are_numbered_by_tab_and_path(rig: Rig, upstream: RawUpstream) -> None:
    for _ in range(2):
        browser, _ = await open_websocket(rig, upstream)
        browser.send_frame(TEXT, b"x", mask=True)
        browser.close()
    other = HANDSHAKE.replace(b"__tab=1", b"__tab=2")
    browser, server = await open_websocket(rig, upstream, handshake=other)
    browser.send_frame(TEXT, b"x", mask=True)
    await server.text()
    frames = [name for name in rig.names("frame_delivered") if "handshake" not in name]
    assert frames[-1] == "alice/2 /ws #1 up 1"
    assert set(frames) >= {"alice/1 /ws #1 up 1", "alice/1 /ws #2 up 1"}
