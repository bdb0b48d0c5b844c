"""A tab's side of the books: what its page has counted, and whether that is what the wire has.

Owns the comparison and its words. How a page is asked is the driver's business (`Tab`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .books import TabBook


class Tab(Protocol):
    """A page that runs `page_script`, as a driver offers it."""

    @property
    def name(self) -> str:
        """`alice/1`."""

    async def ask(self, what: str, about: object) -> Any:
        """The value of `__held[what](about)` in the page. Raises whatever, if the page does not answer."""


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that waits for time to pass. `owner` is a tab or a server (`alice/1`, `server main`)."""

    owner: str
    name: str
    in_ms: float

    def to_json(self) -> dict[str, object]:
        return {"owner": self.owner, "name": self.name, "in_ms": self.in_ms}


@dataclass(frozen=True, slots=True)
class Posting:
    """A BroadcastChannel object: what it has posted and what it has heard."""

    id: int
    name: str
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What a page answers to `count`. See `drivers/page/counters.js`."""

    document: int
    held: bool
    opening: int
    open: int
    closing: int
    sent: int
    received: int
    asked: int
    reading: int
    storing: int
    locking: int
    channels: tuple[Posting, ...]
    gone_sent: Mapping[str, int]
    uncounted: tuple[str, ...]
    timers: tuple[Timer, ...]


def page_counts(tab: str, text: str) -> PageCounts:
    raw = json.loads(text)
    return PageCounts(
        **{
            **raw,
            "channels": tuple(Posting(**each) for each in raw["channels"]),
            "uncounted": tuple(raw["uncounted"]),
            "timers": tuple(Timer(tab, **each) for each in raw["timers"]),
        }
    )


def wanted(book: TabBook) -> dict[str, Any]:
    """What the page is asked to wait for, before it answers."""
    sockets = {"opening": book.opening, "open": book.open, "closing": book.closing, "received": book.put}
    return {"sockets": sockets, "unanswered": book.unanswered, "streaming": book.streaming}


def only_on_its_way_up(counts: PageCounts, book: TabBook) -> bool:
    """Whether the page has had all its turns, and what it sent since has only not reached the wire yet."""
    up = replace(counts, sent=min(counts.sent, book.got), asked=min(counts.asked, book.unanswered))
    return not differences(up, book, 0)


def differences(counts: PageCounts, book: TabBook, requests_shown_max: int) -> list[str]:
    """Why the page is not quiet, in words; nothing if it is.

    Chromium has at most `requests_shown_max` HTTP connections to one host at a time: what a page asks for
    beyond that waits inside the browser, and is no message yet.
    """
    found = []
    for count, of_wire, what in (
        (counts.opening, book.opening, "WebSockets are being opened"),
        (counts.open, book.open, "WebSockets are open"),
        (counts.closing, book.closing, "WebSockets are being closed"),
        (counts.received, book.put, "WebSocket messages were received"),
        (counts.sent, book.got, "WebSocket messages were sent"),
    ):
        if count != of_wire:
            found.append(f"{what}: {count} in the page, {of_wire} at the wire")
    if counts.asked != book.unanswered and not counts.asked > book.unanswered >= requests_shown_max:
        found.append(f"requests are unanswered: {counts.asked} in the page, {book.unanswered} at the wire")
    if counts.reading > book.streaming:
        found.append(f"{counts.reading} bodies of answers are being read")
    if counts.storing:
        found.append(f"{counts.storing} IndexedDB transactions are open")
    if counts.locking:
        found.append(f"{counts.locking} Web Locks were asked for, and neither granted nor refused")
    return found
