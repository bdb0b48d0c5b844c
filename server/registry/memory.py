"""The embedded default: what it holds is gone with the process, as the connections are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from .base import Admitted, Counts, Entry, Registry, RegistryLimits


class MemoryRegistry(Registry):
    """`now_ms` never goes back."""

    def __init__(self, limits: RegistryLimits, now_ms: Callable[[], float]) -> None:
        self._limits = limits
        self._now_ms = now_ms
        self._entries: dict[str, Entry] = {}
        self._leases: dict[str, float] = {}

    async def admit(self, entry: Entry) -> Admitted:
        self._reap()
        limits, counts = self._limits, await self.counts()
        if entry.connection_id in self._entries:
            return "taken"
        if 0 < limits.per_user_max <= counts.per_user.get(entry.session_token, 0):
            return "user_full"
        if 0 < limits.connections_max <= counts.everybody:
            return "full"
        self._leases.setdefault(entry.gateway_instance_id, self._now_ms() + limits.lease_ms)
        self._entries[entry.connection_id] = entry
        return "admitted"

    async def stand(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._leases.setdefault(entry.gateway_instance_id, self._now_ms() + self._limits.lease_ms)
            self._entries[entry.connection_id] = entry

    async def switch(self, connection_id: str, channel: str) -> None:
        entry = self._entries.get(connection_id)
        if entry is not None:
            channels = tuple(sorted({*entry.channels, channel}))
            self._entries[connection_id] = replace(entry, channel=channel, channels=channels)

    async def remove(self, connection_id: str) -> None:
        self._entries.pop(connection_id, None)

    async def renew(self, instance: str, entries: Sequence[Entry], arriving: Sequence[str] = ()) -> None:
        await self.stand(entries)
        self._leases[instance] = self._now_ms() + self._limits.lease_ms
        standing = {entry.connection_id for entry in entries} | set(arriving)
        self._forget(lambda each: each.gateway_instance_id == instance and each.connection_id not in standing)
        self._reap()

    async def entry(self, connection_id: str) -> Entry | None:
        self._reap()
        return self._entries.get(connection_id)

    async def members(self, channel: str) -> list[str]:
        self._reap()
        return sorted(each.connection_id for each in self._entries.values() if channel in each.channels)

    async def counts(self) -> Counts:
        self._reap()
        entries = self._entries.values()
        return Counts(
            everybody=len(entries),
            per_user=dict(Counter(each.session_token for each in entries if each.session_token)),
            by_channel=dict(Counter(channel for each in entries for channel in each.channels)),
            by_gateway=dict(Counter(each.gateway_instance_id for each in entries)),
        )

    async def close(self) -> None:
        pass

    def _reap(self) -> None:
        now_ms = self._now_ms()
        dead = {instance for instance, until_ms in self._leases.items() if until_ms <= now_ms}
        if dead:
            self._forget(lambda each: each.gateway_instance_id in dead)
            self._leases = {each: until for each, until in self._leases.items() if each not in dead}

    def _forget(self, is_gone: Callable[[Entry], bool]) -> None:
        self._entries = {key: each for key, each in self._entries.items() if not is_gone(each)}
