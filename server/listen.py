"""The listening sockets: one port, on IPv4 and, for a loopback address, on IPv6 as well."""

from __future__ import annotations

import errno
import socket

from .errors import StartupError
from .settings import Settings

PORTS_TRIED_MAX = 100
PORT_MAX = 65_535


def open_sockets(settings: Settings) -> list[socket.socket]:
    """Bound sockets that share one port; StartupError in one line if that cannot be had.

    With port 0 or `port_next`, a port that only one of the two addresses has free is passed over.
    """
    hosts = ["127.0.0.1", "::1"] if settings.on_loopback else [settings.host]
    port = settings.port
    for _ in range(PORTS_TRIED_MAX):
        if port > PORT_MAX:
            break
        try:
            return _bind_all(hosts, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise StartupError(f"cannot listen on {settings.host}:{port}: {error.strerror}") from error
            if port and not settings.port_next:
                raise StartupError(
                    f"port {port} is in use; stop what uses it, or choose another with --port"
                ) from error
            port = port + 1 if port else 0
    raise StartupError(f"no free port between {settings.port} and {min(port, PORT_MAX)}")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        bound.listen(2048)
    except OSError:
        bound.close()
        raise
    return bound


def _bind_all(hosts: list[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            try:
                sockets.append(_bind(host, port))
            except OSError as error:
                if sockets and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    continue  # this machine has no IPv6
                raise
            port = sockets[0].getsockname()[1]
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return sockets
