"""Heads of requests and answers: who sent it, where it goes, and what changes on the way. Pure.

A request is attributed by itself, never by its connection (the tabs of a profile share those): the
tab is named by the query `__tab=N`, else by the header `X-Syncbed-Tab`, else by the `__tab` of its
Referer. All three are taken out again. Every other header passes with its case and order, but for
the hop-by-hop ones.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import h11

from . import home
from .message import UNKNOWN_TAB
from .settings import Upstream

RawHeaders = list[tuple[bytes, bytes]]

TAB_HEADER = b"x-syncbed-tab"
TAB_QUERY = re.compile(rb"([?&])__tab=([A-Za-z0-9_-]{0,40})(&|(?=#|$))")
TAB = re.compile(rb"[A-Za-z0-9_-]{1,40}")
HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"upgrade", b"te"))


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request as it goes on, and what is known of it."""

    method: str
    target: bytes
    headers: RawHeaders
    tab: str
    path: str
    query: str
    websocket: bool
    application: bool
    stripped_extensions: str
    expects_continue: bool
    tab_in: str = ""  # what named the tab: query, header or referer

    def find(self, name: bytes) -> bytes | None:
        return find(self.headers, name)


def read_request(request: h11.Request) -> RequestHead:
    headers = request.headers.raw_items()
    target, in_query = take_tab(request.target)
    in_header = find(headers, TAB_HEADER)
    in_referer = b""
    referer = find(headers, b"referer")
    if referer is not None and b"__tab=" in referer:
        clean, in_referer = take_tab(referer)
        headers = [(name, clean if name.lower() == b"referer" else value) for name, value in headers]
    found = in_query or (in_header or b"").strip() or in_referer
    tab = found.decode() if TAB.fullmatch(found) else UNKNOWN_TAB
    tab_in = "query" if in_query else "header" if in_header else "referer" if in_referer else ""
    websocket = _is_websocket(headers)
    path, _, query = target.partition(b"?")
    method = request.method.decode("ascii")
    extensions = find(headers, b"sec-websocket-extensions") if websocket else None
    return RequestHead(
        method=method,
        target=target,
        headers=_passing(headers, websocket),
        tab=tab,
        path=path.decode("latin-1"),
        query=query.decode("latin-1"),
        websocket=websocket,
        application=not websocket and _is_application(method, headers),
        stripped_extensions=(extensions or b"").decode("latin-1"),
        expects_continue=(find(headers, b"expect") or b"").lower() == b"100-continue",
        tab_in=tab_in,
    )


def take_tab(target: bytes) -> tuple[bytes, bytes]:
    """A URL without its `__tab`, and the tab; the rest is left byte for byte."""
    if b"__tab=" not in target:
        return target, b""
    match = TAB_QUERY.search(target)
    if match is None:
        return target, b""
    # `?__tab=1&a` keeps the `?`, `&__tab=1&a` one `&`, and at the end nothing is kept.
    kept = match[1] if match[3] else b""
    return target[: match.start()] + kept + target[match.end() :], match[2]


def put_tab(url: bytes, tab: str) -> bytes:
    """A URL with its `__tab`, as the next request is to carry it."""
    url, hash_mark, fragment = take_tab(url)[0].partition(b"#")
    return url + (b"&" if b"?" in url else b"?") + b"__tab=" + tab.encode() + hash_mark + fragment


def find(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


def _is_websocket(headers: RawHeaders) -> bool:
    upgrade = find(headers, b"upgrade")
    return upgrade is not None and upgrade.lower() == b"websocket"


def _is_application(method: str, headers: RawHeaders) -> bool:
    """A request that page code made (fetch, XHR, beacon, EventSource), and no preflight of one."""
    preflight = method == "OPTIONS" and find(headers, b"access-control-request-method") is not None
    return find(headers, b"sec-fetch-dest") == b"empty" and not preflight


def _passing(headers: RawHeaders, websocket: bool) -> RawHeaders:
    if websocket:
        gone = frozenset((TAB_HEADER, b"sec-websocket-extensions"))
    else:
        named = {part.strip().lower() for part in (find(headers, b"connection") or b"").split(b",")}
        gone = HOP_BY_HOP | {TAB_HEADER} | (named - {b"close", b"keep-alive", b""})
    return [(name, value) for name, value in headers if name.lower() not in gone]


def to_upstream(head: RequestHead, upstream: Upstream, upstreams: Sequence[Upstream] = ()) -> RawHeaders:
    """The headers as this upstream gets them: in its own name, if it asks for that."""
    if not upstream.rewrite_host:
        return head.headers
    return home.request_abroad(head.headers, upstream, upstreams or (upstream,))


def to_browser(
    response: h11.Response,
    head: RequestHead,
    upstream: Upstream,
    keep_alive: bool,
    upstreams: Sequence[Upstream] = (),
) -> h11.Response:
    """The answer as the browser gets it: hop-by-hop headers are the wire's own."""
    headers = response.headers.raw_items()
    named = {part.strip().lower() for part in (find(headers, b"connection") or b"").split(b",")}
    gone = HOP_BY_HOP | (named - {b"close", b"keep-alive", b""})
    passing = [(name, value) for name, value in headers if name.lower() not in gone]
    if upstream.rewrite_host:
        passing = home.answer_home(passing, head.headers, upstream, upstreams or (upstream,))
    if not keep_alive:
        passing.append((b"Connection", b"close"))
    return h11.Response(status_code=response.status_code, headers=passing, reason=response.reason)
