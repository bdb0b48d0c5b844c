"""Whose SDK and server a run is about: the reference stack, or what `--adapter` and `--upstream` name.

Only reads the words and says what is wrong with them; nothing is started or asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from ..wire import Substitute, Upstream
from ..wire.settings import upstream_from_text
from .errors import RunError
from .session import Options

ADAPTER_PATH = "/__syncbed/adapter.html"
ADAPTER_UPSTREAM = "adapter"


def options_for(adapter: str | None, upstreams: Sequence[str]) -> Options:
    """The options of a run. Raises `RunError`, or `WireError` for what is no upstream.

    An upstream is told its own Host and Origin: it need not know that there is a wire in between.
    """
    # The names of upstreams are labels of hosts.
    theirs = tuple(replace(upstream_from_text(text), rewrite_host=True) for text in upstreams)
    if adapter is None:
        if theirs:
            raise RunError("--upstream needs --adapter: the page that steers its SDK, a file or a URL")
        return Options()
    if urlsplit(adapter).scheme in ("http", "https"):
        return _at_url(adapter, theirs)
    if adapter.startswith("/") and not Path(adapter).is_file():
        return Options(adapter=adapter, upstreams=theirs)  # a path of the server's own
    try:
        body = Path(adapter).read_bytes()
    except OSError as error:
        raise RunError(
            f"--adapter {adapter}: {error.strerror} (allowed: an HTML file, a path of the server's, a URL)"
        ) from None
    page = Substitute(ADAPTER_PATH, "text/html; charset=utf-8", body)
    return Options(adapter=ADAPTER_PATH, upstreams=theirs, substitutes=(page,))


def _at_url(adapter: str, theirs: tuple[Upstream, ...]) -> Options:
    """Its server is an upstream: the only one, or one of those that were named, or one more."""
    parts = urlsplit(adapter)
    origin = f"{parts.scheme}://{parts.netloc}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = replace(upstream_from_text(f"{ADAPTER_UPSTREAM}={origin}"), rewrite_host=True)
    if not theirs:
        return Options(adapter=path, upstreams=(own,))
    if theirs[0].origin == own.origin:
        return Options(adapter=path, upstreams=theirs)
    known = next((each for each in theirs if each.origin == own.origin), None)
    if known is None:
        theirs = (*theirs, own)
    return Options(adapter=path, upstreams=theirs, adapter_upstream=(known or own).name)
