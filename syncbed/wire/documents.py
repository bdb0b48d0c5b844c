"""What happens to HTML documents, so that they can be shown in a pane and name their tab. Pure.

Only a request that asks for a document, and its answer, are touched: every other byte and header
passes as without it. Each kind of change has a word; the wire tells each once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import csp
from .heads import RawHeaders, find
from .inject import Injector

SCRIPT_PATH = "/__syncbed/pane.js"
OWN_PATHS = "/__syncbed/"
DESTS = (b"document", b"iframe", b"frame")

# What is changed in a document or its request, by the word that the record carries.
CHANGES: dict[str, str] = {
    "script": "the pane script is put first into the head",
    "accept-encoding": "the server is asked for an answer that is not compressed",
    "validators": "If-None-Match and If-Modified-Since are taken out: a 304 would bring back another tab's",
    "cache-control": "a document with a script is `no-cache`: the tab's number stands in it",
    "origin-agent-cluster": "`Origin-Agent-Cluster: ?1` is added, or one busy pane would stall the others",
    "x-frame-options": "taken out",
    "frame-ancestors": "taken out of Content-Security-Policy",
    "upgrade-insecure-requests": "taken out of Content-Security-Policy: the wire speaks http",
    "script-src": "Content-Security-Policy lets the pane script run: its URL, or a nonce if it has any",
    "connect-src": "Content-Security-Policy lets the pane script talk to the lab",
    "strict-transport-security": "taken out: the wire speaks http",
    "location": "a redirect to an upstream leads to the profile's own origin, and keeps the tab's number",
    "cookie-domain": "a cookie for the domain of an upstream with `rewrite_host` is one for the profile's",
}
# What is left alone, and does not work as it would without the wire.
LIMITS: dict[str, str] = {
    "content-encoding": "compressed although not asked for: no script, the page is not steered",
    "content-type": "no text/html (XHTML, say): no script, the page is not steered",
    "sandbox": "Content-Security-Policy sandboxes it: without allow-scripts no script runs in it",
    "cross-origin-opener-policy": "has no effect in a pane",
    "cross-origin-embedder-policy": "a pane is never crossOriginIsolated, for the lab page is not",
    "service-worker": "a service worker was let in: what it fetches carries no tab",
    "redirect-leaves": "a redirect leads to an origin that is no upstream: what happens there is not seen",
}


@dataclass(frozen=True, slots=True)
class Pane:
    """Whose document it is: what its script needs. Without a `tab` there is no script."""

    host: bytes
    tab: str = ""
    nonce: str = ""
    connect: tuple[str, ...] = ()
    framed: bool = False  # in an iframe, not in a window


@dataclass(frozen=True, slots=True)
class Changed:
    headers: RawHeaders
    injector: Injector | None
    changes: tuple[str, ...]
    limits: tuple[str, ...]


def is_document(method: str, headers: RawHeaders) -> bool:
    """A navigation of a window or a frame. Browsers say so, to hosts that they trust."""
    if method not in ("GET", "POST", "HEAD"):
        return False
    dest = find(headers, b"sec-fetch-dest")
    if dest is not None:
        return dest in DESTS
    wants_html = b"text/html" in (find(headers, b"accept") or b"")
    return wants_html and find(headers, b"upgrade-insecure-requests") == b"1"


def to_upstream(headers: RawHeaders) -> tuple[RawHeaders, tuple[str, ...]]:
    """The request's headers, so that its answer comes whole and plain; and what was changed."""
    told: list[str] = []
    found: RawHeaders = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"accept-encoding" and value.lower() != b"identity":
            told.append("accept-encoding")
            value = b"identity"
        elif lower in (b"if-none-match", b"if-modified-since"):
            told.append("validators")
            continue
        found.append((name, value))
    return found, tuple(dict.fromkeys(told))


def to_browser(status: int, headers: RawHeaders, method: str, pane: Pane) -> Changed:
    """The answer's headers, and what puts the script into its body if it gets one."""
    changes: list[str] = []
    is_page = method != "HEAD" and status not in (204, 205, 206) and not 300 <= status < 400
    limits = _limits(headers, pane, is_page)
    injected = bool(pane.tab) and is_page and _gets_script(headers)
    needs = csp.Needs()
    if injected:
        script = b"http://" + pane.host + SCRIPT_PATH.encode()
        needs = csp.Needs(script.decode("latin-1"), pane.nonce, pane.connect)
        changes.append("script")
    found: RawHeaders = []
    nonce = False
    for name, value in headers:
        lower = name.lower()
        if lower in (b"x-frame-options", b"strict-transport-security"):
            changes.append(lower.decode())
            continue
        if lower in (b"content-security-policy", b"content-security-policy-report-only"):
            text, told = csp.adapt(value.decode("latin-1"), needs)
            changes += ["script-src" if word.startswith("script") else word for word in told]
            nonce = nonce or f"'nonce-{pane.nonce}'" in text
            if not text:
                continue
            value = text.encode("latin-1")
        elif lower == b"origin-agent-cluster" or (injected and _is_stored(lower, value)):
            continue
        found.append((name, value))
    found.append((b"Origin-Agent-Cluster", b"?1"))
    changes.append("origin-agent-cluster")
    if injected and find(found, b"cache-control") is None:
        found.append((b"Cache-Control", b"no-cache"))
        changes.append("cache-control")
    injector = None
    if injected:
        injector = Injector(tag(pane.tab, pane.nonce if nonce else ""), charset(headers))
    return Changed(found, injector, tuple(dict.fromkeys(changes)), tuple(limits))


def tag(tab: str, nonce: str = "") -> str:
    said = f' nonce="{nonce}"' if nonce else ""
    return f'<script src="{SCRIPT_PATH}?__tab={tab}"{said}></script>'


def _gets_script(headers: RawHeaders) -> bool:
    attached = (find(headers, b"content-disposition") or b"").lower().startswith(b"attachment")
    return not attached and media_type(headers) == "text/html" and not _is_compressed(headers)


def _is_stored(name: bytes, value: bytes) -> bool:
    return name == b"cache-control" and b"no-store" not in value.lower()


def _is_compressed(headers: RawHeaders) -> bool:
    return (find(headers, b"content-encoding") or b"identity").lower() != b"identity"


def _limits(headers: RawHeaders, pane: Pane, is_page: bool) -> list[str]:
    found: list[str] = []
    if is_page and _is_compressed(headers):
        found.append("content-encoding")
    if is_page and media_type(headers) in ("", "application/xhtml+xml"):
        found.append("content-type")
    policy = find(headers, b"content-security-policy") or b""
    if re.search(rb"(^|[;,])\s*sandbox\b", policy):
        found.append("sandbox")
    if pane.framed:
        for name in ("cross-origin-opener-policy", "cross-origin-embedder-policy"):
            if (find(headers, name.encode()) or b"unsafe-none").strip() != b"unsafe-none":
                found.append(name)
    return found


def media_type(headers: RawHeaders) -> str:
    value = find(headers, b"content-type") or b""
    return value.decode("latin-1").partition(";")[0].strip().lower()


CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def charset(headers: RawHeaders) -> str:
    match = CHARSET.search((find(headers, b"content-type") or b"").decode("latin-1"))
    return match[1] if match else ""


def words(told: Iterable[str]) -> list[str]:
    """What the words mean, for a person."""
    return [f"{word}: {(CHANGES | LIMITS)[word]}" for word in told]
