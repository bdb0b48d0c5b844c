"""One listening port a profile: the port names the profile, and closing it makes a refusal real."""

import asyncio
import socket as stdlib_socket
from collections.abc import Callable

from .errors import WireError
from .settings import WireSettings
from .sockets import Socket

BACKLOG = 512


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a profile could have this port now. 0, which is any, is always free."""
    try:
        bound(host, port).close()
    except OSError:
        return False
    return True


def bound(host: str, port: int) -> stdlib_socket.socket:
    """A socket that has the port and does not listen yet. Raises `OSError`."""
    raw = stdlib_socket.socket(stdlib_socket.AF_INET, stdlib_socket.SOCK_STREAM)
    raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEADDR, 1)
    try:
        raw.bind((host, port))
    except OSError:
        raw.close()
        raise
    return raw


class Listeners:
    def __init__(self, settings: WireSettings, opened: Callable[[str, Socket], None]) -> None:
        self.ports: dict[str, int] = dict(settings.profiles)
        self._settings = settings
        self._opened = opened
        self._servers: dict[str, asyncio.Server] = {}
        self._reserved: dict[str, stdlib_socket.socket] = {}  # bound, and not listened on yet
        self._asleep: set[str] = set()  # reserved, and not to be listened on

    def reserve(self, profile: str, port: int) -> None:
        """Take a port for a profile and listen later: until then the kernel refuses. Raises `WireError`."""
        self.ports[profile] = port
        try:
            self._reserved[profile] = self._bind(profile)
            self._asleep.add(profile)
        except WireError:
            del self.ports[profile]
            raise

    def _bind(self, profile: str) -> stdlib_socket.socket:
        try:
            raw = bound(self._settings.bind_host, self.ports[profile])
        except OSError as error:
            raise WireError(
                "listener",
                f"port {self.ports[profile]} of {profile} cannot be opened: {error.strerror}",
                path=f"/profiles/{profile}",
            ) from error
        self.ports[profile] = raw.getsockname()[1]
        return raw

    async def open(self, profile: str) -> None:
        """Listen on the profile's port (the same one again, once it was chosen). Raises `WireError`."""
        if profile in self._servers:
            return
        settings = self._settings
        raw = self._reserved.pop(profile, None) or self._bind(profile)
        self._servers[profile] = await asyncio.get_running_loop().create_server(
            lambda: Socket(
                lambda socket: self._opened(profile, socket),
                buffer_bytes_max=settings.read_buffer_bytes_max,
                linger_ms_max=settings.linger_ms_max,
            ),
            sock=raw,
            backlog=BACKLOG,
        )

    def close(self, profile: str) -> None:
        """Stop listening: from now on the kernel refuses. Living connections are left alone."""
        server = self._servers.pop(profile, None)
        if server is not None:
            server.close()

    def forget(self, profile: str) -> None:
        """Close it for good: its port is free for anybody."""
        self.close(profile)
        reserved = self._reserved.pop(profile, None)
        if reserved is not None:
            reserved.close()
        self._asleep.discard(profile)
        del self.ports[profile]

    def is_reserved(self, profile: str) -> bool:
        return profile in self._asleep

    def release(self, profile: str) -> None:
        """A reserved port may be listened on now."""
        self._asleep.discard(profile)

    def wanted(self) -> list[str]:
        """The profiles to listen for, unless a rule keeps them from it."""
        return [profile for profile in self.ports if profile not in self._asleep]

    def is_open(self, profile: str) -> bool:
        return profile in self._servers

    def close_all(self) -> None:
        for profile in list(self._servers):
            self.close(profile)
        for raw in self._reserved.values():
            raw.close()
        self._reserved.clear()
