"""An upstream that wants its own name is spoken to in it, and what it says of itself is brought home."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbed.wire import home
from syncbed.wire.settings import Upstream

WEB = Upstream("web", "shop.example", 443, tls=True, rewrite_host=True)
API = Upstream("api", "api.shop.example", 8443, tls=True, rewrite_host=True)
BOTH = (WEB, API)
ALICE = b"alice.lab.localhost:9001"
API_OF_ALICE = b"api.alice.lab.localhost:9001"
ADDRESS = b"127.0.0.1:9001"


@pytest.mark.parametrize(
    ("url", "host", "becomes"),
    [
        (b"https://shop.example/in?a#b", ALICE, b"http://alice.lab.localhost:9001/in?a#b"),
        (b"https://shop.example", API_OF_ALICE, b"http://alice.lab.localhost:9001"),
        (b"//SHOP.example/in", ALICE, b"http://alice.lab.localhost:9001/in"),
        (b"https://api.shop.example:8443/x", ALICE, b"http://api.alice.lab.localhost:9001/x"),
        (b"https://api.shop.example:8443/x", API_OF_ALICE, b"http://api.alice.lab.localhost:9001/x"),
        (b"https://shop.example/in", ADDRESS, b"http://127.0.0.1:9001/in"),
        (b"https://api.shop.example:8443/x", ADDRESS, b"https://api.shop.example:8443/x"),
        (b"https://shop.example.evil/in", ALICE, b"https://shop.example.evil/in"),
        (b"/in?next=https://shop.example/", ALICE, b"/in?next=https://shop.example/"),
    ],
)
def test_an_upstreams_own_url_becomes_the_profiles(url: bytes, host: bytes, becomes: bytes) -> None:
    assert home.at_home(url, BOTH, host) == becomes


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        (b"/x", True),
        (b"?x", True),
        (b"http://alice.lab.localhost:9001/x", True),
        (b"//api.alice.lab.localhost:9001", True),
        (b"https://alice.lab.localhost:9001/x", False),
        (b"http://bob.lab.localhost:9002/x", False),
        (b"https://shop.example/", False),
    ],
)
def test_a_url_stays_at_home_or_leaves(url: bytes, stays: bool) -> None:
    assert home.is_home(url, BOTH, ALICE) is stays


def test_a_request_goes_out_in_the_upstreams_own_name() -> None:
    sent = [
        (b"Host", API_OF_ALICE),
        (b"Origin", b"http://alice.lab.localhost:9001"),
        (b"Referer", b"http://alice.lab.localhost:9001/orders?a=1"),
        (b"X-Other", b"http://alice.lab.localhost:9001"),
    ]
    assert home.request_abroad(sent, API, BOTH) == [
        (b"Host", b"api.shop.example:8443"),
        (b"Origin", b"https://shop.example"),
        (b"Referer", b"https://shop.example/orders?a=1"),
        (b"X-Other", b"http://alice.lab.localhost:9001"),
    ]


@pytest.mark.parametrize("origin", [b"null", b"http://evil.example", b"http://bob.lab.localhost:9002", b""])
def test_a_foreign_origin_stays_foreign(origin: bytes) -> None:
    assert home.request_abroad([(b"Host", ALICE), (b"Origin", origin)], WEB, BOTH)[1] == (b"Origin", origin)


def test_the_page_is_told_that_its_own_origin_may_read_the_answer() -> None:
    request = [(b"Host", API_OF_ALICE), (b"Origin", b"http://alice.lab.localhost:9001")]
    for said, passed in (
        (b"https://shop.example", b"http://alice.lab.localhost:9001"),
        (b"*", b"*"),
        (b"https://other.example", b"https://other.example"),
    ):
        answer = [(b"Access-Control-Allow-Origin", said)]
        assert home.answer_home(answer, request, API, BOTH)[0][1] == passed


@pytest.mark.parametrize(
    ("cookie", "host", "becomes"),
    [
        (b"a=1; Path=/; Secure", ALICE, b"a=1; Path=/; Secure"),
        (b"a=1; Domain=.shop.example; Path=/", ALICE, b"a=1; Domain=alice.lab.localhost; Path=/"),
        (b"a=1;domain=SHOP.example", API_OF_ALICE, b"a=1; Domain=alice.lab.localhost"),
        (b"a=1; Domain=shop.example; Path=/", ADDRESS, b"a=1; Path=/"),
        (b"a=1; Domain=shop.example", b"localhost:9001", b"a=1"),
        (b"a=1; Domain=other.example", ALICE, b"a=1; Domain=other.example"),
        (b"__Host-a=1; Secure; Path=/", ALICE, b"__Host-a=1; Secure; Path=/"),
    ],
)
def test_a_cookie_for_the_upstreams_domain_is_one_for_the_profiles(
    cookie: bytes, host: bytes, becomes: bytes
) -> None:
    upstream = API if host == API_OF_ALICE else WEB
    assert home.cookie_home(cookie, upstream, home.base_host(BOTH, host)) == becomes


@given(
    st.text("abcdefgh/?#&=.:-", max_size=30), st.sampled_from(BOTH), st.sampled_from([ALICE, API_OF_ALICE])
)
def test_what_goes_home_comes_back_the_same(path: str, upstream: Upstream, host: bytes) -> None:
    url = upstream.origin.encode() + b"/" + path.encode()
    assert home.abroad(home.at_home(url, BOTH, host), BOTH, host) == url
