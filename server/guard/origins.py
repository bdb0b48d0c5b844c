"""Which pages may talk to this server, and under which names it answers.

A browser lets any page open a WebSocket to any address, loopback too, and only the Origin header tells whose
page it was. A page that has made its own name resolve to this machine would pass as the same origin, so the
Host header is checked as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class OriginRules:
    allowed_origins: frozenset[str]
    allowed_hosts: frozenset[str]
    test_mode: bool

    def host_is_ours(self, host: str) -> bool:
        name = _host_name(f"//{host}")
        return bool(name) and (  # no setting makes a Host without a name ours
            _is_address(name)
            or name in LOOPBACK_NAMES
            or name in self.allowed_hosts
            or (self.test_mode and name.endswith(".localhost"))
        )

    def origin_is_welcome(self, origin: str | None, host: str) -> bool:
        """A missing Origin is no browser's page. `null` is a sandboxed or opaque page: never welcome."""
        if origin is None:
            return True
        scheme, _, authority = origin.partition("://")
        name = _host_name(origin)
        if not scheme or not name:
            return False
        return (
            authority == host
            or origin in self.allowed_origins
            or (self.test_mode and (name in LOOPBACK_NAMES or name.endswith(".localhost")))
        )


def _is_address(name: str) -> bool:
    """An address cannot be made to resolve to another one, as a name can."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _host_name(url: str) -> str:
    """Its host in lower case, without the port; empty if there is none, or if it makes no sense."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
