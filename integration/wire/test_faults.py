"""Every fault on real sockets: what the browser sees, what the server sees, and the receipt."""

import pytest

from integration.wire.raw import (
    ACCEPT,
    CLOSE,
    HANDSHAKE,
    PING,
    TEXT,
    RawSocket,
    RawUpstream,
    Rig,
    StartWire,
    answer,
    close_payload,
    open_websocket,
    request,
    turning_true,
)


async def add(rig: Rig, fault: str, match: dict[str, object] | None = None, **more: object) -> str:
    terms = ("now", "limit", "skip")
    rule: dict[str, object] = {"match": match or {}}
    rule.update((key, more.pop(key)) for key in terms if key in more)
    rule["fault"] = {"kind": fault, **more}
    return (await rig.wire.add_rules(rule))[0].id


def receipts(rig: Rig, fault: str) -> int:
    return sum(record.detail["fault"] == fault for record in rig.events("rule_acted"))


def delivered(rig: Rig) -> list[str]:
    return [name for name in rig.names("frame_delivered") if "handshake" not in name]


# cut


async def test_cut_before_a_frame_loses_it_and_both_sides_see_an_abort(
    rig: Rig, upstream: RawUpstream
) -> None:
    await add(rig, "cut", {"direction": "up", "frame": 2})
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"one", mask=True)
    assert await server.text() == "one"
    browser.send_frame(TEXT, b"two", mask=True)
    assert await browser.ending() == "rst"
    assert await server.ending() == "rst"
    assert rig.names("frame_lost") == ["alice/1 /ws #1 up 2"]
    assert receipts(rig, "cut") == 1
    rig.conserved()


async def test_cut_after_a_frame_lets_it_arrive(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "cut", {"direction": "up", "contains": "write"}, when="after")
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"write", mask=True)
    assert await browser.ending() == "rst"
    assert await server.text() == "write"
    assert await server.ending() == "fin"


async def test_cut_on_the_browsers_side_leaves_the_server_with_a_silent_client(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    await add(rig, "cut", now=True, side="browser")
    assert await browser.ending() == "rst"
    server.send_frame(PING, b"still there?", mask=False)
    server.send_frame(TEXT, b"news", mask=False)
    again, second = await open_websocket(rig, upstream)  # a reconnect beside the ghost
    again.send_frame(TEXT, b"back", mask=True)
    assert await second.text() == "back"
    assert not server.reader.at_eof()
    await rig.wire.heal()
    assert await server.rest_or_reset() == b""  # no pong, no close: it never heard of its client again


async def test_cut_of_an_answer_comes_after_the_server_did_it(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "cut", {"direction": "down"})
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    server = await upstream.accepted()
    await server.until(b"x")
    server.send(answer(b"done"))
    assert await browser.ending() == "rst"
    assert rig.names("frame_lost") == ["alice/unknown POST / #1 down"]
    rig.conserved()


async def test_cut_of_a_chunk_breaks_an_answer_off(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "cut", {"stage": "chunk", "frame": 2})
    browser = await rig.client()
    browser.send(request("GET", "/"))
    server = await upstream.accepted()
    await server.head()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    await browser.until(b"one\r\n")
    server.send(b"3\r\ntwo\r\n")
    assert await browser.ending() == "rst"


# close


async def test_close_says_its_code_to_the_browser_and_goodbye_to_the_server(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    await add(rig, "close", now=True, code=4001, reason="signed out")
    assert await browser.close_frame() == (4001, "signed out")
    assert (await server.close_frame())[0] == 1001
    browser.send_frame(CLOSE, close_payload(4001), mask=True)
    assert await browser.rest() == b""  # TCP ends as soon as the browser has replied
    assert rig.events("connection_closed")[0].detail["how"] == "closed by rule"


async def test_close_after_a_frame_lets_it_arrive_first(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "close", {"direction": "down"}, when="after")
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(TEXT, b"last", mask=False)
    assert await browser.text() == "last"
    assert (await browser.close_frame())[0] == 1012
    rig.conserved()


async def test_a_browser_that_never_replies_to_a_close_loses_its_socket_after_the_limit(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, close_ms_max=20)
    browser, _ = await open_websocket(rig, upstream)
    await add(rig, "close", now=True)
    assert (await browser.close_frame())[0] == 1012
    assert await browser.rest() == b""


# refuse, offline


async def test_refuse_closes_the_port_of_its_profile_only_and_opens_the_same_again(
    rig: Rig, upstream: RawUpstream
) -> None:
    port = rig.wire.ports["alice"]
    rule = await add(rig, "refuse", {"profile": "alice"})
    with pytest.raises(ConnectionRefusedError):
        await rig.client("alice")
    await rig.client("bob")
    await rig.wire.remove_rule(rule)
    assert rig.wire.ports["alice"] == port
    await open_websocket(rig, upstream)


async def test_refuse_by_reset_can_be_counted(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "refuse", limit=2, how="reset")
    assert [await (await rig.client()).ending() for _ in range(2)] == ["rst", "rst"]
    await open_websocket(rig, upstream)
    assert len(rig.events("connection_refused")) == 2


async def test_offline_cuts_what_lives_and_refuses_what_comes(rig: Rig, upstream: RawUpstream) -> None:
    alice, server = await open_websocket(rig, upstream, "alice")
    bob, bobs_server = await open_websocket(rig, upstream, "bob")
    await add(rig, "offline", {"profile": "alice"})
    assert await alice.ending() == "rst"
    assert await server.ending() == "rst"
    with pytest.raises(ConnectionRefusedError):
        await rig.client("alice")
    bob.send_frame(TEXT, b"still here", mask=True)
    assert await bobs_server.text() == "still here"
    await rig.wire.heal()
    await open_websocket(rig, upstream, "alice")


async def test_offline_of_one_tab_leaves_the_port_open_to_the_others(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "offline", {"profile": "alice", "tab": "1"})
    first = await rig.client()
    first.send(HANDSHAKE)
    assert await first.ending() == "rst"
    await open_websocket(rig, upstream, handshake=HANDSHAKE.replace(b"__tab=1", b"__tab=2"))


async def test_offline_and_silent_resumes_when_it_ends_in_time(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    await add(rig, "offline", living="silent")
    browser.send_frame(TEXT, b"into the void", mask=True)
    await rig.saw("frame_seen", 3)
    assert delivered(rig) == []
    await rig.wire.heal()
    assert await server.text() == "into the void"


# half_open, stall


async def test_half_open_passes_nothing_and_answers_no_ping_until_it_is_lifted(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(rig, upstream)
    rule = await add(rig, "half_open", now=True)
    browser.send_frame(TEXT, b"up", mask=True)
    server.send_frame(PING, b"p", mask=False)
    server.send_frame(TEXT, b"down 1", mask=False)
    server.send_frame(TEXT, b"down 2", mask=False)
    await rig.saw("frame_seen", 5)
    assert delivered(rig) == []
    await rig.wire.remove_rule(rule)
    assert [await browser.text(), await browser.text()] == ["down 1", "down 2"]
    assert await server.text() == "up"  # and before it no pong
    rig.conserved()


async def test_half_open_begins_with_the_frame_that_it_means(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "half_open", {"direction": "up", "frame": 2}, limit=1)
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"one", mask=True)
    browser.send_frame(TEXT, b"two", mask=True)
    assert await server.text() == "one"
    await rig.saw("silenced")
    await rig.wire.heal()
    assert await server.text() == "two"


async def test_half_open_can_end_in_a_cut(rig: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(rig, upstream)
    await add(rig, "half_open", now=True, for_ms=10, then="cut")
    browser.send_frame(TEXT, b"lost", mask=True)
    assert await browser.ending() == "rst"
    assert await server.ending() == "rst"
    rig.conserved()


async def test_half_open_swallows_a_request_until_it_is_lifted(rig: Rig, upstream: RawUpstream) -> None:
    rule = await add(rig, "half_open", {"kind": "http"})
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    await rig.saw("silenced")
    assert upstream.accepted_total == 0
    await rig.wire.remove_rule(rule)
    server = await upstream.accepted()
    await server.until(b"x")
    server.send(answer(b"late"))
    assert (await browser.rest()).endswith(b"late")


@pytest.mark.parametrize(("direction", "side"), [("up", "browser"), ("down", "upstream")])
async def test_stall_makes_the_senders_writes_back_up(
    rig: Rig, upstream: RawUpstream, direction: str, side: str
) -> None:
    browser, server = await open_websocket(rig, upstream)
    rule = await add(rig, "stall", {"direction": direction}, now=True)
    sender, receiver = (browser, server) if side == "browser" else (server, browser)
    assert rig.events("stalled")[0].detail["side"] == side
    count, payload = 300, bytes(100_000)
    for _ in range(count):
        sender.send_frame(TEXT, payload, mask=side == "browser")
    waiting = sender.writer.transport.get_write_buffer_size
    size: list[int] = []

    def settled() -> bool:
        size.append(waiting())
        return len(size) > 500 and size[-1] == size[-500]

    await turning_true(settled)
    assert waiting() > count * len(payload) // 2  # only kernel buffers took some
    assert delivered(rig) == []
    await rig.wire.remove_rule(rule)
    for _ in range(count):
        assert (await receiver.frame())[1] == payload


async def test_the_frame_that_stalls_a_side_passes_itself(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "stall", {"direction": "up"}, limit=1)
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"passes", mask=True)
    assert await server.text() == "passes"
    connection = next(iter(rig.wire.connections.values()))
    assert connection.to_json()["stalled"] == ["r1"]


# slow_handshake, delay, throttle


async def test_slow_handshake_keeps_the_request_from_the_server_so_long(
    rig: Rig, upstream: RawUpstream
) -> None:
    rule = await add(rig, "slow_handshake", delay_ms=600_000)
    browser = await rig.client()
    browser.send(HANDSHAKE)
    await rig.saw("frame_delayed")
    assert upstream.accepted_total == 0
    await rig.wire.remove_rule(rule)  # healing does not wait for it
    server = await upstream.accepted()
    await server.head()
    server.send(ACCEPT)
    assert await browser.head() == ACCEPT


async def test_delayed_frames_arrive_in_order_and_not_before_their_time(
    rig: Rig, upstream: RawUpstream
) -> None:
    await add(rig, "delay", {"direction": "up"}, delay_ms=30, jitter_ms=20)
    browser, server = await open_websocket(rig, upstream)
    for number in range(20):
        browser.send_frame(TEXT, str(number).encode(), mask=True)
    assert [await server.text() for _ in range(20)] == [str(number) for number in range(20)]
    seen = {r.message.name: r.at_ms for r in rig.events("frame_delayed") if r.message}
    passed = {r.message.name: r.at_ms for r in rig.events("frame_delivered") if r.message}
    assert all(passed[name] - at_ms >= 29 for name, at_ms in seen.items())
    # Latency, not rate: twenty of them together took far less than twenty times as long.
    assert max(passed.values()) - min(seen.values()) < 20 * 30


async def test_the_end_of_a_connection_arrives_behind_its_delayed_frames(
    rig: Rig, upstream: RawUpstream
) -> None:
    await add(rig, "delay", {"direction": "up"}, delay_ms=20)
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"last", mask=True)
    browser.abort()
    assert await server.text() == "last"
    assert await server.ending() == "rst"


async def test_a_frame_behind_a_delayed_one_waits_for_it(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "delay", {"frame": 1, "direction": "up"}, delay_ms=30)
    browser, server = await open_websocket(rig, upstream)
    browser.send_frame(TEXT, b"late", mask=True)
    browser.send_frame(TEXT, b"punctual", mask=True)
    assert [await server.text(), await server.text()] == ["late", "punctual"]


async def test_throttle_lets_so_many_bytes_a_second_pass(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "throttle", {"direction": "down"}, bytes_per_second=100_000)
    browser, server = await open_websocket(rig, upstream)
    for _ in range(5):
        server.send_frame(TEXT, bytes(1000), mask=False)
    for _ in range(5):
        await browser.frame()
    at = [r.at_ms for r in rig.events("frame_delivered") if r.message and r.message.stage == "frame"]
    first = next(r.at_ms for r in rig.events("frame_delayed"))
    assert at[-1] - first >= 49  # 5000 bytes at 100 a millisecond


# answer_lost, duplicate_request, http_status


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("cut", b""),
        ("after_status_line", b"HTTP/1.1 200 OK\r\n"),
        ("after_head", b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"),
    ],
)
async def test_answer_lost_lets_the_server_finish_and_then_breaks_off(
    rig: Rig, upstream: RawUpstream, how: str, seen: bytes
) -> None:
    await add(rig, "answer_lost", {"method": "POST"}, how=how)
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    server = await upstream.accepted()
    await server.until(b"x")
    server.send(answer(b"committed", "201 Created")[:-1])
    assert not rig.events("answer_lost")  # not before the server's whole answer is there
    server.send(b"d")
    assert await browser.exactly(len(seen)) == seen
    assert await browser.ending() == "rst"
    assert rig.names("frame_lost") == ["alice/unknown POST / #1 down"]
    rig.conserved()


async def test_answer_lost_by_hanging_ends_when_the_rule_goes(rig: Rig, upstream: RawUpstream) -> None:
    rule = await add(rig, "answer_lost", how="hang")
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    server = await upstream.accepted()
    await server.until(b"x")
    server.send(answer(b"committed"))
    await rig.saw("answer_lost")
    assert len(rig.wire.connections) == 1
    await rig.wire.remove_rule(rule)
    assert await browser.ending() == "rst"


@pytest.mark.parametrize("how", ["cut", "after_status_line", "hang"])
async def test_on_a_reused_connection_the_whole_head_comes_first_or_chromium_would_send_it_again(
    start_wire: StartWire, upstream: RawUpstream, how: str
) -> None:
    rig = await start_wire(upstream.port, keep_alive=True)
    await add(rig, "answer_lost", {"method": "POST"}, how=how)
    browser = await rig.client()
    browser.send(request("GET", "/"))
    server = await upstream.accepted()
    await server.head()
    server.send(answer(b"x"))
    await browser.until(b"x")
    browser.send(request("POST", "/", b"y"))
    await server.until(b"y")
    server.send(answer(b"committed"))
    receipt = (await rig.saw("answer_lost"))[0].detail["how"]
    assert receipt == ("hang" if how == "hang" else "after_head")
    await rig.wire.heal()
    assert await browser.head() == b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert await browser.ending() == "rst"


@pytest.mark.parametrize(("kept", "wanted"), [("last", b"answer 2"), ("first", b"answer 1")])
async def test_a_duplicated_request_reaches_the_server_twice_and_one_answer_reaches_the_page(
    rig: Rig, upstream: RawUpstream, kept: str, wanted: bytes
) -> None:
    await add(rig, "duplicate_request", {"method": "POST"}, answer=kept)
    sent = request("POST", "/", b"body", "Mutation-Id: 7")
    browser = await rig.client()
    browser.send(sent)
    server = await upstream.accepted()
    for number in (1, 2):
        assert await server.exactly(len(sent)) == sent
        server.send(answer(f"answer {number}".encode()))
    assert (await browser.rest()).endswith(wanted)
    await rig.saw("connection_closed")
    assert rig.names("frame_duplicated") == ["alice/unknown POST / mutation 7 #1 up"]
    rig.conserved()


async def test_http_status_answers_in_the_servers_place(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "http_status", status=429, headers={"Retry-After": "1"}, body="slow down", limit=1)
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    got = await browser.rest()
    assert got.startswith(b"HTTP/1.1 429 \r\nRetry-After: 1\r\n")
    assert got.endswith(b"slow down")
    assert upstream.accepted_total == 0


async def test_http_status_at_the_answer_lies_about_what_the_server_did(
    rig: Rig, upstream: RawUpstream
) -> None:
    await add(rig, "http_status", {"stage": "response", "status": 201}, status=503)
    browser = await rig.client()
    browser.send(request("POST", "/", b"x"))
    server = await upstream.accepted()
    await server.until(b"x")
    server.send(answer(b"done", "201 Created"))
    assert (await browser.rest()).startswith(b"HTTP/1.1 503")
    assert rig.names("frame_lost") == ["alice/unknown POST / #1 down"]


async def test_http_status_refuses_a_handshake(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "http_status", {"stage": "handshake"}, status=403)
    browser = await rig.client()
    browser.send(HANDSHAKE)
    assert (await browser.rest()).startswith(b"HTTP/1.1 403")
    assert upstream.accepted_total == 0


# What TCP never does


@pytest.mark.parametrize(
    ("fault", "arrive", "event"),
    [
        ("drop", ["1", "3"], "frame_dropped"),
        ("duplicate", ["1", "2", "2", "3"], "frame_duplicated"),
        ("reorder", ["1", "3", "2"], "frame_reordered"),
    ],
)
async def test_one_frame_of_a_living_connection(
    rig: Rig, upstream: RawUpstream, fault: str, arrive: list[str], event: str
) -> None:
    await add(rig, fault, {"direction": "down", "frame": 2}, tcp_impossible=True)
    browser, server = await open_websocket(rig, upstream)
    for number in (1, 2, 3):
        server.send_frame(TEXT, str(number).encode(), mask=False)
    assert [await browser.text() for _ in arrive] == arrive
    assert rig.names(event) == ["alice/1 /ws #1 down 2"]
    rig.conserved()


async def test_a_reordered_frame_without_a_next_one_passes_before_the_close(
    rig: Rig, upstream: RawUpstream
) -> None:
    await add(rig, "reorder", wait_ms=60_000, tcp_impossible=True)
    browser, server = await open_websocket(rig, upstream)
    server.send_frame(TEXT, b"alone", mask=False)
    server.send_frame(CLOSE, close_payload(1000), mask=False)
    assert await browser.text() == "alone"
    assert await browser.close_frame() == (1000, "")


# Names


async def test_a_rule_means_a_request_by_what_its_json_says(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "http_status", {"json": {"/mutation_id": 7}}, status=503)
    for mutation, seen in ((7, b"HTTP/1.1 503"), (8, b"HTTP/1.1 200")):
        browser = await rig.client()
        browser.send(request("POST", "/orders", f'{{"mutation_id":{mutation}}}'.encode()))
        if mutation == 8:
            server = await upstream.accepted()
            await server.until(b"}")
            server.send(answer(b"ok"))
        assert (await browser.rest()).startswith(seen)
    assert rig.names("frame_seen")[0] == "alice/unknown POST /orders mutation 7 #1 up"


async def test_a_rule_means_the_answer_of_a_mutation_by_its_id(rig: Rig, upstream: RawUpstream) -> None:
    await add(rig, "cut", {"mutation": 7, "direction": "down"})
    for mutation, seen in ((6, "fin"), (7, "rst")):
        browser: RawSocket = await rig.client()
        browser.send(request("POST", "/orders", b"{}", f"Mutation-Id: {mutation}"))
        server = await upstream.accepted()
        await server.until(b"{}")
        server.send(answer(b"ok", "200 OK", "Connection: close"))
        assert await browser.ending() == seen


async def test_a_rule_for_the_leader_means_the_tab_that_leads(rig: Rig, upstream: RawUpstream) -> None:
    rig.wire.book.leaders["alice"] = "2"
    await add(rig, "cut", {"tab": "leader", "stage": "frame"})
    first, server = await open_websocket(rig, upstream)
    first.send_frame(TEXT, b"I follow", mask=True)
    assert await server.text() == "I follow"
    second, _ = await open_websocket(rig, upstream, handshake=HANDSHAKE.replace(b"__tab=1", b"__tab=2"))
    second.send_frame(TEXT, b"I lead", mask=True)
    assert await second.ending() == "rst"
