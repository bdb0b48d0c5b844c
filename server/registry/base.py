"""The registry contract. `tests/registry` runs one suite over every implementation.

An instance holds its entries under a lease. It renews it by saying everything that stands; whatever else the
registry has of it is forgotten then, and all of it once the lease is over. So a lost answer, an instance that
was killed, and a store that came back empty are put right by one and the same thing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..core import json_text

Admitted = Literal["admitted", "taken", "user_full", "full"]
"""`taken`: there is a connection of that id."""


@dataclass(frozen=True, slots=True)
class RegistryLimits:
    """0 is no limit."""

    per_user_max: int = 5
    connections_max: int = 1000
    lease_ms: int = 9000
    """An instance that has not renewed for so long is dead."""
    ttl_s: int = 3600
    """Of every key, should nobody be left to forget it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One connection. Times are ISO 8601, in UTC."""

    connection_id: str
    session_token: str
    """Whose it is; empty for somebody without a session, whom no limit per user counts."""
    gateway_instance_id: str
    channel: str
    """The one it used last."""
    channels: tuple[str, ...]
    connected_at: str
    last_activity: str
    last_heartbeat: str
    """When it last answered a ping."""
    user_id: str = ""

    def fields(self) -> dict[str, str]:
        """As it stands in the registry's hash."""
        return {
            "connection_id": self.connection_id,
            "session_token": self.session_token,
            "channel": self.channel,
            "connected_at": self.connected_at,
            "last_activity": self.last_activity,
            "last_heartbeat": self.last_heartbeat,
            "gateway_instance_id": self.gateway_instance_id,
            "metadata": json_text.dumps({"user_id": self.user_id} if self.user_id else {}),
        }

    def told(self) -> dict[str, Any]:
        """As it is told over HTTP."""
        return self.fields() | {
            "metadata": {"user_id": self.user_id} if self.user_id else {},
            "channels": sorted(self.channels),
        }


@dataclass(frozen=True, slots=True)
class Counts:
    everybody: int
    per_user: dict[str, int]
    by_channel: dict[str, int]
    by_gateway: dict[str, int]

    def told(self) -> dict[str, Any]:
        return {
            "global": self.everybody,
            "per_user": self.per_user,
            "by_channel": self.by_channel,
            "by_gateway": self.by_gateway,
        }


class Registry(ABC):
    """BrokerUnavailableError and IndefiniteError mean what they mean for a broker."""

    @abstractmethod
    async def admit(self, entry: Entry) -> Admitted:
        """Count, decide and write: one atomic step, so that a limit holds in any race of any instances."""

    @abstractmethod
    async def stand(self, entries: Sequence[Entry]) -> None:
        """These are there, as they are, whatever the limits say."""

    @abstractmethod
    async def switch(self, connection_id: str, channel: str) -> None:
        """It uses this channel now, besides those that it is on; nothing, if there is no such connection.

        What it costs does not depend on how many these are.
        """

    @abstractmethod
    async def remove(self, connection_id: str) -> None: ...

    @abstractmethod
    async def renew(self, instance: str, entries: Sequence[Entry], arriving: Sequence[str] = ()) -> None:
        """These are all the instance has, besides those that `admit` may or may not have let in yet.

        Dead instances are reaped.
        """

    @abstractmethod
    async def entry(self, connection_id: str) -> Entry | None: ...

    @abstractmethod
    async def members(self, channel: str) -> list[str]:
        """The ids of the connections on a channel, in order."""

    @abstractmethod
    async def counts(self) -> Counts: ...

    @abstractmethod
    async def close(self) -> None: ...
