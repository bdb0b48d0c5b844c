"""What the browser says it sent, against the wire: whatever went elsewhere went unseen.

Told by Playwright's own events, which know the requests and sockets of pages, frames and dedicated
workers. They do not know those of shared workers: a run's header says so.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Request, WebSocket

from ..evidence import DRIVER, Recorder
from ..trace import Bypass

NETWORK = ("http", "https", "ws", "wss")
UNSEEN = ("requests and sockets of shared workers",)


class Traffic:
    """Watches the profiles of one run."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._own: set[str] = set()  # the wire's addresses, host:port
        self._tabs: dict[Page, str] = {}

    def watch(self, context: BrowserContext, origin: str) -> None:
        """A profile, and where its tabs are led to."""
        self._own.add(urlsplit(origin).netloc)
        context.on("request", self._request)

    def name(self, page: Page, tab: str) -> None:
        self._tabs[page] = tab
        page.on("websocket", lambda socket: self._socket(tab, socket))

    def _request(self, request: Request) -> None:
        try:
            tab = self._tabs.get(request.frame.page, "")
        except Exception:  # a service worker's request has no frame, a first navigation none yet
            tab = ""
        self._sent(request.url, tab, request.method)

    def _socket(self, tab: str, socket: WebSocket) -> None:
        self._sent(socket.url, tab, "WebSocket")

    def _sent(self, url: str, tab: str, what: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in NETWORK and parts.netloc not in self._own:
            self._recorder.write(DRIVER, Bypass(parts.netloc, tab, f"{what} {parts.path}"))
