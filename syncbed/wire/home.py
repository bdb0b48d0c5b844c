"""One server, two names: the one it has itself, and the one by which a profile reaches it. Pure.

A profile's own origin is its *home*: `alice.lab.localhost:9001` for the first upstream,
`api.alice.lab.localhost:9001` for the one called `api`. An upstream with `rewrite_host` is spoken to
as if there were no wire, and what it says about itself is brought home.
"""

import re
from collections.abc import Sequence

from .settings import Upstream

RawHeaders = list[tuple[bytes, bytes]]

ORIGIN = re.compile(rb"(?:(?:https?|wss?):)?//([^/?#\\]*)", re.IGNORECASE)
ADDRESS = re.compile(rb"[\d.]+(:|$)|\[")  # no label can stand before it, and no cookie is for a part of it
COOKIE_DOMAIN = re.compile(rb";\s*domain\s*=\s*\.?([^;]*)", re.IGNORECASE)


def choose_upstream(upstreams: Sequence[Upstream], host: bytes) -> Upstream:
    """Whose label the Host starts with (`api.alice.lab.localhost`), or whose URL it is, or the first."""
    name = host.decode("latin-1").lower()
    label = name.partition(".")[0]
    for upstream in upstreams:
        if label == upstream.name.lower() or name == upstream.authority.lower():
            return upstream
    return upstreams[0]


def base_host(upstreams: Sequence[Upstream], host: bytes) -> bytes:
    """A profile's Host without the label of an upstream."""
    label, _, rest = host.partition(b".")
    return rest if rest and label.decode("latin-1").lower() in {u.name.lower() for u in upstreams} else host


def home_of(upstream: Upstream, upstreams: Sequence[Upstream], host: bytes) -> bytes:
    """The Host by which a profile reaches an upstream, given one by which it reaches any; b"" if none."""
    base = base_host(upstreams, host)
    if upstream == upstreams[0]:
        return base
    return b"" if ADDRESS.match(base) else upstream.name.lower().encode() + b"." + base


def is_home(url: bytes, upstreams: Sequence[Upstream], host: bytes) -> bool:
    """Whether a URL stays on this profile's wire: relative, or by http to one of its Hosts."""
    match = ORIGIN.match(url)
    if match is None:
        return True
    same = base_host(upstreams, match[1].lower()) == base_host(upstreams, host.lower())
    return same and not url.lower().startswith(b"https:")


def at_home(url: bytes, upstreams: Sequence[Upstream], host: bytes) -> bytes:
    """An absolute URL of an upstream as this profile reaches it through the wire; any other as it is."""
    match = ORIGIN.match(url)
    if match is None:
        return url
    authority = match[1].decode("latin-1").lower()
    for upstream in upstreams:
        if authority == upstream.authority.lower() and (home := home_of(upstream, upstreams, host)):
            return b"http://" + home + url[match.end() :]
    return url


def abroad(url: bytes, upstreams: Sequence[Upstream], host: bytes) -> bytes:
    """A URL (or Origin) of this profile as its upstream knows it; any other as it is."""
    match = ORIGIN.match(url)
    if match is None or base_host(upstreams, match[1]) != base_host(upstreams, host):
        return url
    return choose_upstream(upstreams, match[1]).origin.encode() + url[match.end() :]


def request_abroad(headers: RawHeaders, upstream: Upstream, upstreams: Sequence[Upstream]) -> RawHeaders:
    """A request as an upstream with `rewrite_host` gets it: its own Host, and Origin and Referer to match."""
    host = _find(headers, b"host")

    def rewritten(name: bytes, value: bytes) -> bytes:
        match name.lower():
            case b"host":
                return upstream.authority.encode()
            case b"origin" | b"referer":
                return abroad(value, upstreams, host)
            case _:
                return value

    return [(name, rewritten(name, value)) for name, value in headers]


def answer_home(
    headers: RawHeaders, request: RawHeaders, upstream: Upstream, upstreams: Sequence[Upstream]
) -> RawHeaders:
    """Its answer as the browser gets it: redirects, CORS and cookies are for the profile's own origin."""
    host, origin = _find(request, b"host"), _find(request, b"origin")

    def rewritten(name: bytes, value: bytes) -> bytes:
        match name.lower():
            case b"location":
                return at_home(value, upstreams, host)
            case b"access-control-allow-origin":
                return origin if value == abroad(origin, upstreams, host) else value
            case b"set-cookie":
                return cookie_home(value, upstream, base_host(upstreams, host))
            case _:
                return value

    return [(name, rewritten(name, value)) for name, value in headers]


def cookie_home(cookie: bytes, upstream: Upstream, base: bytes) -> bytes:
    """A cookie for the upstream's domain becomes one for the profile's, which its other upstreams share."""
    match = COOKIE_DOMAIN.search(cookie)
    if match is None:
        return cookie
    domain = match[1].strip().decode("latin-1").lower()
    if not f".{upstream.host.lower()}".endswith(f".{domain}"):
        return cookie  # refused by the browser without a wire, too
    name = base.partition(b":")[0]
    kept = b"" if ADDRESS.match(base) or b"." not in name else b"; Domain=" + name
    return cookie[: match.start()] + kept + cookie[match.end() :]


def _find(headers: RawHeaders, wanted: bytes) -> bytes:
    return next((value for name, value in headers if name.lower() == wanted), b"")
