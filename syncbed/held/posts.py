"""Messages between the tabs of a profile: who has heard all that was posted?

Each object of a BroadcastChannel hears every post of all others of its name, so what it heard and what they
posted grow by the same number. Where that number begins is learnt while nothing goes on (`settle`), and
anew whenever an object or a document comes or goes. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections import Counter

from .tabs import PageCounts

Member = tuple[str, int, int]  # tab, document, object


class Posts:
    """Of one profile."""

    def __init__(self) -> None:
        self._pages: dict[str, PageCounts] = {}
        self._ahead: dict[Member, int] = {}
        self._known: frozenset[Member] = frozenset()

    def told(self, tab: str, counts: PageCounts) -> None:
        self._pages[tab] = counts

    def forget(self, tab: str) -> None:
        self._pages.pop(tab, None)

    def owed(self, tab: str) -> int:
        """How many posts are on their way to a tab."""
        sent = self._sent()
        owed = 0
        for member, name, own, received in self._members(tab):
            if member in self._ahead:
                owed += sent[name] - own + self._ahead[member] - received
        return owed

    @property
    def settled(self) -> bool:
        """Whether nobody came or went since `settle`; until then `owed` knows nothing of the newcomers."""
        return self._known == self._everybody()

    def settle(self) -> None:
        """Nothing is on its way: from here on every post is accounted for."""
        sent = self._sent()
        self._ahead = {
            member: received - (sent[name] - own)
            for tab in self._pages
            for member, name, own, received in self._members(tab)
        }
        self._known = self._everybody()

    def forget_beginnings(self) -> None:
        """What was heard does not fit what was posted: learn it anew."""
        self._ahead.clear()
        self._known = frozenset()

    def totals(self) -> object:
        """Equal totals: nothing was posted or heard in between."""
        return {tab: (counts.document, counts.channels) for tab, counts in self._pages.items()}

    def _sent(self) -> Counter[str]:
        sent: Counter[str] = Counter()
        for counts in self._pages.values():
            sent.update(counts.gone_sent)
            for channel in counts.channels:
                sent[channel.name] += channel.sent
        return sent

    def _members(self, tab: str) -> list[tuple[Member, str, int, int]]:
        counts = self._pages.get(tab)
        if counts is None:
            return []
        return [
            ((tab, counts.document, channel.id), channel.name, channel.sent, channel.received)
            for channel in counts.channels
        ]

    def _everybody(self) -> frozenset[Member]:
        """Every object, and every document (object 0): what a document has posted goes with it."""
        objects = [member for tab in self._pages for member, *_ in self._members(tab)]
        return frozenset(objects) | {(tab, counts.document, 0) for tab, counts in self._pages.items()}
