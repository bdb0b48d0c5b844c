"""A request is attributed by itself, and changed no more than it must be."""

import h11
import pytest

from syncbed.wire import heads, upstream_from_text
from syncbed.wire.home import choose_upstream
from syncbed.wire.settings import Upstream


def request(target: str = "/", *headers: tuple[str, str], method: str = "GET") -> heads.RequestHead:
    return heads.read_request(
        h11.Request(method=method, target=target, headers=[("Host", "a.localhost"), *headers])
    )


@pytest.mark.parametrize(
    ("target", "passed", "tab"),
    [
        (b"/a?__tab=1", b"/a", b"1"),
        (b"/a?__tab=1&b=2", b"/a?b=2", b"1"),
        (b"/a?b=2&__tab=1", b"/a?b=2", b"1"),
        (b"/a?b=%20&__tab=1&c", b"/a?b=%20&c", b"1"),
        (b"/a?x__tab=1", b"/a?x__tab=1", b""),
        (b"/a?__tab=<1>", b"/a?__tab=<1>", b""),
        (b"/__tab=1", b"/__tab=1", b""),
        (b"http://a/?__tab=1#x", b"http://a/#x", b"1"),
    ],
)
def test_the_tab_is_taken_out_of_a_url_and_nothing_else(target: bytes, passed: bytes, tab: bytes) -> None:
    assert heads.take_tab(target) == (passed, tab)


def test_the_query_names_the_tab_before_the_header_and_the_header_before_the_referer() -> None:
    header, referer = ("X-Syncbed-Tab", "2"), ("Referer", "http://a.localhost/?__tab=3")
    assert request("/?__tab=1", header, referer).tab == "1"
    assert request("/", header, referer).tab == "2"
    assert request("/", referer).tab == "3"
    assert request("/").tab == "unknown"


def test_no_trace_of_the_tab_goes_upstream() -> None:
    head = request("/a?__tab=1", ("X-Syncbed-Tab", "2"), ("Referer", "http://a.localhost/?__tab=3"))
    assert head.target == b"/a"
    assert head.headers == [(b"Host", b"a.localhost"), (b"Referer", b"http://a.localhost/")]


def test_headers_pass_with_their_case_and_order_but_for_the_hop_by_hop_ones() -> None:
    head = request(
        "/",
        ("X-B", "1"),
        ("cookie", "c"),
        ("Connection", "keep-alive, X-Gone"),
        ("x-gone", "1"),
        ("TE", "x"),
        ("X-A", "2"),
    )
    assert head.headers == [(b"Host", b"a.localhost"), (b"X-B", b"1"), (b"cookie", b"c"), (b"X-A", b"2")]


def test_a_websocket_keeps_its_handshake_but_for_the_extensions() -> None:
    handshake = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "k"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
    ]
    head = request("/ws", *handshake)
    assert head.websocket
    assert not head.application
    assert head.stripped_extensions == "permessage-deflate"
    assert [name for name, _ in head.headers] == [b"Host", b"Connection", b"Upgrade", b"Sec-WebSocket-Key"]


def test_only_what_page_code_asked_for_may_be_held() -> None:
    assert request("/", ("Sec-Fetch-Dest", "empty")).application
    assert not request("/", ("Sec-Fetch-Dest", "document")).application
    assert not request("/").application
    preflight = ("Access-Control-Request-Method", "POST")
    assert not request("/", ("Sec-Fetch-Dest", "empty"), preflight, method="OPTIONS").application


UPSTREAMS = [
    Upstream("main", "127.0.0.1", 8000),
    Upstream("api", "127.0.0.1", 9000, rewrite_host=True),
    Upstream("shop", "shop.example", 443, tls=True),
]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"alice.lab.localhost:9001", "main"),
        (b"api.alice.lab.localhost:9001", "api"),
        (b"API.localhost", "api"),
        (b"shop.example", "shop"),
        (b"127.0.0.1:9000", "api"),
        (b"", "main"),
    ],
)
def test_the_host_chooses_the_upstream_by_its_label_or_its_url(host: bytes, name: str) -> None:
    assert choose_upstream(UPSTREAMS, host).name == name


def test_the_browsers_host_passes_unless_the_upstream_demands_its_own() -> None:
    head = request("/", ("Origin", "http://a.localhost"))
    assert heads.to_upstream(head, UPSTREAMS[0]) == head.headers
    assert heads.to_upstream(head, UPSTREAMS[1]) == [
        (b"Host", b"127.0.0.1:9000"),
        (b"Origin", b"http://127.0.0.1:9000"),
    ]


def test_a_foreign_origin_stays_foreign() -> None:
    head = request("/", ("Origin", "http://evil.example"))
    assert (b"Origin", b"http://evil.example") in heads.to_upstream(head, UPSTREAMS[1])


def test_an_answer_closes_its_connection_unless_keep_alive_is_on() -> None:
    answer = h11.Response(
        status_code=200, headers=[("Connection", "keep-alive"), ("X-A", "1")], reason=b"Fine"
    )
    closed = heads.to_browser(answer, request(), UPSTREAMS[0], keep_alive=False)
    assert closed.headers.raw_items() == [(b"X-A", b"1"), (b"Connection", b"close")]
    assert closed.reason == b"Fine"
    assert heads.to_browser(answer, request(), UPSTREAMS[0], keep_alive=True).headers.raw_items() == [
        (b"X-A", b"1")
    ]


def test_a_redirect_to_the_upstreams_own_name_comes_back_through_the_wire() -> None:
    answer = h11.Response(status_code=302, headers=[("Location", "http://127.0.0.1:9000/x")])
    passed = heads.to_browser(answer, request(), UPSTREAMS[1], keep_alive=True)
    assert passed.headers.raw_items() == [(b"Location", b"http://a.localhost/x")]


def test_an_upstream_is_a_name_and_a_url() -> None:
    assert upstream_from_text("api=https://shop.example") == Upstream("api", "shop.example", 443, tls=True)
    assert upstream_from_text("http://127.0.0.1:8000") == Upstream("main", "127.0.0.1", 8000)
    assert upstream_from_text("api=http://[::1]:80", ["api"]).authority == "[::1]"
