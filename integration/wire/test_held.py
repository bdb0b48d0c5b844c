"""Held mode: application messages wait until someone delivers them or ends their connection."""

import pytest

from integration.wire.raw import (
    CLOSE,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    RawUpstream,
    Rig,
    answer,
    close_payload,
    open_websocket,
    request,
)
from syncbed.wire import WireError
from syncbed.wire.gate import SINGLE_FRAME


@pytest.fixture
async def held(rig: Rig) -> Rig:
    rig.wire.set_mode("held")
    return rig


async def test_frames_wait_and_only_the_head_of_a_direction_is_deliverable(
    held: Rig, upstream: RawUpstream
) -> None:
    browser, server = await open_websocket(held, upstream)
    browser.send_frame(TEXT, b"one", mask=True)
    browser.send_frame(TEXT, b"two", mask=True)
    server.send_frame(TEXT, b"news", mask=False)
    one, two, news = "alice/1 /ws #1 up 1", "alice/1 /ws #1 up 2", "alice/1 /ws #1 down 1"
    await held.in_flight(one, two, news)
    deliverable = {waiting.message.name: waiting.is_head() for waiting in held.wire.in_flight()}
    assert deliverable == {one: True, two: False, news: True}
    with pytest.raises(WireError, match="not the next of its direction"):
        held.wire.decide(two, "deliver")
    held.wire.decide(news, "deliver")
    assert await browser.text() == "news"
    held.wire.decide(one, "deliver")
    held.wire.decide(two, "deliver")
    assert [await server.text(), await server.text()] == ["one", "two"]
    held.conserved()


async def test_counting_happens_at_the_parse_not_at_the_delivery(held: Rig, upstream: RawUpstream) -> None:
    browser, _ = await open_websocket(held, upstream)
    for _ in range(3):
        browser.send_frame(TEXT, b"x", mask=True)
    await held.saw("frame_held", 3)
    tally = held.wire.counters.total(kind="ws", direction="up")
    assert (tally.got, tally.put, tally.waiting) == (3, 0, 3)
    held.wire.decide("alice/1 /ws #1 up 1", "deliver")
    assert (tally := held.wire.counters.total(kind="ws", direction="up")).put == 1
    assert tally.waiting == 2


async def test_free_mode_lets_everything_pass_in_order(held: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(held, upstream)
    for number in range(5):
        browser.send_frame(TEXT, str(number).encode(), mask=True)
    await held.saw("frame_held", 5)
    held.wire.set_mode("free")
    assert [await server.text() for _ in range(5)] == list("01234")
    assert held.wire.in_flight() == []


async def test_handshakes_and_pings_are_no_messages(held: Rig, upstream: RawUpstream) -> None:
    _, server = await open_websocket(held, upstream)
    server.send_frame(PING, b"p", mask=False)
    assert await server.frame() == (0x80 | PONG, b"p")
    assert held.wire.in_flight() == []


@pytest.mark.parametrize("dest", ["document", "script", "image", ""])
async def test_documents_and_modules_pass(held: Rig, upstream: RawUpstream, dest: str) -> None:
    browser = await held.client()
    browser.send(request("GET", "/", b"", *([f"Sec-Fetch-Dest: {dest}"] if dest else [])))
    server = await upstream.accepted()
    await server.head()
    server.send(answer(b"<html>"))
    assert (await browser.rest()).endswith(b"<html>")


async def test_preflights_pass(held: Rig, upstream: RawUpstream) -> None:
    browser = await held.client()
    browser.send(request("OPTIONS", "/api", b"", "Access-Control-Request-Method: POST", fetch=True))
    server = await upstream.accepted()
    await server.head()
    server.send(answer())
    assert b"200 OK" in await browser.rest()


async def test_a_fetch_waits_and_then_its_answer(held: Rig, upstream: RawUpstream) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api/orders?__tab=1", b"{}", "Mutation-Id: 7", fetch=True))
    await held.in_flight("alice/1 POST /api/orders mutation 7 #1 up")
    assert upstream.accepted_total == 0
    held.wire.decide("alice/1 POST /api/orders mutation 7 #1 up", "deliver")
    server = await upstream.accepted()
    await server.until(b"{}")
    server.send(answer(b"done"))
    await held.in_flight("alice/1 POST /api/orders mutation 7 #1 down")
    assert held.wire.in_flight()[0].message.payload == b"done"
    held.wire.decide("alice/1 POST /api/orders mutation 7 #1 down", "deliver")
    assert (await browser.rest()).endswith(b"done")
    held.conserved()


async def test_of_several_fetches_any_may_go_first(held: Rig, upstream: RawUpstream) -> None:
    browsers = []
    for number in (1, 2):
        browser = await held.client()
        browser.send(request("GET", f"/{number}", fetch=True))
        browsers.append(browser)
    await held.in_flight("alice/unknown GET /1 #1 up", "alice/unknown GET /2 #1 up")
    held.wire.decide("alice/unknown GET /2 #1 up", "deliver")
    assert (await (await upstream.accepted()).head()).startswith(b"GET /2")


async def test_a_streaming_answer_waits_as_its_head_and_its_chunks(held: Rig, upstream: RawUpstream) -> None:
    browser = await held.client()
    browser.send(request("GET", "/sse", fetch=True))
    await held.saw("frame_held")
    held.wire.decide("alice/unknown GET /sse #1 up", "deliver")
    server = await upstream.accepted()
    await server.head()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n")
    await held.in_flight("alice/unknown GET /sse #1 down")
    held.wire.decide("alice/unknown GET /sse #1 down", "deliver")
    assert b"chunked" in await browser.head()
    await held.in_flight("alice/unknown GET /sse #1 down 1")
    held.wire.decide("alice/unknown GET /sse #1 down 1", "deliver")
    assert await browser.until(b"one\r\n") == b"3\r\none\r\n"
    await held.in_flight("alice/unknown GET /sse #1 down 2")
    held.wire.decide("alice/unknown GET /sse #1 down 2", "end_before")
    assert await browser.ending() == "rst"


async def test_ending_before_a_request_keeps_it_from_the_server(held: Rig, upstream: RawUpstream) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api", b"{}", fetch=True))
    await held.saw("frame_held")
    held.wire.decide("alice/unknown POST /api #1 up", "end_before")
    assert await browser.ending() == "rst"
    assert upstream.accepted_total == 0
    held.conserved()


async def test_ending_after_a_request_lets_the_server_do_it_and_the_browser_never_know(
    held: Rig, upstream: RawUpstream
) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api", b"{}", fetch=True))
    await held.saw("frame_held")
    held.wire.decide("alice/unknown POST /api #1 up", "end_after")
    server = await upstream.accepted()
    await server.until(b"{}")
    assert await browser.ending() == "rst"
    server.send(answer(b"done"))
    await held.saw("frame_lost")
    assert held.names("frame_lost") == ["alice/unknown POST /api #1 down"]
    held.conserved()


async def test_ending_before_a_frame_loses_it_and_all_behind_it_and_ending_after_only_those(
    held: Rig, upstream: RawUpstream
) -> None:
    for verdict, arrives in (("end_before", []), ("end_after", ["one"])):
        browser, server = await open_websocket(held, upstream)
        server.send_frame(TEXT, b"one", mask=False)
        server.send_frame(TEXT, b"two", mask=False)
        await held.wire.until(lambda: len(held.wire.in_flight()) == 2, 5000)
        held.wire.decide(held.wire.in_flight()[0].id, verdict)  # type: ignore[arg-type]
        for text in arrives:
            assert await browser.text() == text
        assert await browser.ending() == ("fin" if arrives else "rst")
        assert await server.ending() == "rst"
        assert held.wire.in_flight() == []
    assert len(held.names("frame_lost")) == 3
    held.conserved()


async def test_a_held_request_that_its_page_gives_up_is_marked_and_can_still_be_delivered(
    held: Rig, upstream: RawUpstream
) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api", b"{}", fetch=True))
    await held.saw("frame_held")
    browser.close()
    await held.saw("frame_abandoned")
    waiting = held.wire.in_flight()[0]
    assert waiting.to_json()["abandoned"] is True
    held.wire.decide(waiting.id, "deliver")
    server = await upstream.accepted()
    await server.until(b"{}")
    server.send(answer(b"done"))
    await held.saw("connection_closed")
    assert held.names("frame_lost") == ["alice/unknown POST /api #1 down"]
    held.conserved()
    next_one = await held.client()
    next_one.send(request("GET", "/next"))
    await server.until(b"GET /next")  # the server was not told that nobody listened: its connection lives


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_an_answer_whose_page_has_gone_is_lost_and_waits_no_longer(
    held: Rig, upstream: RawUpstream, how: str
) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api", b"{}", fetch=True))
    await held.in_flight("alice/unknown POST /api #1 up")
    held.wire.decide("alice/unknown POST /api #1 up", "deliver")
    server = await upstream.accepted()
    await server.until(b"{}")
    server.send(answer(b"done"))
    await held.in_flight("alice/unknown POST /api #1 down")
    getattr(browser, how)()
    await held.saw("frame_lost")
    assert held.wire.in_flight() == []
    assert held.names("frame_lost") == ["alice/unknown POST /api #1 down"]
    held.conserved()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_frames_to_a_browser_that_has_gone_are_lost_those_that_come_later_too(
    held: Rig, upstream: RawUpstream, how: str
) -> None:
    browser, server = await open_websocket(held, upstream)
    browser.send_frame(TEXT, b"last words", mask=True)
    server.send_frame(TEXT, b"one", mask=False)
    await held.in_flight("alice/1 /ws #1 up 1", "alice/1 /ws #1 down 1")
    getattr(browser, how)()
    await held.saw("frame_lost")
    server.send_frame(TEXT, b"two", mask=False)
    await held.saw("frame_lost", 2)
    assert [waiting.message.name for waiting in held.wire.in_flight()] == ["alice/1 /ws #1 up 1"]
    held.wire.decide("alice/1 /ws #1 up 1", "deliver")
    assert await server.text() == "last words"
    await server.ending()
    held.conserved()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_frames_of_a_browser_that_ended_still_arrive_before_its_end(
    held: Rig, upstream: RawUpstream, how: str
) -> None:
    browser, server = await open_websocket(held, upstream)
    browser.send_frame(TEXT, b"last words", mask=True)
    await held.saw("frame_held")
    getattr(browser, how)()
    held.wire.decide("alice/1 /ws #1 up 1", "deliver")
    assert await server.text() == "last words"
    await server.ending()
    held.conserved()


async def test_a_close_waits_behind_the_frames_before_it(held: Rig, upstream: RawUpstream) -> None:
    browser, server = await open_websocket(held, upstream)
    browser.send_frame(TEXT, b"first", mask=True)
    browser.send_frame(CLOSE, close_payload(1000), mask=True)
    await held.saw("close_seen")
    held.wire.decide("alice/1 /ws #1 up 1", "deliver")
    assert await server.text() == "first"
    assert await server.close_frame() == (1000, "")


async def test_rules_act_when_a_held_message_is_delivered(held: Rig, upstream: RawUpstream) -> None:
    await held.wire.add_rules({"match": {"method": "POST"}, "fault": {"kind": "http_status", "status": 503}})
    browser = await held.client()
    browser.send(request("POST", "/api", b"{}", fetch=True))
    await held.saw("frame_held")
    assert held.events("rule_acted") == []
    held.wire.decide("alice/unknown POST /api #1 up", "deliver")
    assert (await browser.rest()).startswith(b"HTTP/1.1 503")
    assert upstream.accepted_total == 0


async def test_reset_lets_everything_go_and_counts_from_one(held: Rig, upstream: RawUpstream) -> None:
    first, _ = await open_websocket(held, upstream)
    first.close()
    browser, server = await open_websocket(held, upstream, handshake=HANDSHAKE)
    browser.send_frame(TEXT, b"x", mask=True)
    await held.in_flight("alice/1 /ws #2 up 1")
    await held.wire.add_rules({"fault": {"kind": "half_open"}, "match": {"profile": "bob"}})
    await held.wire.reset()
    assert await server.text() == "x"
    assert (held.wire.gate.mode, held.wire.book.rules) == ("free", {})
    browser.send_frame(TEXT, b"y", mask=True)
    assert await server.text() == "y"
    assert held.names("frame_delivered")[-1] == "alice/1 /ws #1 up 1"
    assert held.wire.counters.total(kind="ws", direction="up").to_json()["got"] == 1


# What no TCP connection does


async def three_up(held: Rig, upstream: RawUpstream) -> tuple[RawSocket, RawSocket, list[str]]:
    browser, server = await open_websocket(held, upstream)
    for text in (b"one", b"two", b"three"):
        browser.send_frame(TEXT, text, mask=True)
    await held.saw("frame_held", 3)
    return browser, server, [f"alice/1 /ws #1 up {number}" for number in (1, 2, 3)]


async def test_a_frame_is_dropped_and_its_connection_lives_on(held: Rig, upstream: RawUpstream) -> None:
    _, server, (one, two, three) = await three_up(held, upstream)
    held.wire.decide(one, "drop")
    held.wire.decide(two, "deliver")
    assert await server.text() == "two"
    assert held.names("frame_dropped") == [one]
    assert held.events("frame_dropped")[0].to_json()["tcp_impossible"] is True
    await held.in_flight(three)
    held.wire.set_mode("free")
    assert await server.text() == "three"
    held.conserved()


async def test_a_frame_is_delivered_twice(held: Rig, upstream: RawUpstream) -> None:
    _, server, (one, *_) = await three_up(held, upstream)
    held.wire.decide(one, "duplicate")
    assert [await server.text(), await server.text()] == ["one", "one"]
    assert held.events("frame_duplicated")[0].to_json()["tcp_impossible"] is True
    held.wire.set_mode("free")
    assert [await server.text(), await server.text()] == ["two", "three"]
    held.conserved()


async def test_a_frame_is_overtaken_by_the_next_and_waits_on(held: Rig, upstream: RawUpstream) -> None:
    _, server, (one, two, three) = await three_up(held, upstream)
    held.wire.decide(one, "reorder")
    assert await server.text() == "two"
    reordered = held.events("frame_reordered")[0].to_json()
    assert (reordered["name"], reordered["passed_by"], reordered["tcp_impossible"]) == (one, two, True)
    await held.in_flight(one, three)
    held.wire.decide(one, "reorder")
    assert await server.text() == "three"
    with pytest.raises(WireError, match="no frame waits behind it"):
        held.wire.decide(one, "reorder")
    held.wire.decide(one, "deliver")
    assert await server.text() == "one"
    held.conserved()


async def test_only_the_head_of_a_direction_is_dropped(held: Rig, upstream: RawUpstream) -> None:
    _, _, (_, two, _) = await three_up(held, upstream)
    for verdict in SINGLE_FRAME:
        with pytest.raises(WireError, match="not the next of its direction"):
            held.wire.decide(two, verdict)


async def test_a_held_request_is_sent_twice_and_the_page_gets_the_second_answer(
    held: Rig, upstream: RawUpstream
) -> None:
    browser = await held.client()
    browser.send(request("POST", "/api/orders?__tab=1", b"{}", "Mutation-Id: 7", fetch=True))
    name = "alice/1 POST /api/orders mutation 7 #1"
    await held.in_flight(f"{name} up")
    held.wire.decide(f"{name} up", "duplicate")
    for body in (b"first", b"second"):
        server = await upstream.accepted()
        await server.until(b"{}")
        server.send(answer(body, "200 OK", "Connection: close"))
    await held.in_flight(f"{name} down")
    assert "tcp_impossible" not in held.events("frame_duplicated")[0].to_json()
    held.wire.decide(f"{name} down", "deliver")
    assert (await browser.rest()).endswith(b"second")
    held.conserved()


async def test_an_answer_is_neither_dropped_nor_repeated(held: Rig, upstream: RawUpstream) -> None:
    browser = await held.client()
    browser.send(request("GET", "/x", fetch=True))
    await held.in_flight("alice/unknown GET /x #1 up")
    with pytest.raises(WireError, match="hangs or ends: end_before"):
        held.wire.decide("alice/unknown GET /x #1 up", "drop")
    held.wire.decide("alice/unknown GET /x #1 up", "deliver")
    server = await upstream.accepted()
    await server.head()
    server.send(answer(b"once"))
    await held.in_flight("alice/unknown GET /x #1 down")
    for verdict in SINGLE_FRAME:
        with pytest.raises(WireError, match=f"^{verdict} of 'alice/unknown GET /x #1 down'"):
            held.wire.decide("alice/unknown GET /x #1 down", verdict)
    held.wire.decide("alice/unknown GET /x #1 down", "deliver")
    assert (await browser.rest()).endswith(b"once")
