"""The embedded default: everything in this process, gone with it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from ..core.channel_log import ChannelLog
from ..core.commit import EVENT_NAMES, Item, Mutation, Outcome, apply, event_payload, too_large
from ..core.events import NOWHERE, Event, Position, carries_signals
from ..core.json_text import dumps
from ..core.offline_queue import OfflineQueue, Waiting
from ..telemetry.spans import traceparent
from .base import Broker, BrokerLimits, Delivery, Listener, LogGoneError, Snapshot, signal_of

CLIENTS_REMEMBERED_MAX = 10_000
QUEUES_MAX = 10_000
LOGS_MAX = 10_000
"""Of channels that nobody has joined, and that are no collections."""


class MemoryBroker(Broker):
    """`epoch` must be new for every process: nothing here outlives one.

    A channel that nobody has joined may be forgotten when there are many: names are the clients' to choose.
    What was never heard of, or was forgotten, is of an epoch in which no channel was forgotten yet.
    """

    name = "memory"

    def __init__(self, limits: BrokerLimits, epoch: str) -> None:
        self._limits = limits
        self._first_epoch = self._epoch = epoch
        self._forgotten = 0
        self._listener: Listener | None = None
        self._joined: set[str] = set()
        self._logs: OrderedDict[str, ChannelLog] = OrderedDict()
        self._items: dict[str, dict[str, Item]] = {}
        self._queues: OrderedDict[str, OfflineQueue] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str], OrderedDict[int, Outcome]] = OrderedDict()
        self._fences: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def open(self, listener: Listener) -> None:
        self._listener = listener
        listener.connected()

    async def close(self) -> None:
        self._listener = None

    def survives(self) -> str:
        return "nothing: it is gone when this process ends"

    # channels

    async def join(self, channel: str) -> Position:
        self._joined.add(channel)
        return NOWHERE if carries_signals(channel) else self._log(channel).position

    async def leave(self, channel: str) -> None:
        self._joined.discard(channel)

    async def position(self, channel: str) -> Position:
        log = self._logs.get(channel)  # asking creates nothing: names are the clients' to choose
        return Position(self._epoch, 0) if log is None else log.position

    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Event:
        return self._append(channel, name, payload, commit=False, sender=sender)

    async def signal(self, channel: str, name: str, payload: str, sender: str = "") -> int:
        if channel not in self._joined or self._listener is None:
            return 0
        self._listener.received(signal_of(channel, name, payload, sender))
        return 1

    async def log(self, channel: str, after: Position | None, limit: int) -> list[Event]:
        log = self._logs.get(channel) or ChannelLog(channel, self._epoch, 1)
        events = log.since(after or Position(log.epoch, 0), limit)
        if events is None:
            raise LogGoneError(log.position)
        return events

    # who may be away

    async def deliver(self, channel: str, message: Waiting, *, again: bool = False) -> Delivery:
        if channel in self._joined:
            flushed = self._flush(channel, message.at_ms)
            self._tell(channel, replace(message, trace=message.trace or traceparent()))
            return Delivery(flushed + 1, 0)
        queue = self._queues.setdefault(channel, OfflineQueue(self._limits.queue))
        self._queues.move_to_end(channel)
        while len(self._queues) > QUEUES_MAX:
            self._queues.popitem(last=False)
        queue.push(replace(message, trace=message.trace or traceparent()))
        return Delivery(0, len(queue))

    async def flush(self, channel: str, now_ms: int) -> Delivery:
        if channel in self._joined:
            return Delivery(self._flush(channel, now_ms), 0)
        return Delivery(0, len(self._queues.get(channel, ())))

    def _flush(self, channel: str, now_ms: int) -> int:
        queue = self._queues.pop(channel, None)
        waited = [] if queue is None else queue.drain(now_ms)
        for each in waited:
            self._tell(channel, each)
        return len(waited)

    def _tell(self, channel: str, message: Waiting) -> None:
        self._append(
            channel,
            message.name,
            message.payload,
            commit=False,
            sender=message.sender,
            trace=message.trace,
        )

    # collections

    async def read(self, collection: str) -> Snapshot:
        return Snapshot(list(self._items.get(collection, {}).values()), await self.position(collection))

    async def commit(self, collection: str, mutation: Mutation) -> Outcome:
        if not self._pass_fence(collection, mutation):
            return Outcome("stale_fence", None)
        remembered = self._remembered(collection, mutation)
        if remembered is not None and mutation.mutation_id is not None:
            first = remembered.get(mutation.mutation_id)
            if first is not None:
                return Outcome(first.result, first.body, repeated=True)
            if remembered and mutation.mutation_id < next(reversed(remembered)):
                return Outcome("stale_mutation", None)

        items = self._items.get(collection, {})
        outcome = apply(mutation, items.get(mutation.entity_id))
        if too_large(outcome, self._limits.item_bytes_max):
            outcome = Outcome("body_too_large", None)
        committed = outcome.result in EVENT_NAMES.values()
        payload = dumps(event_payload(mutation, outcome)) if committed else ""  # fails before any write
        if committed and outcome.result == "deleted":
            del items[mutation.entity_id]
        elif committed:
            items[mutation.entity_id] = outcome.body
            self._items[collection] = items
        if remembered is not None and mutation.mutation_id is not None:
            remembered[mutation.mutation_id] = outcome
            while len(remembered) > self._limits.mutations_remembered_max:
                remembered.popitem(last=False)
        if committed:
            self._append(collection, outcome.result, payload, commit=True, sender=mutation.client_id or "")
        return outcome

    # private

    def _remembered(self, collection: str, mutation: Mutation) -> OrderedDict[int, Outcome] | None:
        if mutation.client_id is None or mutation.mutation_id is None:
            return None
        key = (collection, mutation.client_id)
        remembered = self._seen.setdefault(key, OrderedDict())
        self._seen.move_to_end(key)
        while len(self._seen) > CLIENTS_REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return remembered

    def _pass_fence(self, collection: str, mutation: Mutation) -> bool:
        if mutation.client_id is None or mutation.fence is None:
            return True
        key = (collection, mutation.client_id)
        if mutation.fence < self._fences.get(key, 0):
            return False
        self._fences[key] = mutation.fence
        self._fences.move_to_end(key)
        while len(self._fences) > CLIENTS_REMEMBERED_MAX:
            self._fences.popitem(last=False)
        return True

    def _append(
        self,
        channel: str,
        name: str,
        payload: str,
        *,
        commit: bool,
        sender: str = "",
        trace: str | None = None,
    ) -> Event:
        """`trace` is that of now, unless another one is given."""
        trace = traceparent() if trace is None else trace
        event = self._log(channel).append(name, payload, commit=commit, sender=sender, trace=trace)
        if channel in self._joined and self._listener is not None:
            self._listener.received(event)
        return event

    def _log(self, channel: str) -> ChannelLog:
        log = self._logs.get(channel)
        if log is None:
            log = ChannelLog(channel, self._epoch, self._limits.history_events_max)
            self._logs[channel] = log
            self._forget_one()
        self._logs.move_to_end(channel)
        return log

    def _forget_one(self) -> None:
        """What was not used for longest, if they are too many. Its name begins again in another epoch."""
        for _ in range(len(self._logs) - LOGS_MAX):
            channel, log = self._logs.popitem(last=False)
            if channel not in self._joined and channel not in self._items:
                self._forgotten += 1
                self._epoch = f"{self._first_epoch}.{self._forgotten}"
                return
            self._logs[channel] = log
