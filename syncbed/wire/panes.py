"""What the wire does for panes: it names documents, dresses them, and answers some paths itself.

Owns the callbacks of whoever shows the panes, the substitutes, and which changes were told already.
What is done to a document is decided in `documents`; `http.Exchange` moves the bytes.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import h11

from . import documents, heads, home
from .heads import RequestHead
from .inject import Injector
from .message import UNKNOWN_TAB, Message
from .peer import whole_answer

if TYPE_CHECKING:
    from .wire import Wire

Script = Callable[[str, str], str]
AssignTab = Callable[[str], str]
Body = TypeVar("Body", bytes, str | bytes | None)

# For what the wire answers itself: nobody stores it, and no other site runs it.
OWN_HEADERS = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)


# A frame that came without its number (its page changed the URL and loaded it again, say) knows its own name.
BY_NAME = """(() => {
  const [profile, tab] = window.name.split('/');
  if (profile !== 'PROFILE' || !/^[\\w-]{1,40}$/.test(tab)) return;
  const { nonce } = document.currentScript;
  document.write(`<script src="PATH?__tab=${tab}" nonce="${nonce}"></scr` + 'ipt>');
})();
"""


@dataclass(frozen=True, slots=True)
class Substitute:
    """What is served at a path (without its query) in place of what the upstream has there."""

    path: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Own:
    """An answer of the wire's own."""

    status: int
    content_type: str
    body: bytes
    event: str = ""


class Panes:
    def __init__(self, wire: "Wire") -> None:
        self._wire = wire
        self._documents = wire.settings.documents
        self._script: Script | None = None
        self._assign_tab: AssignTab | None = None
        self._connect: tuple[str, ...] = ()
        self.substitutes: dict[str, Substitute] = {}
        self._told: set[tuple[str, str]] = set()

    def serve(self, script: Script, assign_tab: AssignTab, connect: Iterable[str]) -> None:
        self._script, self._assign_tab, self._connect = script, assign_tab, tuple(connect)

    def restart(self) -> None:
        """What was told before is told again."""
        self._told.clear()

    # A request

    def is_document(self, head: RequestHead) -> bool:
        return self._documents and documents.is_document(head.method, head.headers)

    def named(self, head: RequestHead, profile: str) -> RequestHead:
        """A document's request: a window that nobody named gets the number of a new tab.

        A frame does not: it belongs to the tab around it, and a pane knows its own name.
        """
        is_window = head.find(b"sec-fetch-dest") in (b"document", None)
        if head.tab == UNKNOWN_TAB and is_window and self._assign_tab is not None:
            return replace(head, tab=self._assign_tab(profile), tab_in="assigned")
        return head

    def to_upstream(self, head: RequestHead, message: Message) -> RequestHead:
        headers, changes = documents.to_upstream(head.headers)
        self._tell("document_changed", changes, message)
        return replace(head, headers=headers)

    def own_answer(self, head: RequestHead, message: Message) -> list[h11.Event] | None:
        """The whole answer, if the wire gives it itself."""
        own = self._own(head, message) if self._documents or self.substitutes else None
        if own is None:
            return None
        if own.event:
            self._wire.emit(own.event, message.connection_id, message)
        headers = [(b"Content-Type", own.content_type.encode()), *OWN_HEADERS]
        body = own.body
        if self.is_document(head):
            response = h11.Response(status_code=own.status, headers=headers)
            response, body, _ = self.dress(response, body, head, message)
            headers = [pair for pair in response.headers.raw_items() if pair[0].lower() != b"content-length"]
        return whole_answer(own.status, headers, body, head.method)

    def _own(self, head: RequestHead, message: Message) -> Own | None:
        substitute = self.substitutes.get(head.path)
        if substitute is not None and head.method in ("GET", "HEAD"):
            return Own(200, substitute.content_type, substitute.body, "substituted")
        if not self._documents:
            return None
        if head.path.startswith(documents.OWN_PATHS):
            return self._own_path(head, message)
        if head.find(b"service-worker") == b"script":
            return self._service_worker(message)
        return None

    def _own_path(self, head: RequestHead, message: Message) -> Own:
        if head.path != documents.SCRIPT_PATH or self._script is None:
            return _text(404, f"the wire has nothing at {head.path}")
        # The script holds a token of its tab: no other site's page may run it.
        if head.find(b"sec-fetch-site") not in (b"same-origin", b"none", None):
            return _text(403, "the pane script is for the profile's own pages")
        if head.tab == UNKNOWN_TAB:
            text = BY_NAME.replace("PROFILE", message.profile).replace("PATH", documents.SCRIPT_PATH)
        else:
            text = self._script(message.profile, head.tab)
        return Own(200, "text/javascript; charset=utf-8", text.encode())

    def _service_worker(self, message: Message) -> Own | None:
        if self._wire.settings.service_workers:
            self._tell("document_limited", ("service-worker",), message)
            return None
        return _text(
            403,
            "The wire lets no service worker in: what it fetches could not be told apart by tab. "
            "The setting `service_workers` lets it.",
            "service_worker_refused",
        )

    # An answer

    def dress(
        self, response: h11.Response, whole: Body, head: RequestHead, message: Message
    ) -> tuple[h11.Response, Body, Injector | None]:
        """A document's answer as the browser gets it; if it comes in pieces, they go through the injector."""
        tab = head.tab if self._script is not None else ""
        host = head.find(b"host") or b""
        framed = head.find(b"sec-fetch-dest") in (b"iframe", b"frame")
        pane = documents.Pane(host, tab, secrets.token_urlsafe(12), self._connect, framed)
        status = response.status_code
        changed = documents.to_browser(status, response.headers.raw_items(), head.method, pane)
        self._tell("document_changed", changed.changes, message)
        self._tell("document_limited", changed.limits, message)
        headers = [self._redirected(pair, head, message) for pair in changed.headers]
        injector = changed.injector
        if injector is not None:
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
            if isinstance(whole, bytes):
                whole = injector.feed(whole) + injector.finish()
                headers.append((b"Content-Length", str(len(whole)).encode()))
        dressed = h11.Response(status_code=status, headers=headers, reason=response.reason)
        return dressed, whole, injector

    def _redirected(
        self, header: tuple[bytes, bytes], head: RequestHead, message: Message
    ) -> tuple[bytes, bytes]:
        name, value = header
        if name.lower() != b"location":
            return header
        upstreams = self._wire.settings.upstreams
        host = head.find(b"host") or b""
        url = home.at_home(value, upstreams, host)
        if not home.is_home(url, upstreams, host):
            self._tell("document_limited", ("redirect-leaves",), message)
            return header
        if head.tab != UNKNOWN_TAB and head.tab_in in ("query", "assigned"):
            url = heads.put_tab(url, head.tab)
        if url != value:
            self._tell("document_changed", ("location",), message)
        return name, url

    def tell_cookies(self, said: h11.Response, passed: h11.Response, message: Message) -> None:
        """Name it, once, if cookies of an upstream were given the profile's domain."""
        if self._documents and _cookies(said) != _cookies(passed):
            self._tell("document_changed", ("cookie-domain",), message)

    def _tell(self, event: str, words: Iterable[str], message: Message) -> None:
        """Each kind once for each upstream."""
        for word in words:
            if (message.upstream, word) not in self._told:
                self._told.add((message.upstream, word))
                text = (documents.CHANGES | documents.LIMITS)[word]
                self._wire.emit(event, message.connection_id, message, detail={"what": word, "text": text})


def _cookies(response: h11.Response) -> list[bytes]:
    return [value for name, value in response.headers if name == b"set-cookie"]


def _text(status: int, text: str, event: str = "") -> Own:
    return Own(status, "text/plain; charset=utf-8", f"{text}\n".encode(), event)
