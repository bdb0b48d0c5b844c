"""The registry in Redis: several instances behind one Redis count as one gateway.

The keys are those of seed 002 behind our prefix, with their first word as the hash tag, so that a script
finds all of them on one node of a cluster:

    <prefix>:{websocket}:connection:<id>                  hash  see `Entry.fields`
    <prefix>:{websocket}:connection:<id>:channels         set   the channels it is on
    <prefix>:{websocket}:channel:<channel>:connections    set   of ids
    <prefix>:{websocket}:user:<session>:connections       set   of ids
    <prefix>:{websocket}:gateway:<instance>:connections   set   of ids
    <prefix>:{websocket}:gateways                         zset  instance -> when its lease is over
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

from ..brokers.redis_scripts import Pool, Script, run
from ..core import json_text
from .base import Admitted, Counts, Entry, Registry, RegistryLimits

NAMES = ("admit", "stand", "switch", "remove", "renew", "entry", "members", "counts")
_LUA = files(__package__) / "lua"
SCRIPTS = {name: Script(_LUA / "entries.lua", _LUA / f"{name}.lua") for name in NAMES}

BATCH = 1000
"""Memberships that one script writes, or those of one entry: Redis does nothing else meanwhile."""


class RedisRegistry(Registry):
    def __init__(self, pool: Pool, prefix: str, limits: RegistryLimits) -> None:
        self._pool = pool
        self._base = f"{prefix}:{{websocket}}:"
        self._limits = limits
        self._told: dict[str, tuple[Entry, float]] = {}
        """What was written of each connection, and when."""

    async def admit(self, entry: Entry) -> Admitted:
        limits = [str(self._limits.per_user_max), str(self._limits.connections_max)]
        answer = await self._run("admit", *limits, *_written(entry))
        admitted: Admitted = answer.decode()
        return admitted

    async def stand(self, entries: Sequence[Entry]) -> None:
        for batch in _batches(entries):
            arguments = [text for entry in batch for text in _written(entry)]
            await self._run("stand", batch[0].gateway_instance_id, *arguments)
            now_s = time.monotonic()
            self._told |= {entry.connection_id: (entry, now_s) for entry in batch}

    async def switch(self, connection_id: str, channel: str) -> None:
        """The next beat says it again, should this be lost."""
        self._told.pop(connection_id, None)
        await self._run("switch", connection_id, channel)

    async def remove(self, connection_id: str) -> None:
        self._told.pop(connection_id, None)
        await self._run("remove", connection_id)

    async def renew(self, instance: str, entries: Sequence[Entry], arriving: Sequence[str] = ()) -> None:
        """Only what is not there, has changed, or is about to expire is written again."""
        ids = [entry.connection_id for entry in entries]
        missing = {_text(id_) for id_ in await self._run("renew", instance, *ids, *arriving)}
        self._told = {id_: self._told[id_] for id_ in ids if id_ in self._told and id_ not in missing}
        old_s = time.monotonic() - self._limits.ttl_s / 2
        known = {id_: entry for id_, (entry, at_s) in self._told.items() if at_s > old_s}
        await self.stand([entry for entry in entries if known.get(entry.connection_id) != entry])

    async def entry(self, connection_id: str) -> Entry | None:
        flat, channels = await self._run("entry", connection_id)
        texts = [_text(each) for each in flat]
        found = dict(zip(texts[::2], texts[1::2], strict=True))
        if "metadata" not in found:
            return None
        user_id = json_text.loads(found.pop("metadata")).get("user_id", "")
        return Entry(**found, channels=tuple(map(_text, channels)), user_id=user_id)

    async def members(self, channel: str) -> list[str]:
        return sorted(map(_text, await self._run("members", channel)))

    async def counts(self) -> Counts:
        rows = [list(map(_text, row)) for row in await self._run("counts")]
        return Counts(
            everybody=len(rows),
            per_user=dict(Counter(row[1] for row in rows if row[1])),
            by_channel=dict(Counter(channel for row in rows for channel in row[2:])),
            by_gateway=dict(Counter(row[0] for row in rows)),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def _run(self, name: str, *arguments: str) -> Any:
        fixed = [self._base, str(self._limits.ttl_s), str(self._limits.lease_ms)]
        return await run(
            self._pool, SCRIPTS[name], [f"{self._base}gateways"], [*fixed, *map(_bytes, arguments)]
        )


def _batches(entries: Sequence[Entry]) -> Iterable[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        adds = len(entry.channels) + 2  # its instance and its session
        if batch and size + adds > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += adds
    if batch:
        yield batch


def _written(entry: Entry) -> Iterable[str]:
    fields = entry.fields()
    yield from (entry.connection_id, entry.gateway_instance_id, entry.session_token, str(len(fields)))
    for name, value in fields.items():
        yield from (name, value)
    yield from (str(len(entry.channels)), *entry.channels)


def _bytes(text: str) -> bytes:
    """A client's text may hold half of a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def _text(found: bytes) -> str:
    return found.decode("utf-8", "surrogatepass")
