"""One direction of a WebSocket: a queue, first in, first out, and whatever ends it.

A frame that no rule means, in free mode, on an empty lane, is written in the same call that parsed
it. Otherwise it queues with its decision; the end of the connection queues behind the frames that
came before it, so frames are only ever lost as a suffix. The lane never reorders on its own.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .faults.actions import Action, Close, Copy, Cut, Deliver, Drop, Silence, StopReading, Swap
from .gate import Verdict, Waiting
from .message import Direction, Message
from .rules import Decision

if TYPE_CHECKING:
    from .connection import Connection

DELIVER = Deliver()
Payload = str | bytes


@dataclass(slots=True, eq=False)
class Item:
    """A queued frame, or (without a message) an end that passes when its turn comes."""

    message: Message | None
    end: Callable[[], None] | None = None
    action: Action = DELIVER
    due_ms: float = 0.0
    decision: Decision | None = None  # of a rule, until it has acted: then there was a receipt
    rule: str = ""
    waiting: Waiting | None = None


class Lane:
    def __init__(
        self,
        connection: "Connection",
        direction: Direction,
        write: Callable[[Payload], bool],
        pause: Callable[[bool], None],
        stall: Callable[[str, StopReading], bool],
    ) -> None:
        self.connection = connection
        self.direction = direction
        self.queue: deque[Item] = deque()
        self.frames = 0
        self.got = 0  # since the connection opened: a reset of the names counts these on
        self.put = 0
        self._wire = connection.wire
        self._write = write  # hand a message to the receiver; False if the receiver takes none any more
        self._pause = pause  # stop or resume reading from the sender
        self._stall = stall
        self._gone = ""  # why nobody is left whom its frames could reach
        self._bytes = 0
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, payload: Payload) -> None:
        """A message was parsed."""
        connection = self.connection
        self.frames += 1
        self.got += 1
        message = Message(
            "frame",
            self.direction,
            connection.profile,
            connection.tab,
            connection.upstream,
            connection.id,
            connection.nth,
            self.frames,
            path=connection.path,
            payload=payload,
        )
        connection.seen(message)
        if why := connection.ended or self._gone:
            connection.lost(message, why)
        elif self._wire.transparent and not self.queue and not connection.silences:
            self._deliver(message, payload)
        else:
            self._queue(message)

    @property
    def moving(self) -> bool:
        """Whether something in it passes by itself, sooner or later: it waits for nobody to decide."""
        return bool(self.queue) and self.queue[0].waiting is None and not self.connection.silences

    def finish(self, end: Callable[[], None]) -> None:
        """The sender ended: pass that on when everything before it has passed."""
        for item in self.queue:
            if isinstance(item.action, Swap):  # no partner will come any more
                self._spare(item)
        self.queue.append(Item(None, end))
        self.pump()

    def _queue(self, message: Message) -> None:
        item = Item(message)
        message.mutation = self._wire.mutation_of(message)
        if self._wire.gate.holds(message):
            item.waiting = self._wire.gate.enter(
                message,
                self._wire.now_ms(),
                partial(self._decided, item),
                partial(self._is_head, item),
                self._second,
            )
            self.connection.emit("frame_held", message, id=item.waiting.id)
        else:
            self._rule(item)
        if self.connection.ended:
            self.connection.lost(message, self.connection.ended)
            return
        self.queue.append(item)
        self._bytes += message.size_bytes
        self._swap()
        self._watch_size()
        self.pump()

    def _is_head(self, item: Item) -> bool:
        return bool(self.queue) and self.queue[0] is item

    def _second(self) -> Waiting | None:
        return self.queue[1].waiting if len(self.queue) > 1 else None

    def _decided(self, item: Item, verdict: Verdict) -> None:
        if verdict == "reorder":
            self._let_pass(item, self.queue[1])
            return
        item.waiting = None
        match verdict:
            case "deliver":
                self._rule(item)
            case "drop":
                item.action = Drop()
            case "duplicate":
                item.action = Copy()
            case _:
                item.action = Cut(deliver_first=verdict == "end_after")
        self.pump()

    def _let_pass(self, head: Item, second: Item) -> None:
        """Somebody decided so: the second goes first, the head waits on."""
        assert head.message is not None
        assert second.message is not None
        self.queue[0], self.queue[1] = second, head
        self.connection.reordered(head.message, "", second.message)
        self._decided(second, "deliver")

    def _rule(self, item: Item) -> None:
        """Ask the rules what becomes of a frame, and when."""
        message = item.message
        assert message is not None
        now_ms = self._wire.now_ms()
        decision = self._wire.book.decide(message, now_ms, self.connection.free_at_ms[self.direction])
        if decision is None:
            return
        item.rule, item.action, item.decision = decision.rule.id, decision.action, decision
        match decision.action:
            case Deliver(after_ms=after_ms):
                self._acted(item)
                if after_ms > 0:
                    item.due_ms = now_ms + after_ms
                    free_at_ms = self.connection.free_at_ms
                    free_at_ms[self.direction] = max(free_at_ms[self.direction], item.due_ms)
                    self.connection.emit("frame_delayed", message, item.rule, after_ms=round(after_ms, 3))
            case Swap(wait_ms=wait_ms):
                item.due_ms = now_ms + wait_ms
            case Silence() as silence:
                self._lasts(item, self.connection.silence(item.rule, silence))
            case StopReading() as stop:
                self._lasts(item, self._stall(item.rule, stop))

    def _acted(self, item: Item) -> None:
        """What the rule says has come about: now there is a receipt."""
        if item.decision is not None:
            self.connection.acted(item.decision, item.message)
            item.decision = None

    def _spare(self, item: Item) -> None:
        """Nothing comes of what the rule says: the frame passes as if no rule had meant it."""
        if item.decision is not None:
            item.decision.void()
        item.decision, item.action, item.due_ms = None, DELIVER, 0.0

    def _lasts(self, item: Item, began: bool) -> None:
        """The frame itself passes; what its rule began is the connection's."""
        item.action = DELIVER
        if began:
            self._acted(item)
        else:
            self._spare(item)

    def _swap(self) -> None:
        if len(self.queue) < 2 or not isinstance(self.queue[-2].action, Swap):
            return
        late = self.queue[-2]
        self._acted(late)
        late.action, late.due_ms = DELIVER, 0.0
        assert late.message is not None
        assert self.queue[-1].message is not None
        self.connection.reordered(late.message, late.rule, self.queue[-1].message)
        self.queue[-2], self.queue[-1] = self.queue[-1], late

    def pump(self) -> None:
        """Pass what may pass, in order."""
        while self.queue and not self.connection.silences and not self.connection.ended:
            item = self.queue[0]
            if item.waiting is not None:
                return
            wait_ms = item.due_ms - self._wire.now_ms()
            if wait_ms > 0:
                self._pump_in(wait_ms)
                return
            self.queue.popleft()
            if item.message is None:
                assert item.end is not None
                item.end()
            else:
                self._bytes -= item.message.size_bytes
                self._perform(item, item.message)
        self._watch_size()

    def _pump_in(self, wait_ms: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # One tenth of a millisecond late rather than early: the loop's clock is not finer.
        self._timer = asyncio.get_running_loop().call_later(wait_ms / 1000 + 0.0001, self.pump)

    def _perform(self, item: Item, message: Message) -> None:
        assert message.payload is not None
        match item.action:
            case Drop():
                self._acted(item)
                self.connection.dropped(message, item.rule)
            case Copy(copies=copies):
                if self._deliver(message, message.payload):
                    self._acted(item)
                    for _ in range(copies):
                        self._write(message.payload)
                        self.put += 1
                        self.connection.repeated(message, item.rule)
                else:
                    self._spare(item)
            case Close() if not self._closable:
                self._spare(item)
                self._deliver(message, message.payload)
            case Cut(deliver_first=first) | Close(deliver_first=first):
                self._acted(item)
                if first:
                    self._deliver(message, message.payload)
                else:
                    self.connection.lost(message, item.action.__class__.__name__.lower(), item.rule)
                assert self.connection.bridge is not None
                self.connection.bridge.strike(item.action, item.rule, self.direction if first else None)
            case _:
                self._spare(item)  # of a Swap no partner came
                self._deliver(message, message.payload)

    @property
    def _closable(self) -> bool:
        assert self.connection.bridge is not None
        return self.connection.bridge.closable

    def _deliver(self, message: Message, payload: Payload) -> bool:
        if self._write(payload):
            self.put += 1
            self.connection.delivered(message)
            return True
        self.connection.lost(message, "the receiver is closing")
        return False

    def _watch_size(self) -> None:
        full = self._bytes > self._wire.settings.lane_bytes_max
        if full != self._paused:
            self._paused = full
            self._pause(full)
            if full:
                self.connection.emit("limit_reached", limit="lane_bytes_max", direction=self.direction)

    def lift(self, rule_id: str) -> None:
        for item in self.queue:
            if item.rule == rule_id:
                item.due_ms = 0.0
        self.pump()

    def gone(self, why: str) -> None:
        """The receiver has gone: what waits is lost, and whatever still comes."""
        self._gone = why
        self.lose(why)

    def lose(self, why: str, rule: str = "") -> None:
        """Nothing more can pass: everything that waits is lost."""
        if self._timer is not None:
            self._timer.cancel()
        while self.queue:
            item = self.queue.popleft()
            if item.waiting is not None:
                self._wire.gate.leave(item.waiting)
            if item.message is not None:
                self._spare(item)
                self.connection.lost(item.message, why, rule)
        self._bytes = 0
