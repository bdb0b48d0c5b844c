"""Documents through the wire in real Chromium: the pane script runs first, and the page is the same page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page

from e2e.conftest import PageProblems
from syncbed.wire import Record, Upstream, Wire, WireSettings

T = TypeVar("T")
SCRIPT = """
globalThis.pane = { tab: new URL(document.currentScript.src).searchParams.get('__tab'), violations: [] };
pane.first = document.scripts.length === 1 && !globalThis.page;
addEventListener('securitypolicyviolation', (event) => pane.violations.push(event.violatedDirective));
pane.link = new Promise((resolve) => {
  const socket = new WebSocket('LAB/link');
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('error');
});
"""


class Site:
    """An upstream whose pages a test writes, behind a wire, on a loop of their own; and a lab to link to."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[tuple[str, ...], bytes]] = {}
        self.records: list[Record] = []
        self.cookies: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self._start())

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        upstream = Upstream("main", "127.0.0.1", self.port)
        self.wire = Wire(WireSettings((upstream,), {"alice": 0}, documents=True), self.records.append)
        await self.wire.start()
        lab = f"ws://lab.localhost:{self.port}"
        text = SCRIPT.replace("LAB", lab)
        self.wire.serve_panes(lambda profile, tab: text, lambda profile: "9", [lab])
        self.straight = f"http://alice.lab.localhost:{self.port}"
        self.lab = f"http://lab.localhost:{self.port}"
        self.through = f"http://alice.lab.localhost:{self.wire.ports['alice']}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.cookies += [line.partition(": ")[2] for line in lines if line.lower().startswith("cookie:")]
        path = lines[0].split()[1].partition("?")[0]
        headers, body = self.pages.get(path, (("Content-Type: text/plain",), b""))
        status = "302 Found" if any(header.startswith("Location") for header in headers) else "200 OK"
        writer.write("\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode())
        for at in range(0, len(body), 7):  # in pieces that break anywhere
            writer.write(body[at : at + 7])
            await writer.drain()
        writer.close()

    def page(self, body: str | bytes, *headers: str, path: str = "/page", charset: str = "utf-8") -> None:
        data = body if isinstance(body, bytes) else body.encode(charset)
        self.pages[path] = ((f"Content-Type: text/html; charset={charset}", *headers), data)

    def told(self, event: str) -> set[object]:
        return {record.detail.get("what") for record in self.records if record.event == event}

    def stop(self) -> None:
        self.do(self.wire.stop())
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


SHAPE = "() => [document.compatMode, document.characterSet, document.documentElement.outerHTML]"
WITHOUT_SCRIPT = """() => {
  document.querySelector('script[src^="/__syncbed/"]').remove();
  return [document.compatMode, document.characterSet, document.documentElement.outerHTML];
}"""
PAGES = {
    "usual": "<!doctype html><html lang=en><head><title>t</title></head><body><p>é",
    "no doctype": "<html><head><title>t</title></head><body>x",
    "no head": "<!doctype html>\n<title>t</title><p>x",
    "words": "hello",
    "nothing": "",
    "comments": "<!-- <head> --><!--><!doctype html><!--b--><html><!--c--><head ID='>'><meta charset=utf-8>",
    "a header": "<!doctype html><header>x</header>",
    "odd quotes": '<!doctype html><html a"b data-x=\'<head>\' ><head data-y=">"><title>t</title>',
    "a body first": "<!doctype html><body class=x><head><p>x",
    "an end first": "</p><!doctype html><html><head>x",
    "a script": "<!doctype html><script>globalThis.page = 1</script>x",
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_same_but_for_the_script_that_runs_first(site: Site, page: Page, name: str) -> None:
    site.page(PAGES[name])
    page.goto(f"{site.straight}/page")
    straight = page.evaluate(SHAPE)
    page.goto(f"{site.through}/page?__tab=1")
    assert page.evaluate("[pane.tab, pane.first]") == ["1", True]
    assert page.evaluate(WITHOUT_SCRIPT) == straight


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_it_runs_in_every_encoding(site: Site, page: Page, encoding: str) -> None:
    text = "<!doctype html><html><head><title>é</title></head>"
    body = ("\ufeff" + text if encoding.startswith("utf-16") else text).encode(encoding)
    site.page(body, charset="iso-8859-1")  # a byte order mark wins
    page.goto(f"{site.through}/page?__tab=1")
    assert page.evaluate("[pane.first, document.title]") == [True, "é"]


POLICIES = [
    "script-src 'self'",
    "script-src 'none'; connect-src 'none'",
    "default-src 'none'",
    "default-src 'self'; upgrade-insecure-requests",
    "script-src 'nonce-x'; connect-src https:",
    "script-src 'strict-dynamic' 'nonce-x' 'unsafe-inline' https:; object-src 'none'",
    "script-src-elem https://cdn.example; default-src 'none'",
    "default-src 'self', script-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='",
    "require-trusted-types-for 'script'; script-src 'self'",
]


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_keeps_it_from_running_or_from_the_lab(site: Site, page: Page, policy: str) -> None:
    site.page("<!doctype html><p>x", f"Content-Security-Policy: {policy}")
    page.goto(f"{site.through}/page?__tab=1")
    # The lab here speaks no WebSocket: an error that is no violation shows that it was asked.
    assert page.evaluate("pane.link") == "error"
    assert page.evaluate("pane.violations") == []


FORBIDDING = [
    ("X-Frame-Options: DENY",),
    ("Content-Security-Policy: frame-ancestors 'none'",),
    ("Cross-Origin-Embedder-Policy: require-corp", "Cross-Origin-Opener-Policy: same-origin"),
    ("Cross-Origin-Resource-Policy: same-origin",),
]


@pytest.mark.parametrize("headers", FORBIDDING, ids=[headers[0] for headers in FORBIDDING])
def test_what_would_not_be_framed_stands_in_a_pane(site: Site, page: Page, headers: tuple[str, ...]) -> None:
    site.page("<!doctype html><p>x", *headers)
    site.page(f"<iframe name='alice/1' src='{site.through}/page?__tab=1'></iframe>", path="/lab")
    page.goto(f"{site.lab}/lab")
    frame = page.frame("alice/1")
    assert frame is not None
    frame.wait_for_selector("p")
    assert frame.evaluate("[pane.tab, name, originAgentCluster]") == ["1", "alice/1", True]


@pytest.mark.parametrize("policy", ["img-src 'self'", "script-src 'nonce-x' 'strict-dynamic'"])
def test_a_pane_that_comes_back_without_its_number_knows_its_name(
    site: Site, page: Page, policy: str
) -> None:
    later = "<p>x<script nonce=x>globalThis.page = globalThis.pane?.tab ?? 'too late'</script>"
    site.page(f"<!doctype html>{later}", f"Content-Security-Policy: {policy}")
    site.page(f"<iframe name='alice/3' src='{site.through}/page'></iframe>", path="/lab")
    page.goto(f"{site.lab}/lab")
    frame = page.frame("alice/3")
    assert frame is not None
    frame.wait_for_selector("p")
    assert frame.evaluate("page") == "3"


def test_a_frame_of_the_page_itself_gets_no_number(site: Site, page: Page) -> None:
    site.page("<!doctype html><p>x")
    site.page(f"<iframe name='inner' src='{site.through}/page'></iframe>", path="/lab")
    page.goto(f"{site.lab}/lab")
    frame = page.frame("inner")
    assert frame is not None
    frame.wait_for_selector("p")
    assert frame.evaluate("typeof pane") == "undefined"


def test_a_service_worker_does_not_come_in_and_is_named(
    site: Site, page: Page, page_problems: PageProblems
) -> None:
    page_problems.allow("A bad HTTP response code")
    site.page("<!doctype html>")
    site.pages["/sw.js"] = (("Content-Type: text/javascript",), b"")
    register = "navigator.serviceWorker.register('/sw.js').then(() => 'in', (error) => String(error))"
    page.goto(f"{site.through}/page?__tab=1")
    assert "403" in page.evaluate(register)
    assert [r.event for r in site.records if r.event == "service_worker_refused"]


def test_another_sites_page_cannot_run_a_tabs_script(site: Site, page: Page) -> None:
    site.page("<!doctype html>", path="/elsewhere")
    page.goto(f"http://127.0.0.1:{site.port}/elsewhere")
    load: Callable[[str], Any] = lambda url: page.evaluate(  # noqa: E731
        """(src) => new Promise((resolve) => {
          const script = Object.assign(document.createElement('script'), { src });
          script.onload = () => resolve(typeof pane);
          script.onerror = () => resolve('refused');
          document.head.append(script);
        })""",
        url,
    )
    assert load(f"{site.through}/__syncbed/pane.js?__tab=1") == "refused"


COOKIES = (
    "a=1; Secure",
    "b=1; SameSite=None; Secure",
    "c=1; SameSite=None; Secure; Partitioned",
    "__Host-d=1; Secure; Path=/",
)


@pytest.mark.parametrize("host", ["alice.lab.localhost", "127.0.0.1"])
def test_cookies_that_want_https_are_kept_by_chromium_on_this_host(site: Site, page: Page, host: str) -> None:
    """Why the wire leaves them alone."""
    site.page("<!doctype html>", *(f"Set-Cookie: {cookie}" for cookie in COOKIES))
    for _ in range(2):
        page.goto(f"http://{host}:{site.wire.ports['alice']}/page?__tab=1")
    assert site.cookies[-1] == "a=1; b=1; c=1; __Host-d=1"


def test_a_window_without_a_number_gets_one_and_keeps_it_over_a_redirect(site: Site, page: Page) -> None:
    site.page("<!doctype html>")
    site.pages["/start"] = (
        (f"Location: {site.straight.replace('alice.lab.localhost', '127.0.0.1')}/page",),
        b"",
    )
    page.goto(f"{site.through}/start")
    assert page.evaluate("[pane.tab, location.href]") == ["9", f"{site.through}/page?__tab=9"]
    assert site.told("document_changed") >= {"script", "location", "origin-agent-cluster"}
