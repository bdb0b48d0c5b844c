"""What a wire is started with: profiles, upstreams and every limit, with its unit in its name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import WireError

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def check_profile(name: str, path: str) -> None:
    if not NAME.fullmatch(name):
        allowed = ["1 to 40 letters, digits, - and _"]
        raise WireError("invalid", f"{name!r} is no profile", path=path, allowed=allowed)


@dataclass(frozen=True)
class Upstream:
    """A server behind the wire. `rewrite_host` sends it its own name instead of the browser's."""

    name: str
    host: str
    port: int
    tls: bool = False
    rewrite_host: bool = False

    @property
    def authority(self) -> str:
        default = 443 if self.tls else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"


def upstream_from_text(text: str, rewrite_host: Iterable[str] = ()) -> Upstream:
    """`NAME=URL`, or a URL alone, whose name is then `main`. The URL has no path: paths pass as they are."""
    name, separator, url = text.partition("=")
    if not separator or "/" in name:
        name, url = "main", text
    parts = urlsplit(url if "//" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not NAME.fullmatch(name) or parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        raise WireError(
            "invalid",
            f"{text!r} is no upstream",
            path="/upstream",
            allowed=["NAME=http://HOST:PORT", "NAME=https://HOST"],
        )
    if port == -1 or parts.path not in ("", "/") or parts.query:
        raise WireError(
            "invalid",
            f"{text!r} is more than a host and a port",
            path="/upstream",
            allowed=[f"{name}={parts.scheme}://{parts.hostname}:PORT"],
        )
    tls = parts.scheme in ("https", "wss")
    return Upstream(name, parts.hostname, port or (443 if tls else 80), tls, name in set(rewrite_host))


@dataclass(frozen=True)
class WireSettings:
    """`profiles` maps each profile to its port (0: any free one). The first upstream is the default."""

    upstreams: tuple[Upstream, ...]
    profiles: dict[str, int] = field(default_factory=lambda: {"alice": 0})
    bind_host: str = "127.0.0.1"
    seed: int = 0
    # Chromium re-sends a request by itself when a reused connection dies before the answer's head;
    # with `Connection: close` on every answer there are no reused connections.
    keep_alive: bool = False
    # Whether documents are made ready for panes (see documents.py): the pane script, framing, redirects.
    documents: bool = False
    # A service worker would fetch in the tabs' place, unnamed: with `documents` its script is refused.
    service_workers: bool = False
    # Where a mutation id is looked for, to name a message by.
    mutation_headers: tuple[str, ...] = ("mutation-id", "idempotency-key")
    mutation_pointers: tuple[str, ...] = ("/mutation_id", "/payload/mutation_id")

    connections_max: int = 1000
    head_bytes_max: int = 65_536
    # A request or answer is taken whole before a rule or a person decides about it, up to this size;
    # above it only its head waits, and rules that read payloads do not fit it.
    body_bytes_max: int = 8 * 1024 * 1024
    chunk_bytes_max: int = 65_536
    message_bytes_max: int = 64 * 1024 * 1024
    # What may pile up in one direction of a connection before the wire stops reading.
    lane_bytes_max: int = 64 * 1024 * 1024
    read_buffer_bytes_max: int = 262_144
    upstream_connect_ms_max: int = 10_000
    upstream_idle_ms_max: int = 500
    upstream_idle_sockets_max: int = 8
    close_ms_max: int = 2000
    linger_ms_max: int = 1000
    resend_ms_max: int = 2000
    events_max: int = 20_000
    events_bytes_max: int = 32 * 1024 * 1024
    payload_bytes_max: int = 65_536  # of one payload in GET /events
    wait_ms_max: int = 30_000  # of a control request that waits for something

    def __post_init__(self) -> None:
        if not self.upstreams:
            raise WireError("invalid", "no upstream", path="/upstreams", allowed=["NAME=URL"])
        names = [upstream.name for upstream in self.upstreams]
        if len(set(names)) < len(names):
            raise WireError("invalid", f"two upstreams share a name: {', '.join(names)}", path="/upstreams")
        for name in self.profiles:
            check_profile(name, "/profiles")
