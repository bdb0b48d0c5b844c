"""Connections to the servers behind the wire.

A request gets a socket of its own while it runs. An idle one is used again only if it is still open
and not old (`upstream_idle_ms_max`): after bytes were written a request is never sent again, so a
socket that the server is about to close would cost an answer. Sockets are never shared between
profiles.
"""

import asyncio
import ssl
import time

import h11

from .peer import HttpPeer
from .settings import Upstream, WireSettings
from .sockets import Socket

Key = tuple[str, str]


class Upstreams:
    def __init__(self, settings: WireSettings) -> None:
        self._settings = settings
        self._idle: dict[Key, list[tuple[HttpPeer, float]]] = {}
        self._tls = ssl.create_default_context() if any(u.tls for u in settings.upstreams) else None

    @property
    def known(self) -> tuple[Upstream, ...]:
        return self._settings.upstreams

    async def take(self, upstream: Upstream, profile: str) -> HttpPeer:
        """An open connection without a request on it. Raises `OSError` if there is none to be had."""
        idle = self._idle.get((upstream.name, profile), [])
        while idle:
            peer, since = idle.pop()
            young = (time.monotonic() - since) * 1000 < self._settings.upstream_idle_ms_max
            if young and peer.socket.reusable and not peer.has_more:
                peer.socket.on_end = None
                return peer
            peer.socket.close()
        return await self._open(upstream)

    async def _open(self, upstream: Upstream) -> HttpPeer:
        settings = self._settings
        loop = asyncio.get_running_loop()
        context = self._tls if upstream.tls else None
        try:
            async with asyncio.timeout(settings.upstream_connect_ms_max / 1000):
                _, socket = await loop.create_connection(
                    lambda: Socket(
                        buffer_bytes_max=settings.read_buffer_bytes_max, linger_ms_max=settings.linger_ms_max
                    ),
                    upstream.host,
                    upstream.port,
                    ssl=context,
                    server_hostname=upstream.host if context else None,
                )
        except TimeoutError as error:
            raise OSError(f"no connection within {settings.upstream_connect_ms_max} ms") from error
        return HttpPeer(socket, h11.CLIENT, settings.head_bytes_max)

    def give_back(self, upstream: Upstream, profile: str, peer: HttpPeer) -> None:
        """A connection whose request is over: keep it if it can carry another, else end it."""
        idle = self._idle.setdefault((upstream.name, profile), [])
        reusable = peer.can_continue and peer.socket.reusable and not peer.has_more
        if not reusable or len(idle) >= self._settings.upstream_idle_sockets_max:
            peer.socket.close()
            return
        peer.h11.start_next_cycle()
        entry = (peer, time.monotonic())
        peer.socket.on_writable = None
        peer.socket.on_end = lambda how: self._drop(idle, entry)
        idle.append(entry)

    @staticmethod
    def _drop(idle: list[tuple[HttpPeer, float]], entry: tuple[HttpPeer, float]) -> None:
        if entry in idle:
            idle.remove(entry)
        entry[0].socket.close()

    def close(self) -> None:
        for idle in self._idle.values():
            for peer, _ in idle:
                peer.socket.abort()
        self._idle.clear()
