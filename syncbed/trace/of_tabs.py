"""What clients were asked, and what their tabs report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .kind import Foreign, Kind

ACTS = ("put", "remove", "read", "publish", "call", "connect", "disconnect", "subscribe", "unsubscribe")

# Ops of clients


@dataclass(frozen=True, slots=True)
class Invoke(Kind):
    kind = "invoke"
    op: str
    tab: str
    act: Literal[
        "put", "remove", "read", "publish", "call", "connect", "disconnect", "subscribe", "unsubscribe"
    ]
    key: str = ""  # the item's id; for publish, call, subscribe: the channel or topic
    value: Foreign = None
    token: str = ""
    channel: str = ""  # the collection that a put or remove is about


@dataclass(frozen=True, slots=True)
class Ok(Kind):
    """It certainly happened: for a write, its `server` promise resolved."""

    kind = "ok"
    op: str
    value: Foreign = None  # what a read or call gave
    version: int | None = None
    client_id: str | None = None
    mutation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Fail(Kind):
    """It certainly did not happen and never will."""

    kind = "fail"
    op: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Info(Kind):
    """Nobody knows whether it happened: a timeout, a crash, a reload."""

    kind = "info"
    op: str
    reason: str = ""


# What a tab reports


@dataclass(frozen=True, slots=True)
class View(Kind):
    """What a tab shows, after each change."""

    kind = "view"
    tab: str
    items: tuple[Foreign, ...]
    pending: tuple[str, ...] = ()  # the item of each mutation that the server has not settled


@dataclass(frozen=True, slots=True)
class State(Kind):
    kind = "state"
    tab: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Subscribed(Kind):
    """The app was told where a channel stands: events go on from `offset`, those between are told as lost.

    A resume that brings every missed event tells the app nothing and leaves no such record.
    """

    kind = "subscribed"
    tab: str
    channel: str
    epoch: str | None = None
    offset: int | None = None
    reason: str = ""  # `new`, or why it is a resync


@dataclass(frozen=True, slots=True)
class Event(Kind):
    """An event as it was handed to the app."""

    kind = "event"
    tab: str
    channel: str
    name: str
    epoch: str | None = None
    offset: int | None = None
    token: str = ""
    entity_id: str | None = None
    version: int | None = None
    client_id: str | None = None
    mutation_id: int | None = None


@dataclass(frozen=True, slots=True)
class TabMessage(Kind):
    """A message between the tabs of one profile."""

    kind = "tab_message"
    tab: str
    did: Literal["sent", "received"]
    message: str  # its id, the same on both sides
    channel: str = ""
    payload: str = ""
    payload_cut: bool = False
