"""The broker contract. `tests/brokers` runs one suite over every implementation.

A broker keeps, per channel, an epoch, a dense offset and a bounded log; per collection (which is a channel
with items) the items and the mutations that were seen. It delivers every event of a joined channel to its
listener, in order, once per instance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from ..core.commit import Item, Mutation, Outcome
from ..core.events import NOWHERE, Event, Position
from ..core.offline_queue import QueueLimits, Waiting
from ..telemetry.spans import traceparent


class BrokerUnavailableError(Exception):
    """The broker cannot be reached; what was asked certainly did not happen."""


class IndefiniteError(Exception):
    """The broker's answer was lost: what was asked may have happened."""


class LogGoneError(Exception):
    """The log does not reach back to the position asked for; `position` is where the channel stands."""

    def __init__(self, position: Position) -> None:
        super().__init__(f"the log stands at offset {position.offset} of epoch {position.epoch}")
        self.position = position


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    history_events_max: int
    mutations_remembered_max: int
    mutations_remembered_s: int
    item_bytes_max: int = 64_000
    """Of an item in JSON, whatever number of changes it grew by."""
    queue: QueueLimits = field(default_factory=QueueLimits)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`delivered` events, those that had waited included; `waiting` messages still wait."""

    delivered: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The items of a collection, in the order of their creation, and the position they stand for."""

    items: list[Item]
    position: Position


def signal_of(channel: str, name: str, payload: str, sender: str) -> Event:
    return Event(channel, name, payload, NOWHERE, sender=sender, trace=traceparent())


class Listener(Protocol):
    """Who hears the broker. Every call comes from the event loop that opened the broker."""

    def received(self, event: Event) -> None: ...

    def connected(self) -> None:
        """The broker delivers again. Every channel has to be joined anew, and may have missed events."""

    def disconnected(self, why: str) -> None: ...


class Broker(ABC):
    name: str

    @abstractmethod
    async def open(self, listener: Listener) -> None:
        """Connect; StartupError with one clear line if that cannot be."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def survives(self) -> str:
        """What an acknowledged write survives, in one sentence."""

    # channels

    @abstractmethod
    async def join(self, channel: str) -> Position:
        """Deliver the channel's events from now on; answer a position that none of them precedes."""

    @abstractmethod
    async def leave(self, channel: str) -> None: ...

    @abstractmethod
    async def position(self, channel: str) -> Position: ...

    @abstractmethod
    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Event:
        """Append an event that commits nothing. `payload` is JSON text; `sender` holds no line break."""

    @abstractmethod
    async def signal(self, channel: str, name: str, payload: str, sender: str = "") -> int:
        """Tell whoever has joined the channel at this moment, and keep nothing: no log, no offset.

        The answer says how many instances heard it, as one atomic step; 0: nobody is there. The channel is
        one that `carries_signals`; its position is NOWHERE.
        """

    @abstractmethod
    async def log(self, channel: str, after: Position | None, limit: int) -> list[Event]:
        """The events after a position (None: the start of this epoch), oldest first; or LogGoneError."""

    # who may be away

    @abstractmethod
    async def deliver(self, channel: str, message: Waiting, *, again: bool = False) -> Delivery:
        """If any instance has joined the channel: publish what waits for it, then this; else it waits.

        One atomic step. `again`: it was published, and this instance had nobody left to hand it to; so
        nothing is done if another instance listens, which has handed it out.
        """

    @abstractmethod
    async def flush(self, channel: str, now_ms: int) -> Delivery:
        """Publish what waits, if any instance has joined the channel."""

    # collections

    @abstractmethod
    async def read(self, collection: str) -> Snapshot: ...

    @abstractmethod
    async def commit(self, collection: str, mutation: Mutation) -> Outcome:
        """Decide, write, remember, take the next offset, log and publish: one atomic step or nothing.

        A mutation with a client id and a mutation id is idempotent: a repeat answers with the first
        outcome; an id below the last one that is no longer remembered is `stale_mutation`.

        A mutation with a fence is refused, as `stale_fence` and without a trace, if the client has shown this
        collection a greater one; otherwise its fence is the client's from now on, however it ends.
        """
