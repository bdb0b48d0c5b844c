"""A Redis server of our own: found on the PATH, on a free port, in a folder that goes away.

Owns its life and its data folder. Refuses to know what is stored in it.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Self

from .process import LineSink, WatchedProcess, WorldError

PORT_TRIES_MAX = 5

MISSING = (
    "no redis-server on the PATH: install it (apt-get install redis-server, dnf install redis, "
    "brew install redis), or set TEST_REDIS_URL to a Redis that may be written to"
)


def redis_executable() -> str:
    found = shutil.which("redis-server")
    if found is None:
        raise WorldError(MISSING)
    return found


class RedisProcess(WatchedProcess):
    """One Redis server on loopback.

    With `append_only` every acknowledged write is on disk before the answer (fsync always);
    without it a restart forgets everything. `start` after `stop` or `kill` keeps the port and,
    with `append_only`, the data; `wipe` before it loses them.
    """

    name = "redis-server"
    ready_line = re.compile(r"Ready to accept connections")
    # While its first append-only file is written (a new replica does that) Redis declines to end, and forgets
    # that it was asked. It is one thread: whoever was declined was so before it tells of that file's end.
    stoppable_line = re.compile(r"Background AOF rewrite terminated")

    def __init__(self, *, append_only: bool = False, on_line: LineSink | None = None) -> None:
        super().__init__(on_line=on_line)
        self._append_only = append_only
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="syncbed-redis-")
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": self._folder.name,
            "save": "",
            "appendonly": "yes" if self._append_only else "no",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
        }
        return [
            redis_executable(),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ]

    def start(self) -> Self:
        if self.port:
            return super().start()
        # Redis cannot be asked for any free port, and a port found free may be taken a moment later.
        for tries_left in reversed(range(PORT_TRIES_MAX)):
            self.port = _free_port()
            try:
                return super().start()
            except WorldError as error:
                self.port = 0
                if tries_left == 0 or "Address already in use" not in error.output:
                    raise
        raise AssertionError("unreachable")

    def restart(self, *, keep_data: bool = True) -> Self:
        """Kill it and start it again on the same port: what a crash of the machine does."""
        self.kill()
        if not keep_data:
            self.wipe()
        return self.start()

    def wipe(self) -> None:
        """Throw its data folder away. Only while it is not running."""
        if self.running:
            raise WorldError("wipe a Redis that is not running: stop or kill it first")
        if self._folder is not None:
            for entry in Path(self._folder.name).iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def log_bytes(self) -> int:
        """How much of it its append-only file holds by now: every write that was answered is in there."""
        return self._log().stat().st_size

    def lose_tail(self, log_bytes: int) -> None:
        """Keep so much of its append-only file, as a power failure may. Only while it is not running."""
        if self.running:
            raise WorldError("cut the log of a Redis that is not running: stop or kill it first")
        os.truncate(self._log(), log_bytes)

    def _log(self) -> Path:
        """The file that it appends to; there are more of them only after a rewrite."""
        if self._folder is None or not self._append_only:
            raise WorldError("this Redis has no log: start it with append_only")
        [path] = Path(self._folder.name, "appendonlydir").glob("*.incr.aof")
        return path

    def __exit__(self, *exc: object) -> None:
        try:
            super().__exit__(*exc)
        finally:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
