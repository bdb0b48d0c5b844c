"""Documents made ready for panes, on real sockets: the script, the tab's number, what is taken out."""

import asyncio

import pytest

from integration.wire.raw import RawSocket, RawUpstream, Rig, StartWire, answer, request, turning_true
from syncbed.wire import Substitute

TAG = b'<script src="/__syncbed/pane.js?__tab=1"></script>'
LAB = "ws://lab.localhost:8100"


@pytest.fixture
async def rig(start_wire: StartWire, upstream: RawUpstream) -> Rig:
    """A wire with panes; a window that nobody named becomes tab 9."""
    rig = await start_wire(upstream.port, documents=True)
    rig.wire.serve_panes(lambda profile, tab: f"// {profile}/{tab} é", lambda profile: "9", [LAB])
    return rig


def page(path: str, *headers: str, dest: str = "iframe") -> bytes:
    return request("GET", path, b"", f"Sec-Fetch-Dest: {dest}", *headers)


def html(body: bytes, *headers: str) -> bytes:
    return answer(body, "200 OK", "Content-Type: text/html; charset=utf-8", *headers)


async def asked(rig: Rig, upstream: RawUpstream, data: bytes) -> tuple[RawSocket, RawSocket, bytes]:
    browser = await rig.client()
    browser.send(data)
    server = await upstream.accepted()
    return browser, server, await server.head()


async def shown(rig: Rig, upstream: RawUpstream, data: bytes, answered: bytes) -> tuple[list[bytes], bytes]:
    """The header lines and the body that a browser gets."""
    browser, server, _ = await asked(rig, upstream, data)
    # Each time a connection of its own: it is asked for by `accepted`.
    server.send(answered.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    head, _, body = (await browser.rest()).partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


async def own(rig: Rig, data: bytes) -> tuple[bytes, bytes]:
    """What the wire answers itself: head and body."""
    browser = await rig.client()
    browser.send(data)
    head, _, body = (await browser.rest()).partition(b"\r\n\r\n")
    return head, body


def told(rig: Rig, event: str) -> list[object]:
    return [record.detail["what"] for record in rig.events(event)]


async def test_a_document_gets_the_script_first_and_says_how_long_it_is(
    rig: Rig, upstream: RawUpstream
) -> None:
    lines, body = await shown(
        rig, upstream, page("/?__tab=1"), html(b"<!doctype html><head><title>t</title>")
    )
    assert body == b"<!doctype html><head>" + TAG + b"<title>t</title>"
    assert b"Content-Length: %d" % len(body) in lines
    assert b"Origin-Agent-Cluster: ?1" in lines
    assert b"Cache-Control: no-cache" in lines
    rig.conserved()


async def test_a_document_that_streams_gets_it_too_and_passes_as_it_comes(
    rig: Rig, upstream: RawUpstream
) -> None:
    browser, server, _ = await asked(rig, upstream, page("/?__tab=1"))
    server.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    await browser.head()
    server.send(b"6\r\n<html>\r\n")
    assert await browser.until(b"<html>\r\n") == b"6\r\n<html>\r\n"
    server.send(b"3\r\n<he\r\n")
    server.send(b"6\r\nad>hi!\r\n0\r\n\r\n")
    size = len(b"<head>" + TAG + b"hi!")
    assert await browser.rest() == b"%x\r\n<head>%shi!\r\n0\r\n\r\n" % (size, TAG)
    rig.conserved()


async def test_a_document_longer_than_one_message_streams_without_a_length(
    rig: Rig, upstream: RawUpstream
) -> None:
    lines, body = await shown(rig, upstream, page("/?__tab=1"), html(b"<p>" + b"x" * 100_000))
    assert not any(line.lower().startswith(b"content-length") for line in lines)
    assert b"Transfer-Encoding: chunked" in lines
    assert TAG + b"<p>x" in body
    assert body.count(b"x") >= 100_000


async def test_a_document_of_nothing_or_of_words_gets_it_at_its_start(
    rig: Rig, upstream: RawUpstream
) -> None:
    for said in (b"", b"hello"):
        assert (await shown(rig, upstream, page("/?__tab=1"), html(said)))[1] == TAG + said


async def test_the_server_is_asked_for_all_of_it_and_plain(rig: Rig, upstream: RawUpstream) -> None:
    _, _, head = await asked(
        rig,
        upstream,
        page("/?__tab=1", "Accept-Encoding: gzip, br", 'If-None-Match: "x"', "X-Odd-CASE: kept"),
    )
    assert b"Accept-Encoding: identity\r\n" in head
    assert b"If-None-Match" not in head
    assert b"X-Odd-CASE: kept" in head
    assert b"__tab" not in head


@pytest.mark.parametrize(
    "answered",
    [
        answer(b"{}", "200 OK", "Content-Type: application/json"),
        html(b"\x1f\x8b", "Content-Encoding: gzip"),
        html(b"<p>", "Content-Disposition: attachment"),
        answer(b"<html xmlns=''/>", "200 OK", "Content-Type: application/xhtml+xml"),
    ],
    ids=["json", "compressed", "a download", "xhtml"],
)
async def test_what_is_no_plain_html_keeps_its_body(rig: Rig, upstream: RawUpstream, answered: bytes) -> None:
    assert (await shown(rig, upstream, page("/?__tab=1"), answered))[1] == answered.partition(b"\r\n\r\n")[2]
    assert "script" not in told(rig, "document_changed")


async def test_what_could_not_be_given_the_script_is_named(rig: Rig, upstream: RawUpstream) -> None:
    await shown(rig, upstream, page("/"), html(b"\x1f\x8b", "Content-Encoding: gzip"))
    await shown(rig, upstream, page("/"), html(b"<p>", "Cross-Origin-Embedder-Policy: require-corp"))
    await shown(rig, upstream, page("/"), html(b"<p>", "Content-Security-Policy: sandbox allow-forms"))
    assert told(rig, "document_limited") == ["content-encoding", "cross-origin-embedder-policy", "sandbox"]


async def test_a_window_that_nobody_named_gets_a_number_and_a_frame_does_not(
    rig: Rig, upstream: RawUpstream
) -> None:
    _, body = await shown(rig, upstream, page("/", dest="document"), html(b""))
    assert b"pane.js?__tab=9" in body
    _, body = await shown(rig, upstream, page("/", dest="iframe"), html(b""))
    assert b"pane.js?__tab=unknown" in body
    _, body = await shown(rig, upstream, page("/", "Referer: http://a/?__tab=4", dest="document"), html(b""))
    assert b"pane.js?__tab=4" in body
    assert [name.split()[0] for name in rig.names("frame_seen")[::2]] == [
        "alice/9",
        "alice/unknown",
        "alice/4",
    ]


async def test_a_browser_that_does_not_say_what_it_fetches_for_is_understood(
    rig: Rig, upstream: RawUpstream
) -> None:
    old = request("GET", "/", b"", "Accept: text/html,*/*", "Upgrade-Insecure-Requests: 1")
    assert b"pane.js?__tab=9" in (await shown(rig, upstream, old, html(b"")))[1]
    assert (
        b"pane.js"
        not in (await shown(rig, upstream, request("GET", "/", b"", "Accept: text/html"), html(b"")))[1]
    )


async def test_framing_and_https_are_taken_out_and_each_kind_is_told_once(
    rig: Rig, upstream: RawUpstream
) -> None:
    answered = html(
        b"",
        "X-Frame-Options: DENY",
        "Strict-Transport-Security: max-age=1",
        "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'",
        "Origin-Agent-Cluster: ?0",
        "Cache-Control: max-age=60",
    )
    for _ in range(2):
        lines, _ = await shown(rig, upstream, page("/?__tab=1"), answered)
    names = [line.partition(b":")[0] for line in lines]
    assert b"X-Frame-Options" not in names
    assert b"Strict-Transport-Security" not in names
    assert b"Content-Security-Policy: default-src 'self'; connect-src 'self' " + LAB.encode() in lines
    assert [line for line in lines if line.startswith(b"Origin-Agent")] == [b"Origin-Agent-Cluster: ?1"]
    assert [line for line in lines if line.startswith(b"Cache")] == [b"Cache-Control: no-cache"]
    assert sorted(map(str, told(rig, "document_changed"))) == [
        "cache-control",
        "connect-src",
        "frame-ancestors",
        "origin-agent-cluster",
        "script",
        "strict-transport-security",
        "x-frame-options",
    ]


async def test_a_policy_with_nonces_gets_one_for_the_script(rig: Rig, upstream: RawUpstream) -> None:
    policy = "Content-Security-Policy: script-src 'nonce-theirs' 'strict-dynamic'"
    lines, body = await shown(rig, upstream, page("/?__tab=1"), html(b"", policy))
    nonce = body.partition(b'nonce="')[2].partition(b'"')[0]
    assert len(nonce) >= 12
    assert policy.encode() + b" 'nonce-" + nonce + b"'" in lines


@pytest.mark.parametrize("dest", ["empty", "script", "image", "style"])
async def test_whatever_is_no_document_passes_as_it_is(rig: Rig, upstream: RawUpstream, dest: str) -> None:
    sent = page("/x", "Accept-Encoding: gzip", 'If-None-Match: "x"', dest=dest)
    browser, server, head = await asked(rig, upstream, sent)
    assert head == sent
    headers = (
        "X-Frame-Options: DENY",
        "Content-Security-Policy: frame-ancestors a",
        "Content-Type: text/html",
    )
    server.send(answer(b"<head>", "200 OK", *headers))
    expected = answer(b"<head>", "200 OK", *headers).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    assert await browser.rest() == expected
    assert rig.events("document_changed") == []


async def test_without_the_setting_documents_pass_as_they_are(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port)
    rig.wire.serve_panes(lambda profile, tab: "", lambda profile: "9")
    browser, server, head = await asked(rig, upstream, page("/__syncbed/pane.js", "Service-Worker: script"))
    assert head == page("/__syncbed/pane.js", "Service-Worker: script")
    server.send(html(b"<head>", "X-Frame-Options: DENY"))
    assert b"X-Frame-Options: DENY" in (rest := await browser.rest())
    assert rest.endswith(b"\r\n\r\n<head>")


async def test_the_script_is_for_its_tab_and_for_the_profiles_own_pages(rig: Rig) -> None:
    path = "/__syncbed/pane.js?__tab=2"
    head, body = await own(rig, request("GET", path, b"", "Sec-Fetch-Site: same-origin"))
    assert body == "// alice/2 é".encode()
    for line in (
        b"Cache-Control: no-store",
        b"text/javascript; charset=utf-8",
        b"Cross-Origin-Resource-Policy: same-origin",
    ):
        assert line in head
    # A frame that came without a number gets what finds its own.
    assert b"alice/" not in (found := await own(rig, request("GET", path.replace("=2", "=unknown"))))[1]
    assert b"window.name" in found[1]
    for site in ("cross-site", "same-site"):
        head, body = await own(rig, request("GET", path, b"", f"Sec-Fetch-Site: {site}"))
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"alice/2" not in body
    assert (await own(rig, request("GET", "/__syncbed/other")))[0].startswith(b"HTTP/1.1 404 ")
    assert rig.events("frame_seen") == []


async def test_a_silent_connection_gets_no_script_either(rig: Rig) -> None:
    browser = await rig.client()
    browser.send(b"GET /__syncbed/pane.js?__tab=1 ")
    await rig.saw("connection_opened")
    await rig.wire.add_rules({"id": "off", "match": {}, "now": True, "fault": {"kind": "half_open"}})
    browser.send(b"HTTP/1.1\r\nHost: a\r\n\r\n")
    await turning_true(lambda: all(each.parked and each.exchange for each in rig.wire.connections.values()))
    await rig.wire.remove_rule("off")
    assert b"// alice/1" in await browser.rest()


async def test_a_redirect_stays_at_home_and_keeps_the_tabs_number(rig: Rig, upstream: RawUpstream) -> None:
    origin = f"http://127.0.0.1:{upstream.port}"
    for location, kept in (
        (f"{origin}/in?a=1#top", b"http://alice.localhost/in?a=1&__tab=1#top"),
        ("/in", b"/in?__tab=1"),
        ("http://elsewhere.example/", b"http://elsewhere.example/"),
        ("https://alice.localhost/", b"https://alice.localhost/"),
    ):
        lines, _ = await shown(
            rig, upstream, page("/?__tab=1"), answer(b"", "302 Found", f"Location: {location}")
        )
        assert b"Location: " + kept in lines
    assert told(rig, "document_limited") == ["redirect-leaves"]


async def test_a_redirect_to_another_upstream_gets_its_label(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, 8765, documents=True)
    for host, kept in (
        (b"alice.localhost:9001", b"http://other.alice.localhost:9001/x?__tab=1"),
        (b"127.0.0.1:9001", b"http://127.0.0.1:8765/x"),
    ):
        sent = page("/?__tab=1").replace(b"alice.localhost", host)
        answered = answer(b"", "302 Found", "Location: http://127.0.0.1:8765/x")
        assert b"Location: " + kept in (await shown(rig, upstream, sent, answered))[0]


async def test_a_server_that_wants_its_own_name_is_spoken_to_in_it_and_its_answer_brought_home(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, documents=True, rewrite_host=True)
    theirs, ours = f"http://127.0.0.1:{upstream.port}", "http://alice.localhost"
    sent = request("POST", "/in?__tab=1", b"x", f"Origin: {ours}", f"Referer: {ours}/?__tab=1")
    browser, server, head = await asked(rig, upstream, sent)
    assert f"Host: 127.0.0.1:{upstream.port}\r\nOrigin: {theirs}\r\nReferer: {theirs}/\r\n".encode() in head
    server.send(
        answer(
            b"",
            "303 See Other",
            f"Location: {theirs}/out",
            f"Access-Control-Allow-Origin: {theirs}",
            "Set-Cookie: sid=1; Domain=127.0.0.1; Secure",
        )
    )
    lines = (await browser.rest()).split(b"\r\n")
    assert f"Location: {ours}/out".encode() in lines
    assert f"Access-Control-Allow-Origin: {ours}".encode() in lines
    assert b"Set-Cookie: sid=1; Domain=alice.localhost; Secure" in lines
    assert told(rig, "document_changed") == ["cookie-domain"]


async def test_a_service_worker_is_refused_and_named(rig: Rig) -> None:
    head, body = await own(rig, page("/sw.js", "Service-Worker: script", dest="serviceworker"))
    assert head.startswith(b"HTTP/1.1 403 ")
    assert b"service_workers" in body
    assert len(rig.events("service_worker_refused")) == 1


async def test_a_service_worker_is_let_in_if_the_settings_say_so(
    start_wire: StartWire, upstream: RawUpstream
) -> None:
    rig = await start_wire(upstream.port, documents=True, service_workers=True)
    sent = page("/sw.js", "Service-Worker: script", dest="serviceworker")
    assert (await asked(rig, upstream, sent))[2] == sent
    assert told(rig, "document_limited") == ["service-worker"]


async def test_a_substitute_is_served_in_place_of_the_upstreams(rig: Rig, upstream: RawUpstream) -> None:
    rig.wire.substitute(Substitute("/sdk/outbox.js", "text/javascript", b"// patched"))
    head, body = await own(rig, request("GET", "/sdk/outbox.js?v=1", b"", "Sec-Fetch-Dest: script"))
    assert body == b"// patched"
    assert b"Cache-Control: no-store" in head
    assert upstream.accepted_total == 0
    assert rig.names("substituted") == ["alice/unknown GET /sdk/outbox.js #1 up"]
    rig.wire.unsubstitute()
    await asked(rig, upstream, request("GET", "/sdk/outbox.js"))


async def test_a_substitute_that_is_a_document_gets_the_script(rig: Rig) -> None:
    rig.wire.substitute(Substitute("/adapter", "text/html; charset=utf-8", b"<head>"))
    head, body = await own(rig, page("/adapter?__tab=1"))
    assert body == b"<head>" + TAG
    assert head.count(b"Content-Length") == 1
    assert b"Origin-Agent-Cluster: ?1" in head


async def test_an_address_is_the_profile_of_its_port(rig: Rig, upstream: RawUpstream) -> None:
    sent = page("/?__tab=1").replace(b"alice.localhost", b"127.0.0.1:%d" % rig.wire.ports["bob"])
    browser = await rig.client("bob")
    browser.send(sent)
    server = await upstream.accepted()
    await server.head()
    server.send(html(b""))
    assert TAG in await browser.rest()
    assert rig.names("frame_seen")[0] == "bob/1 GET / #1 up"


async def test_a_document_can_still_be_lost_in_its_middle(rig: Rig, upstream: RawUpstream) -> None:
    await rig.wire.add_rules({"match": {"stage": "chunk", "frame": 2}, "fault": {"kind": "cut"}})
    browser, server, _ = await asked(rig, upstream, page("/?__tab=1"))
    server.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    server.send(b"6\r\n<head>\r\n")
    assert TAG in await browser.until(b"</script>")
    server.send(b"1\r\nx\r\n")
    assert await asyncio.wait_for(browser.ending(), 60) == "rst"
