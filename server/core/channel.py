"""One channel on this instance: where its stream stands, and who listens.

    joining --joined--> live <--go_live-- behind
       |                  |                 ^  ^
       |                  +------ miss -----+  |
       +----------- joined, not for the first time

`joining`: the broker does not deliver to us yet. `live`: events arrive densely. `behind`: something is
missing, or may be; whoever drives the channel reads the broker's log and lets it `go_live` after that.
Until then new events wait, so that nobody is ever handed an event out of order. From any state a lost
broker leads back to `joining`.
"""

from __future__ import annotations

from typing import Literal

from .connection import Connection
from .events import NOWHERE, Event, Position

State = Literal["joining", "live", "behind"]


class Channel:
    def __init__(self, name: str, waiting_max: int) -> None:
        self.name = name
        self.state: State = "joining"
        self.position = Position("", 0)
        self.live: dict[Connection, bool] = {}
        """Subscribers that get each event at once; True for those that follow positions."""
        self.held: dict[Connection, HeldSubscription] = {}
        """Subscribers that are still owed what they missed."""
        self._waiting: list[Event] = []
        self._waiting_max = waiting_max

    def __len__(self) -> int:
        return len(self.live) + len(self.held)

    def receive(self, event: Event) -> list[Event]:
        """Take an event from the broker; answer the events to hand out now, in order."""
        if event.position == NOWHERE:
            return [event]  # a signal: nothing comes before it or after it
        if self.state == "live":
            here, there = self.position, event.position
            if there.epoch == here.epoch:
                if there.offset <= here.offset:
                    return []  # replayed from the log already
                if there.offset == here.offset + 1:
                    self.position = there
                    return [event]
            self.state = "behind"
        if len(self._waiting) < self._waiting_max:  # what does not fit is in the broker's log
            self._waiting.append(event)
        return []

    def joined(self, position: Position) -> list[Event]:
        """The broker delivers from now on, and the channel stands at `position`."""
        if self.state != "joining":
            return []
        if self.position.epoch:
            # It was joined before: what came between is in the log, and `behind` will fetch it.
            self.state = "behind"
            return []
        return self.go_live(position)

    def miss(self) -> None:
        """Something may be missing: the broker's position is ahead of ours, or it was out of reach."""
        if self.state == "live":
            self.state = "behind"

    def lost_broker(self) -> None:
        self.state = "joining"

    def go_live(self, position: Position) -> list[Event]:
        """Go on from `position`; answer the events that waited and follow it, to be handed out now.

        If one does not follow, the channel is `behind` again: what waited is in the log as well, and is
        not kept, so that a stray event makes us look there once and not for ever.
        """
        waiting, self._waiting = self._waiting, []
        self.state, self.position = "live", position
        ready = [event for waited in waiting for event in self.receive(waited)]
        self._waiting.clear()
        if len(waiting) == self._waiting_max:
            self.miss()  # some may not have fitted
        return ready

    def is_behind(self, position: Position) -> bool:
        here = self.position
        return position.epoch != here.epoch or position.offset > here.offset


class HeldSubscription:
    """A subscription that resumes: what happens meanwhile waits behind what it missed."""

    def __init__(self, start: Position | None) -> None:
        self.start = start
        self.events: list[Event] = []
        self.attached_at: Position | None = None
        """Where the channel stood when `events` began to collect; None while the channel is not live."""
