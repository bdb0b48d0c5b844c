"""The servers of one run: started as the scenario asks, killed and restarted by its steps.

Owns which instance is up, and knows of each whether its end was asked for: a server that dies by
itself ends the run, with its last words.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .. import scenario, world
from ..world.reference import Setting
from .errors import RunError

T = TypeVar("T")


async def in_thread(call: Callable[..., T], *arguments: object, **options: object) -> T:
    """A process starts and ends in a thread: the wire goes on meanwhile."""
    return await asyncio.to_thread(functools.partial(call, *arguments, **options))


class Servers:
    """`instances` maps a, b, c to their processes; `redis` is None for a world in memory."""

    def __init__(self, asked: scenario.World, log: Path | None, settings: dict[str, Setting]) -> None:
        self._asked = asked
        self._log = log.open("w", encoding="utf-8") if log is not None else None
        self._lock = threading.Lock()
        self._world = world.World(on_line=self._heard)
        self._settings = settings
        self._down: set[str] = set()  # ended because a step said so
        self.redis: world.RedisProcess | None = None
        self.instances: dict[str, world.ReferenceProcess] = {}

    async def start(self) -> None:
        settings = dict(self._settings)
        if self._asked.broker == "redis":
            self.redis = await in_thread(self._world.redis, append_only=self._asked.append_only)
            settings["redis_url"] = self.redis.url
        for name in self._asked.instance_names:
            self.instances[name] = await in_thread(self._world.reference, **settings)

    async def close(self) -> None:
        """End all. What one of them says about its own death is in `deaths` already."""
        try:
            await in_thread(self._world.close)
        except world.WorldError:
            pass
        finally:
            if self._log is not None:
                self._log.close()

    # By a step

    async def kill(self, instance: str) -> None:
        self._down.add(instance)
        await in_thread(self.instances[instance].kill)

    async def stop(self, instance: str) -> None:
        self._down.add(instance)
        await in_thread(self.instances[instance].stop)

    async def start_again(self, instance: str) -> None:
        process = self.instances[instance]
        if not process.running:
            await in_thread(process.start)
        self._down.discard(instance)

    async def stop_redis(self) -> None:
        await in_thread(self._redis().stop)

    async def start_redis(self) -> None:
        if not self._redis().running:
            await in_thread(self._redis().start)

    async def restart_redis(self, *, keep_data: bool) -> None:
        await in_thread(self._redis().restart, keep_data=keep_data)

    async def start_what_is_down(self) -> list[str]:
        """Everything runs again; what had to be started is told."""
        started = []
        if self.redis is not None and not self.redis.running:
            await self.start_redis()
            started.append("redis")
        for name in sorted(self._down):
            await self.start_again(name)
            started.append(name)
        return started

    # What can be seen

    def url(self, instance: str) -> str:
        return self.instances[instance].url

    def running(self) -> list[str]:
        return [name for name, process in self.instances.items() if process.running]

    def pid(self, name: str) -> int:
        return self._redis().pid if name == "redis" else self.instances[name].pid

    def deaths(self) -> list[str]:
        """The instances that died though no step had asked for it, with their last words."""
        return [
            f"instance {name} died unasked; its last words:\n{process.output}"
            for name, process in self.instances.items()
            if name not in self._down and not process.running
        ]

    def _redis(self) -> world.RedisProcess:
        if self.redis is None:
            raise RunError("this world has no Redis: its broker is memory")
        return self.redis

    def _heard(self, line: str) -> None:
        # From the reader threads of the processes.
        with self._lock:
            if self._log is not None and not self._log.closed:
                self._log.write(line + "\n")
