"""Test mode: what this server does to one client on purpose, and the transports it can do it to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

Abort = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Faults:
    delay_ms: int = 0
    """Every request waits so long before it is looked at."""
    offline: bool = False
    """Every transport is aborted, those that live and those that come."""
    refuse_next: bool = False
    """The next write is refused, once."""


NO_FAULTS = Faults()


@dataclass(slots=True)
class _Client:
    faults: Faults = NO_FAULTS
    transports: set[Abort] = field(default_factory=set)


class ClientFaults:
    """Faults by client id.

    A client without faults is known while it has a transport. Of those with faults and without a
    transport the longest unused are forgotten, once there are more than `clients_max` clients.
    """

    def __init__(self, clients_max: int) -> None:
        self._clients_max = clients_max
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def of(self, client_id: str | None) -> Faults:
        client = None if client_id is None else self._clients.get(client_id)
        return NO_FAULTS if client is None else client.faults

    def set(self, client_id: str, faults: Faults) -> None:
        client = self._client(client_id)
        client.faults = faults
        if faults.offline:
            self.cut(client_id)
        self._forget_if_idle(client_id, client)

    def take_refusal(self, client_id: str | None) -> bool:
        """Whether this write is the one to refuse; the fault is used up by it."""
        faults = self.of(client_id)
        if client_id is None or not faults.refuse_next:
            return False
        client = self._client(client_id)
        client.faults = replace(faults, refuse_next=False)
        self._forget_if_idle(client_id, client)
        return True

    def give_back_refusal(self, client_id: str | None) -> None:
        """The write was a repeat, answered as it was the first time: the next one is to be refused."""
        if client_id is not None:
            self._client(client_id).faults = replace(self.of(client_id), refuse_next=True)

    def cut(self, client_id: str) -> int:
        """Abort everything that this client has open; answer how many that were."""
        client = self._clients.get(client_id)
        if client is None:
            return 0
        aborts, client.transports = client.transports, set()
        for abort in aborts:
            abort()
        return len(aborts)

    def opened(self, client_id: str, abort: Abort) -> None:
        self._client(client_id).transports.add(abort)

    def closed(self, client_id: str, abort: Abort) -> None:
        client = self._clients.get(client_id)
        if client is not None:
            client.transports.discard(abort)
            self._forget_if_idle(client_id, client)

    def _client(self, client_id: str) -> _Client:
        client = self._clients.setdefault(client_id, _Client())
        self._clients.move_to_end(client_id)
        if len(self._clients) > self._clients_max:
            others = (key for key, other in self._clients.items() if other is not client)
            idle = next((key for key in others if not self._clients[key].transports), None)
            if idle is not None:
                del self._clients[idle]
        return client

    def _forget_if_idle(self, client_id: str, client: _Client) -> None:
        if client.faults == NO_FAULTS and not client.transports:
            self._clients.pop(client_id, None)
