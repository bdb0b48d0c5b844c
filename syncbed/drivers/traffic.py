"""What the browser says it sent, against the wire: whatever went elsewhere went unseen.

Told by Playwright's own events, which know the requests and sockets of pages, frames and dedicated
workers, those that were opened as windows too. They do not know those of shared workers, nor WebRTC and
WebTransport: a run's header says so.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Request

from ..evidence import DRIVER, Recorder
from ..trace import Bypass, Connection

NETWORK = ("http", "https", "ws", "wss")
REFUSED = "net::ERR_CONNECTION_REFUSED"
UNSEEN = ("requests and sockets of shared workers", "WebRTC", "WebTransport")


class Traffic:
    """Watches the profiles of one run."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._own: set[int | None] = set()  # the wire's ports, on this machine
        self._tabs: dict[Page, str] = {}

    def watch(self, context: BrowserContext, origin: str) -> None:
        """A profile, and where its tabs are led to."""
        self._own.add(urlsplit(origin).port)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("page", self._page)
        for page in context.pages:
            self._page(page)

    def name(self, page: Page, tab: str) -> None:
        self._tabs[page] = tab

    def _page(self, page: Page) -> None:
        """Any page of the profile: a window that a tab has opened too."""
        page.on("websocket", lambda socket: self._sent(socket.url, self._tabs.get(page, ""), "WebSocket"))

    def _request(self, request: Request) -> None:
        try:
            tab = self._tabs.get(request.frame.page, "")
        except Exception:  # a service worker's request has no frame, a first navigation none yet
            tab = ""
        self._sent(request.url, tab, request.method)

    def _failed(self, request: Request) -> None:
        """The browser could not send it: what the wire refuses it cannot see itself."""
        if request.failure != REFUSED:
            return
        try:
            tab = self._tabs.get(request.frame.page, "")
        except Exception:  # as above
            return
        path = urlsplit(request.url).path
        self._recorder.write(DRIVER, Connection("refused", tab=tab, path=path, how=REFUSED))

    def _sent(self, url: str, tab: str, what: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        ours = parts.port in self._own and (host == "127.0.0.1" or host.endswith("localhost"))
        if parts.scheme in NETWORK and not ours:
            self._recorder.write(DRIVER, Bypass(parts.netloc, tab, f"{what} {parts.path}"))
