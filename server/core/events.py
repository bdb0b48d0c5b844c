"""What travels on a channel: events, and the positions that order them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a channel's log. Offsets are dense from 1 and mean something within one epoch only."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a channel. `payload` is JSON text, so that it is encoded once for everybody."""

    channel: str
    name: str
    payload: str
    position: Position
    commit: bool = False
    sender: str = ""
    """Whose event it is, a connection's id or a client's: it is not handed to that connection."""
    trace: str = ""
    """W3C's `traceparent` of what published it, if that was traced. Clients never see it."""


SYSTEM_PREFIX = "$syncbed/"
"""Channels that no client can name: they are the server's own."""
EVERYBODY = SYSTEM_PREFIX + "everybody"
"""Where each connection stands whose dialect has a broadcast to all."""
ALL = SYSTEM_PREFIX + "all"
"""Where every connection stands, whatever its dialect: what the application tells all."""


_USERS = SYSTEM_PREFIX + "user/"
_GATEWAY = SYSTEM_PREFIX + "gateway/"
_NOW = SYSTEM_PREFIX + "now/"
_CONNECTIONS = _NOW + "connection/"
_CLIENTS = _NOW + "client/"
_CALLERS = _NOW + "caller/"
_TOPICS = _NOW + "topic/"

NOWHERE = Position("", 0)
"""The position of a signal, and of the channels that carry nothing else."""

MESSAGE, NOTIFICATION, ROOM_UPDATE = "message", "notification", "room_update"
"""Names of events: what a client published, what the service face told all or a user, and a room."""
FAN_OUT, AGENT_MESSAGE, DIRECT = "fan_out", "agent_message", "direct"
"""The gateway's: what a client said to a channel, what an agent said, and (a signal) what one is told."""
REQUEST, ANSWER = "request", "answer"
"""Names of signals: what a client is asked (core/request.py), and what it says to that."""


def user_channel(user: str) -> str:
    """Where a user's connections stand, wherever they are."""
    return _USERS + user


def is_user_channel(channel: str) -> bool:
    return channel.startswith(_USERS)


def gateway_channel(name: str) -> str:
    """A channel of the gateway's, which asks who comes in: no dialect that does not ask can name it."""
    return _GATEWAY + name


def gateway_name(channel: str) -> str | None:
    """What the gateway's clients call it, if it is one of theirs."""
    return channel.removeprefix(_GATEWAY) if channel.startswith(_GATEWAY) else None


def is_own(channel: str) -> bool:
    """Whether it is the server's own, which no limit counts: no client has thought of its name."""
    return channel.startswith(SYSTEM_PREFIX) and not channel.startswith(_GATEWAY)


def connection_channel(connection_id: str) -> str:
    """Where one connection stands alone: the way to tell it something (DIRECT) from any instance or process.

    A dialect that can tell it makes this the `home` of its connections. It carries signals only
    (`Broker.signal`), and whether any instance has joined it is whether there is such a connection.
    """
    return _CONNECTIONS + connection_id


def client_channel(client_id: str) -> str:
    """The same for a dialect whose clients can be asked something (REQUEST), and for nothing else.

    Who is told what its dialect has no word for is not there: so these are two channels.
    """
    return _CLIENTS + client_id


def caller_channel(caller_id: str) -> str:
    """Where one who asks clients something hears their answers."""
    return _CALLERS + caller_id


def topic_channel(topic: str) -> str:
    """Where the server alone speaks, of things that were true at that moment."""
    return _TOPICS + topic


def topic_of(channel: str) -> str | None:
    """The topic, if it is one of the server's own."""
    return channel.removeprefix(_TOPICS) if channel.startswith(_TOPICS) else None


def is_for_one(channel: str) -> bool:
    """Whether one instance at most has joined it: who stands in it stands nowhere else."""
    return channel.startswith((_CONNECTIONS, _CLIENTS, _CALLERS))


def carries_signals(channel: str) -> bool:
    """Whether the channel has no log: what is said there is for who listens at that moment."""
    return channel.startswith(_NOW)
