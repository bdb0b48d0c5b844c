"""Who is connected, who listens to what, and the fan-out. No I/O: what to write goes into outboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import CHANNEL_FULL, TOO_MANY_CHANNELS, SyncbedError
from .channel import Channel, HeldSubscription
from .connection import Connection, Encoder
from .events import Event, Position, is_own
from .frame import Frame, text_frame
from .messages import PositionNow, Start, Subscribed


@dataclass(frozen=True, slots=True)
class HubLimits:
    channels_per_connection_max: int
    waiting_events_max: int
    members_per_channel_max: int = 0
    """Subscribers of one channel on this instance; 0: no limit."""


class Hub:
    def __init__(
        self, limits: HubLimits, delivering: Callable[[Event, int], Callable[[], None]] | None = None
    ) -> None:
        """`delivering` hears of each traced event and how many connections it goes to; its answer is called
        once they have it.
        """
        self._delivering = delivering
        self.connections: dict[str, Connection] = {}
        self.channels: dict[str, Channel] = {}
        self._limits = limits

    # connections

    def add(self, connection: Connection) -> None:
        self.connections[connection.id] = connection

    def remove(self, connection: Connection) -> list[Channel]:
        """Forget the connection; answer the channels that nobody hears any more."""
        self.connections.pop(connection.id, None)
        emptied = [self.unsubscribe(connection, channel) for channel in list(connection.channels)]
        return [channel for channel in emptied if channel is not None]

    @property
    def rooms(self) -> int:
        """How many channels are heard here, without the server's own."""
        return sum(not is_own(name) for name in self.channels)

    # subscriptions

    def subscribe(self, connection: Connection, name: str, start: Start | None) -> Channel:
        """Subscribe; a repeat changes nothing, except that a new `start` resumes anew.

        A subscriber that is owed something stands in the channel's `held` until `release`.
        """
        known = name in connection.channels
        channel = self.channels.get(name)
        if not known and not is_own(name):
            self._check_limits(connection, channel)
        if channel is None:
            channel = self.channels[name] = Channel(name, self._limits.waiting_events_max)
        connection.channels.add(name)
        connection.system_channels += not known and is_own(name)
        if start is None:
            if not known:
                channel.live[connection] = False
        else:
            channel.live.pop(connection, None)
            held = HeldSubscription(start if isinstance(start, Position) else None)
            if channel.state == "live":
                held.attached_at = channel.position
            channel.held[connection] = held
        return channel

    def unsubscribe(self, connection: Connection, name: str) -> Channel | None:
        """Unsubscribe; answer the channel if nobody hears it any more."""
        if name in connection.channels:
            connection.channels.remove(name)
            connection.system_channels -= is_own(name)
        channel = self.channels.get(name)
        if channel is None:
            return None
        channel.live.pop(connection, None)
        channel.held.pop(connection, None)
        if len(channel):
            return None
        del self.channels[name]
        return channel

    def release(
        self, channel: Channel, connection: Connection, held: HeldSubscription, missed: list[Event] | None
    ) -> None:
        """A held subscription goes live: its answer, what it missed, then what came meanwhile.

        `missed` is None if the log no longer has it all: the client is told to read the state anew.
        """
        attached = held.attached_at
        if attached is None or channel.held.get(connection) is not held:
            return  # unsubscribed, asked for another start, or resynced, while the log was being read
        del channel.held[connection]
        start = attached if missed is None else held.start or attached
        connection.send(Subscribed(channel.name, start, recovered=missed is not None))
        for event in missed or ():
            if event.position.offset <= attached.offset:
                connection.send(event)
        for event in held.events:
            if event.position.offset > start.offset:
                connection.send(event)
        channel.live[connection] = True

    # events

    def receive(self, event: Event) -> bool:
        """Take an event from the broker and hand out what is due; True if its channel fell behind by it."""
        channel = self.channels.get(event.channel)
        if channel is None:
            return False
        was_live = channel.state == "live"
        self.hand_out(channel, channel.receive(event))
        return was_live and channel.state == "behind"

    def hand_out(self, channel: Channel, events: Iterable[Event]) -> None:
        """Put each event into each subscriber's outbox, encoded once per dialect.

        The hot path. `put` never changes `channel.live`: it only wakes a writer, which runs later.
        """
        for event in events:
            frames: dict[Encoder, Frame | None] = {}
            sender = event.sender
            traced = self._delivering if event.trace and channel.live else None
            delivered = traced and traced(event, len(channel.live))
            for connection in channel.live:
                encoder = connection.encoder
                try:
                    frame = frames[encoder]
                except KeyError:
                    text = encoder.encode(event)
                    frame = frames[encoder] = None if text is None else text_frame(text)
                if frame is not None and (not sender or connection.id != sender):
                    connection.put(frame)
            if delivered:
                delivered()
            for held in channel.held.values():
                if held.attached_at is not None:
                    held.events.append(event)

    def joined(self, channel: Channel, position: Position) -> None:
        """The broker delivers the channel's events from `position` on."""
        self._go_on(channel, channel.joined(position))

    def advance(self, channel: Channel, missed: list[Event]) -> None:
        """Hand out what the log has for a channel that is behind; there may be more."""
        if missed:
            channel.position = missed[-1].position
            self.hand_out(channel, missed)

    def go_live(self, channel: Channel) -> None:
        """The log has nothing more for a channel that was behind."""
        self._go_on(channel, channel.go_live(channel.position))

    def resync(self, channel: Channel, position: Position) -> None:
        """Events are lost for good: tell all who follow positions, and go on from `position`."""
        for held in channel.held.values():
            held.attached_at, held.events = None, []
        waited = channel.go_live(position)
        for connection, positions in list(channel.live.items()):
            if positions:
                connection.send(Subscribed(channel.name, position, recovered=False))
        self._go_on(channel, waited)

    def tell_position(self, channel: Channel) -> None:
        """Let the subscribers of a live channel check that they have everything."""
        for connection, positions in list(channel.live.items()):
            if positions:
                connection.send(PositionNow(channel.name, channel.position))

    def _check_limits(self, connection: Connection, channel: Channel | None) -> None:
        """Nothing is awaited between this and the subscription: a limit holds in any race."""
        limits = self._limits
        if len(connection.channels) - connection.system_channels >= limits.channels_per_connection_max:
            raise SyncbedError(
                TOO_MANY_CHANNELS,
                f"a connection may subscribe to {limits.channels_per_connection_max} channels at most",
            )
        if channel is not None and 0 < limits.members_per_channel_max <= len(channel):
            raise SyncbedError(CHANNEL_FULL)

    def _go_on(self, channel: Channel, waited: list[Event]) -> None:
        """Hand out what waited. Once the channel is live, who was held is attached from where it stands."""
        self.hand_out(channel, waited)
        if channel.state == "live":
            for held in channel.held.values():
                if held.attached_at is None:
                    held.attached_at = channel.position
