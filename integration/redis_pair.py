"""A master and a replica, two real Redis servers, and how one follows the other, or does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis as redis_client

from integration.tcp_relay import TcpRelay
from integration.waiting import until
from syncbed.world import RedisProcess, World


class Pair:
    """A master and a replica of it, and the one address, `url`, at which the world finds the master.

    The replica follows over a line of its own, and that can be cut.
    """

    def __init__(self, master: RedisProcess, replica: RedisProcess, front: TcpRelay, line: TcpRelay) -> None:
        self.master, self.replica = master, replica
        self._front, self._line = front, line

    @property
    def url(self) -> str:
        return self._front.url

    async def follow(self) -> None:
        """The replica has all that the master has, from now on until `lag`."""
        await replicate(self.replica, self._line.url)
        await self.in_step()

    async def in_step(self) -> None:
        await until(lambda: standing(self.replica) == standing(self.master))

    async def lag(self) -> None:
        """What is written from now on does not reach the replica."""
        await self._line.sever()
        await until(lambda: info(self.replica)["master_link_status"] == "down")

    async def lose_master(self) -> None:
        """Nothing is found at its address, and it is dead."""
        await self._front.sever()
        self.master.kill()

    async def fail_over(self) -> None:
        """The replica is the master, and is found where the old one was; that one may live on."""
        await self._front.sever()
        await promote(self.replica)
        await self._front.lead_to(self.replica.url)

    async def fail_back(self) -> None:
        """The old master takes over what the other one has, and is the master again."""
        await replicate(self.master, self.replica.url)
        await until(lambda: standing(self.master) == standing(self.replica))
        await self._front.sever()
        await promote(self.master)
        await self._front.lead_to(self.master.url)

    async def demote(self) -> None:
        """The replica is promoted, the old master follows it, and no connection to it ends."""
        await promote(self.replica)
        self._front.lead_next_to(self.replica.url)
        await replicate(self.master, self.replica.url)


def client_of(redis: RedisProcess) -> Any:
    return redis_client.Redis.from_url(redis.url)


def info(redis: RedisProcess) -> dict[str, Any]:
    found: dict[str, Any] = client_of(redis).info("replication")
    return found


def standing(redis: RedisProcess) -> dict[bytes, bytes]:
    client = client_of(redis)
    return {key: client.dump(key) for key in client.keys("*")}


async def replicate(redis: RedisProcess, url: str) -> None:
    host, port = url.removeprefix("redis://").removesuffix("/0").split(":")
    client_of(redis).replicaof(host, port)
    await until(lambda: info(redis)["master_link_status"] == "up")


async def promote(redis: RedisProcess) -> None:
    client_of(redis).replicaof("NO", "ONE")
    await until(lambda: info(redis)["role"] == "master")


@asynccontextmanager
async def redis_pair(world: World) -> AsyncIterator[Pair]:
    master, replica = world.redis(append_only=True), world.redis(append_only=True)
    for redis in (master, replica):
        client_of(redis).config_set("repl-diskless-sync-delay", 0)
    async with TcpRelay(master.url) as front, TcpRelay(master.url) as line:
        yield Pair(master, replica, front, line)
