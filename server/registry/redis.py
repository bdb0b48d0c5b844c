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

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any

from ..brokers.redis_scripts import Pool, Script, run
from ..core import json_text
from .base import Admitted, Counts, Entry, Registry, RegistryLimits

NAMES = ("admit", "stand", "remove", "renew", "entry", "members", "counts")
_LUA = files(__package__) / "lua"
SCRIPTS = {name: Script(_LUA / "entries.lua", _LUA / f"{name}.lua") for name in NAMES}

BATCH = 200
"""Entries that one script writes: Redis does nothing else meanwhile."""


class RedisRegistry(Registry):
    def __init__(self, pool: Pool, prefix: str, limits: RegistryLimits) -> None:
        self._pool = pool
        self._base = f"{prefix}:{{websocket}}:"
        self._limits = limits

    async def admit(self, entry: Entry) -> Admitted:
        limits = [str(self._limits.per_user_max), str(self._limits.connections_max)]
        answer = await self._run("admit", *limits, *_written(entry))
        admitted: Admitted = answer.decode()
        return admitted

    async def stand(self, entries: Sequence[Entry]) -> None:
        remaining = iter(entries)
        while batch := list(islice(remaining, BATCH)):
            arguments = [text for entry in batch for text in _written(entry)]
            await self._run("stand", batch[0].gateway_instance_id, *arguments)

    async def remove(self, connection_id: str) -> None:
        await self._run("remove", connection_id)

    async def renew(self, instance: str, entries: Sequence[Entry], arriving: Sequence[str] = ()) -> None:
        await self.stand(entries)
        await self._run("renew", instance, *(entry.connection_id for entry in entries), *arriving)

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
