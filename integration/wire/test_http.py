"""HTTP through the wire, byte for byte, against bare sockets."""

import asyncio
import hashlib
import os

import pytest

from integration.wire.raw import RawSocket, RawUpstream, Rig, StartWire, answer, request, turning_true


async def asked(rig: Rig, upstream: RawUpstream, data: bytes) -> tuple[RawSocket, RawSocket, bytes]:
    """A browser that sent this, the server's socket, and the head the server got."""
    browser = await rig.client()
    browser.send(data)
    server = await upstream.accepted()
    return browser, server, await server.head()


async def test_a_request_and_its_answer_pass_with_everything_they_carry(
    rig: Rig, upstream: RawUpstream
) -> None:
    sent = request("POST", "/api/orders?a=%20b", b'{"x": 1}', "X-Odd-CASE: kept", "Cookie: a=b")
    browser, server, head = await asked(rig, upstream, sent)
    assert head + await server.exactly(8) == sent
    server.send(answer(b"\x00\xff", "201 Quite Created", "X-Odd-CASE: kept"))
    head = b"HTTP/1.1 201 Quite Created\r\nX-Odd-CASE: kept\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    assert await browser.rest() == head + b"\x00\xff"
    rig.conserved()


async def test_every_answer_closes_its_connection_so_that_the_browser_never_sends_again(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(answer(b"x", "200 OK", "Connection: keep-alive"))
    assert b"Connection: close" in await browser.rest()


async def test_of_pipelined_requests_only_the_first_is_carried_out_when_answers_close(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, head = await asked(rig, upstream, request("GET", "/1") + request("POST", "/2", b"x"))
    assert head.startswith(b"GET /1 ")
    server.send(answer(b"one"))
    assert (await browser.rest()).endswith(b"one")
    assert rig.names("frame_seen") == ["alice/unknown GET /1 #1 up", "alice/unknown GET /1 #1 down"]


async def test_pipelined_requests_are_answered_in_order_with_keep_alive(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, keep_alive=True)
    browser = await rig.client()
    browser.send(request("GET", "/1") + request("POST", "/2", b"xyz") + request("GET", "/3"))
    server = await upstream.accepted()
    for path, length in ((b"/1", 0), (b"/2", 3), (b"/3", 0)):
        assert path in await server.head()
        await server.exactly(length)
        server.send(answer(path))
        assert (await browser.until(path)).endswith(path)
    assert upstream.accepted_total == 1  # the upstream's connection is used again, too
    rig.conserved()


async def test_a_chunked_answer_passes_chunk_by_chunk_with_its_trailers(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in await browser.head()
    for piece in (b"5\r\nhello\r\n", b"1\r\n!\r\n"):
        server.send(piece)
        assert await browser.exactly(len(piece)) == piece
    server.send(b"0\r\nX-Sum: 6\r\n\r\n")
    assert await browser.rest() == b"0\r\nX-Sum: 6\r\n\r\n"
    assert [
        r.message.payload for r in rig.events("frame_seen") if r.message and r.message.stage == "chunk"
    ] == [
        b"hello",
        b"!",
    ]


async def test_server_sent_events_arrive_as_they_are_sent(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/sse", b"", "Accept: text/event-stream"))
    server.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")  # until the connection ends
    await browser.head()
    for number in range(3):
        server.send(f"data: {number}\n\n".encode())
        assert f"data: {number}\n\n".encode() in await browser.until(b"\n\n\r\n")
    server.close()
    assert (await browser.rest()).endswith(b"0\r\n\r\n")


async def test_a_chunked_request_passes_as_it_comes(rig: Rig, upstream: RawUpstream) -> None:
    browser = await rig.client()
    browser.send(b"POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    server = await upstream.accepted()
    await server.head()
    browser.send(b"3\r\nabc\r\n")
    assert await server.exactly(8) == b"3\r\nabc\r\n"
    browser.send(b"0\r\nX-T: 1\r\n\r\n")
    assert await server.exactly(13) == b"0\r\nX-T: 1\r\n\r\n"
    server.send(answer(b"ok"))
    assert (await browser.rest()).endswith(b"ok")
    rig.conserved()


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"),
        ("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'),
    ],
)
async def test_an_answer_without_a_body_is_complete_with_its_head(
    rig: Rig, upstream: RawUpstream, method: str, given: bytes
) -> None:
    browser, server, _ = await asked(rig, upstream, request(method, "/"))
    server.send(given)
    assert await browser.rest() == given.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


async def test_100_continue_comes_from_the_server_when_nothing_waits_for_the_body(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, head = await asked(
        rig,
        upstream,
        request("POST", "/", b"", "Expect: 100-continue")[:-4].replace(
            b"Content-Length: 0", b"Content-Length: 3"
        )
        + b"\r\n\r\n",
    )
    assert b"Expect: 100-continue" in head
    server.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert (await browser.head()).startswith(b"HTTP/1.1 100")
    browser.send(b"abc")
    assert await server.exactly(3) == b"abc"
    server.send(answer(b"ok"))
    assert (await browser.rest()).endswith(b"ok")


async def test_100_continue_comes_from_the_wire_when_a_rule_wants_the_body_first(
    rig: Rig, upstream: RawUpstream
) -> None:
    await rig.wire.add_rules({"match": {"contains": "never"}, "fault": {"kind": "cut"}})
    browser = await rig.client()
    browser.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert (await browser.head()).startswith(b"HTTP/1.1 100")
    browser.send(b"abc")
    server = await upstream.accepted()
    assert b"Expect" not in await server.head()
    assert await server.exactly(3) == b"abc"


async def test_after_an_answer_the_wire_goes_on_reading_until_the_browser_ends_too(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    socket = rig.wire.connections["c1"].browser.socket
    server.send(answer(b"x"))
    await browser.rest()
    for _ in range(10):  # closing over unread bytes would be an RST, and could destroy the answer
        browser.send(b"bytes that nobody asked for")
        await asyncio.sleep(0)
    assert not socket.lost
    browser.close()
    await turning_true(lambda: socket.lost)


async def test_an_early_hint_passes_before_the_answer(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(b"x"))
    assert b"103" in await browser.head()
    assert b"200 OK" in await browser.rest()


@pytest.mark.parametrize("rules", [[], [{"match": {"contains": "never there"}, "fault": {"kind": "cut"}}]])
async def test_big_bodies_are_the_same_bytes_on_the_other_side(
    rig: Rig, upstream: RawUpstream, rules: list[object]
) -> None:
    await rig.wire.add_rules(rules)
    up, down = os.urandom(12_000_000), os.urandom(12_000_000)
    browser, server, _ = await asked(rig, upstream, request("POST", "/big", up))
    assert hashlib.sha1(await server.exactly(len(up))).digest() == hashlib.sha1(up).digest()
    server.send(answer(down))
    await browser.head()
    assert hashlib.sha1(await browser.rest()).digest() == hashlib.sha1(down).digest()
    rig.conserved()


async def test_a_slow_reader_slows_the_server_and_not_the_wires_memory(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser = await rig.client(receive_bytes=4096)
    browser.send(request("GET", "/big"))
    server = await upstream.accepted()
    await server.head()
    size = 64 * 1024 * 1024
    server.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
    server.send(bytes(size))
    await browser.head()
    connection = next(iter(rig.wire.connections.values()))
    socket = connection.upstream_socket
    assert socket is not None
    await turning_true(lambda: socket.paused)
    # From here on only kernel buffers take more; most of it must still be with the server.
    assert server.writer.transport.get_write_buffer_size() > size // 2
    assert await browser.exactly(2_000_000) == bytes(2_000_000)  # and it goes on where it stopped


async def test_a_request_that_half_closes_is_still_answered(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    browser.finish()
    assert await server.ending() == "fin"  # the end passes on, as it would without a wire
    server.send(answer(b"late"))
    assert (await browser.rest()).endswith(b"late")
    second, _, head = await asked(
        rig, upstream, request("GET", "/2")
    )  # on a connection that can be written to
    assert head.startswith(b"GET /2")
    second.abort()


async def test_a_request_whose_browser_half_closed_while_it_was_delayed_is_answered_too(
    rig: Rig, upstream: RawUpstream
) -> None:
    await rig.wire.add_rules({"match": {"direction": "up"}, "fault": {"kind": "delay", "delay_ms": 600_000}})
    browser = await rig.client()
    browser.send(request("GET", "/"))
    await rig.saw("frame_delayed")
    browser.finish()
    await turning_true(lambda: rig.wire.connections["c1"].browser_gone)
    await rig.wire.heal()
    server = await upstream.accepted()
    await server.head()
    assert await server.ending() == "fin"
    server.send(answer(b"late"))
    assert (await browser.rest()).endswith(b"late")


async def test_a_slow_server_slows_an_upload_and_not_the_wires_memory(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("POST", "/up", bytes(40_000_000)))
    server.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await turning_true(lambda: rig.wire.connections["c1"].browser.socket.paused)
    assert browser.writer.transport.get_write_buffer_size() > 10_000_000
    server.writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert await server.exactly(40_000_000) == bytes(40_000_000)


async def test_an_answer_that_comes_before_the_upload_is_complete_still_arrives(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("POST", "/up", bytes(2_000_000)))
    server.send(answer(b"too big", "413 Payload Too Large"))
    assert (await browser.rest()).endswith(b"too big")  # no RST over bytes that nobody read
    await rig.saw("connection_closed")
    rig.conserved()


async def test_a_browser_that_aborts_takes_its_server_connection_along(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    browser.abort()
    assert await server.ending() == "rst"
    await rig.saw("connection_closed")
    assert rig.events("upstream_failed") == []
    rig.conserved()


async def test_an_upstream_that_is_gone_looks_like_an_aborted_connection(
    rig: Rig, upstream: RawUpstream
) -> None:
    upstream.stop_listening()
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    assert await browser.ending() == "rst"
    assert rig.events("upstream_failed")[0].detail["upstream"] == "main"
    assert rig.names("frame_lost") == ["alice/unknown POST / #1 up"]
    rig.conserved()


@pytest.mark.parametrize(("kill", "seen"), [(RawSocket.abort, "rst"), (RawSocket.close, "fin")])
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_an_upstream_that_dies_before_it_answers_ends_the_browsers_connection_in_its_own_way(
    rig: Rig, upstream: RawUpstream, kill: object, seen: str, part: bytes
) -> None:
    browser, server, _ = await asked(rig, upstream, request("POST", "/", b"x"))
    await server.exactly(1)
    server.send(part)
    kill(server)  # type: ignore[operator]
    assert await browser.ending() == seen
    assert upstream.accepted_total == 1  # and the request was not sent again
    rig.conserved()


async def test_an_answer_that_breaks_off_does_not_look_complete(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    await browser.until(b"hello\r\n")
    server.close()
    assert await browser.rest() == b""  # no last chunk


async def test_an_idle_upstream_connection_that_died_is_opened_again_before_anything_is_written(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port)
    first, server, _ = await asked(rig, upstream, request("GET", "/1"))
    server.send(answer(b"1"))
    await first.rest()
    server.finish()
    assert await server.ending() == "fin"  # the wire let go of it too
    second, again, head = await asked(rig, upstream, request("POST", "/2", b"x"))
    assert head.startswith(b"POST /2")
    again.send(answer(b"2"))
    assert (await second.rest()).endswith(b"2")


@pytest.mark.parametrize(("idle_ms_max", "connections"), [(10_000, 1), (0, 2)])
async def test_an_idle_upstream_connection_is_used_again_only_while_it_is_young(
    start_wire: StartWire, upstream: RawUpstream, idle_ms_max: int, connections: int
) -> None:
    rig = await start_wire(upstream.port, upstream_idle_ms_max=idle_ms_max)
    first, server, _ = await asked(rig, upstream, request("GET", "/1"))
    server.send(answer(b"x"))
    await first.rest()
    second = await rig.client()
    second.send(request("GET", "/2"))
    used = server if connections == 1 else await upstream.accepted()
    assert (await used.head()).startswith(b"GET /2")
    assert upstream.accepted_total == connections


async def test_profiles_share_no_upstream_connection(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(answer(b"x"))
    await browser.rest()
    bob = await rig.client("bob")
    bob.send(request("GET", "/"))
    await (await upstream.accepted()).head()
    assert upstream.accepted_total == 2


async def test_what_is_no_http_is_told_so_and_closed(rig: Rig) -> None:
    browser = await rig.client()
    browser.send(b"\x16\x03\x01 this is TLS\r\n\r\n")
    assert (await browser.rest()).startswith(b"HTTP/1.1 400")
    assert rig.events("protocol_error")[0].detail["side"] == "browser"


async def test_an_upstream_that_speaks_no_http_ends_the_connection(rig: Rig, upstream: RawUpstream) -> None:
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(b"SSH-2.0-OpenSSH\r\n\r\n")
    assert await browser.rest() == b""
    await rig.saw("upstream_failed")


async def test_the_host_chooses_among_several_upstreams(start_wire: StartWire, upstream: RawUpstream) -> None:
    other = RawUpstream()
    await other.start()
    rig = await start_wire(upstream.port, other.port)
    browser = await rig.client()
    browser.send(b"GET / HTTP/1.1\r\nHost: other.alice.localhost\r\n\r\n")
    server = await other.accepted()
    assert b"Host: other.alice.localhost" in await server.head()
    server.send(answer(b"x"))
    await browser.rest()
    other.stop()


async def test_a_request_of_a_reused_connection_that_died_and_comes_again_is_traced_as_the_browsers_own(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, keep_alive=True)
    browser, server, _ = await asked(rig, upstream, request("GET", "/"))
    server.send(answer(b"x"))
    await browser.until(b"x")
    browser.send(request("POST", "/orders", b"{}"))
    await server.until(b"{}")
    server.abort()
    assert await browser.ending() == "rst"
    again, _, _ = await asked(rig, upstream, request("POST", "/orders", b"{}"))
    assert [(r.connection_id, r.detail["first"]) for r in rig.events("browser_resend")] == [("c2", "c1")]
    again.abort()


async def test_an_answer_that_cannot_be_said_to_an_old_browser_ends_its_connection(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n")
    assert (await browser.rest_or_reset()).startswith(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok")
    await rig.saw("protocol_error")
    assert rig.wire.connections == {}
    rig.conserved()


async def test_there_is_a_limit_to_connections(start_wire: StartWire, upstream: RawUpstream) -> None:
    rig = await start_wire(upstream.port, connections_max=1)
    await rig.client()
    await rig.saw("connection_opened")
    assert await (await rig.client()).ending() == "rst"
    assert rig.events("limit_reached")[0].detail["limit"] == "connections_max"
