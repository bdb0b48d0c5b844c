"""One set of servers and its data, ended together.

Owns the order of ending: what was started last goes first, and one that fails to stop does
not keep the others alive.
"""

from __future__ import annotations

import itertools
import uuid
from contextlib import ExitStack
from typing import Self

from .process import LineSink
from .redis import RedisProcess
from .reference import ReferenceProcess, Setting


class World:
    """Starts servers and ends all of them when it is closed.

    Its reference servers use one key prefix of their own, so those that share a Redis are
    instances of one world, and two worlds may share a Redis without meeting.

    `on_line` hears every line that the reference servers print, numbered. Redis is left out:
    it talks much and says little, and its last words are in the error when it dies.
    """

    def __init__(self, *, on_line: LineSink | None = None) -> None:
        self._on_line = on_line
        self._running = ExitStack()
        self._number = itertools.count(1)
        self._redis_prefix = f"world-{uuid.uuid4().hex[:12]}"

    def redis(self, *, append_only: bool = False) -> RedisProcess:
        """A Redis of this world alone; see `RedisProcess`."""
        return self._running.enter_context(RedisProcess(append_only=append_only))

    def reference(self, **settings: Setting) -> ReferenceProcess:
        """A reference server in test mode, with `settings` on top; see `ReferenceProcess`."""
        chosen = {"test_mode": True, "redis_prefix": self._redis_prefix, **settings}
        process = ReferenceProcess(self._labelled(), **chosen)
        return self._running.enter_context(process)

    def close(self) -> None:
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _labelled(self) -> LineSink | None:
        sink, label = self._on_line, f"[reference {next(self._number)}] "
        return None if sink is None else lambda line: sink(label + line)
