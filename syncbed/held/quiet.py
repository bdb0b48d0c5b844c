"""Quiet: nothing can happen until something is released. Decided by counting messages, not by a clock.

The wire, the pages and the servers each count what they sent and received. It is quiet when nothing passes
through the wire, and every side to which something happened since it was last found quiet has received all
that was put to it, has done what it does about that, and has sent nothing that the other end has not got.
Only the sides that something happened to are asked. Whoever is asked answers for one moment; the wire's
books are read after that, and (for a server, whose requests come and go) before. Since nobody acts but on a
message, a chain of such answers leaves no gap.

What does not add up until the limit is an error. Where counting is not possible (a server without
counters, a page with workers, sockets that the wire no longer reads) it is 5 ms of silence instead, and
the run is marked not repeatable, with the reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from ..wire import Record, Wire
from .books import Books, TabBook, UpstreamBook, read_books
from .errors import NotQuietError
from .posts import Posts
from .servers import Server, ServerCounts
from .servers import differences as server_differences
from .tabs import PageCounts, Tab, only_on_its_way_up, page_counts, wanted
from .tabs import differences as tab_differences


@dataclass(frozen=True)
class QuietLimits:
    wait_ms_max: int = 2000
    """After that it is an error."""
    silence_ms: int = 5
    """Where there is nothing to count. Also how still a profile must be when a tab is new in it."""
    poll_ms: float = 0.2
    polls_max: int = 100
    requests_shown_max: int = 6
    """HTTP connections that Chromium opens to one host at a time."""


class Quiet:
    def __init__(self, wire: Wire, limits: QuietLimits | None = None) -> None:
        self.limits = limits or QuietLimits()
        self.tabs: dict[str, Tab] = {}
        self.servers = {each.name: each for each in map(Server, wire.settings.upstreams)}
        self.counts: dict[str, PageCounts] = {}
        """What each page said last."""
        self.server_counts: dict[str, ServerCounts] = {}
        self.not_repeatable: set[str] = set()
        self.holding = False
        """Time stands still, in a document or a server that is new too."""
        self._wire = wire
        self._posts: dict[str, Posts] = {}
        self._touched: set[str] = set()
        self._tab_books: dict[str, TabBook] = {}
        self._server_books: dict[str, UpstreamBook] = {}
        self._records = 0
        wire.add_sink(self._recorded)

    def add_tab(self, tab: Tab) -> None:
        self.tabs[tab.name] = tab
        self._touched.add(tab.name)

    def remove_tab(self, name: str) -> None:
        """It is gone, or does not answer (frozen, crashed)."""
        self.tabs.pop(name, None)
        self.counts.pop(name, None)
        self._tab_books.pop(name, None)
        self._posts_of(name).forget(name)

    def touch(self, *names: str) -> None:
        """Something happened to these tabs and servers that the wire has not seen."""
        self._touched.update(names)

    def moved(self, ms: float) -> None:
        """The pages' time moved, and nothing has fired."""
        for name, counts in self.counts.items():
            timers = tuple(replace(timer, in_ms=round(timer.in_ms - ms, 3)) for timer in counts.timers)
            self.counts[name] = replace(counts, timers=timers)

    def touch_all(self) -> None:
        self._touched.update(self.tabs, self.servers)

    async def reach(self) -> None:
        """Wait until it is quiet. Raises `NotQuietError`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.limits.wait_ms_max / 1000
        last = ["one side or another was never done"]
        while (why := await self._look()) is not None:
            last = why or last
            if loop.time() > until:
                raise NotQuietError(last, self.limits.wait_ms_max)

    # private

    async def _look(self) -> list[str] | None:
        """One look: why it is not quiet yet, or None if nobody is left to be asked.

        An empty list: one of them was found quiet, look at the others.
        """
        books = read_books(self._wire)
        if books.moving:
            await asyncio.sleep(self.limits.poll_ms / 1000)
            return books.moving
        for name, server in self.servers.items():
            seen = self._server_books.get(name)
            if name in self._touched or seen != books.upstream(server.upstream.name):
                return await self._ask_server(server)
        for name, tab in sorted(self.tabs.items()):
            if self._is_stale(name, books):
                return await self._ask_tab(tab)
        for profile, posts in self._posts.items():
            if not posts.settled:
                return await self._calm(profile, posts)
        unsure = self._unsure(books)
        if unsure and not await self._silent():
            return unsure
        self.not_repeatable.update(unsure)
        return None

    def _is_stale(self, name: str, books: Books) -> bool:
        seen = self._tab_books.get(name)
        return name in self._touched or seen != books.tab(name) or self._posts_of(name).owed(name) != 0

    async def _ask_server(self, server: Server) -> list[str]:
        upstream = server.upstream.name
        self._touched.discard(server.name)
        before = read_books(self._wire).upstream(upstream)
        counts = self.server_counts[server.name] = await server.counts()
        if self.holding and not counts.frozen:
            await server.freeze()
        book = read_books(self._wire).upstream(upstream)
        why = server_differences(counts, book) if server.counted else []
        if book != replace(before, got=book.got):
            why.append("something reached it while it was asked")  # it may have spoken of the time before
        if why:
            self._touched.add(server.name)
            return [f"{server.name}: {each}" for each in why]
        self._server_books[server.name] = book
        return []

    async def _ask_tab(self, tab: Tab) -> list[str]:
        name, posts = tab.name, self._posts_of(tab.name)
        self._touched.discard(name)
        text = await tab.ask("count", wanted(read_books(self._wire).tab(name)))
        counts = self.counts[name] = page_counts(name, text)
        if self.holding and not counts.held:
            await tab.ask("hold", None)
            self._touched.add(name)
            return [f"{name}: its time flowed"]
        books = await self._arrived(name, counts)
        book = books.tab(name)
        posts.told(name, counts)
        why = tab_differences(counts, book, self.limits.requests_shown_max)
        if books.blind or counts.uncounted:
            why = []  # it need not add up: see `_unsure`
        owed = posts.owed(name)
        if owed < 0 or (owed and counts.uncounted):
            posts.forget_beginnings()  # a worker has posted too, or a document that is gone
        elif owed:
            why.append(f"{owed} messages of other tabs have not arrived")
        if why:
            self._touched.add(name)
            return [f"{name}: {each}" for each in why]
        self._tab_books[name] = book
        return []

    async def _arrived(self, name: str, counts: PageCounts) -> Books:
        """The books, once what the page has sent is in them too; it need not be asked again for that."""
        for _ in range(self.limits.polls_max):
            books = read_books(self._wire)
            book = books.tab(name)
            arrived = counts.sent == book.got and counts.asked == book.unanswered
            if arrived or not only_on_its_way_up(counts, book):
                break
            await asyncio.sleep(self.limits.poll_ms / 1000)
        return books

    async def _calm(self, profile: str, posts: Posts) -> list[str]:
        """Tabs came or went: nobody can say what was posted to whom, so see that they stand still."""
        before = posts.totals()
        await asyncio.sleep(self.limits.silence_ms / 1000)
        for name, tab in sorted(self.tabs.items()):
            if self._profile(name) == profile and (why := await self._ask_tab(tab)):
                return why
        if posts.totals() == before:
            posts.settle()
        return []

    def _unsure(self, books: Books) -> list[str]:
        """Why counting does not tell it all."""
        found = list(books.blind)
        found += [f"{each.name} has no counters" for each in self.servers.values() if not each.counted]
        found += [f"{name}: {what}" for name, counts in self.counts.items() for what in counts.uncounted]
        strangers = [name for name, book in books.tabs.items() if book != TabBook() and name not in self.tabs]
        return found + [f"{name} has no counters" for name in strangers]

    async def _silent(self) -> bool:
        before = (self._records, dict(self.counts))
        await asyncio.sleep(self.limits.silence_ms / 1000)
        for _, tab in sorted(self.tabs.items()):
            if await self._ask_tab(tab):
                return False
        return before == (self._records, self.counts)

    def _recorded(self, record: Record) -> None:
        """Whoever got a message is asked again, though the books be the same: an answer may come at once."""
        self._records += 1
        message = record.message
        if record.event == "frame_delivered" and message is not None:
            up = message.direction == "up"
            self.touch(f"server {message.upstream}" if up else f"{message.profile}/{message.tab}")

    def _posts_of(self, tab: str) -> Posts:
        return self._posts.setdefault(self._profile(tab), Posts())

    @staticmethod
    def _profile(tab: str) -> str:
        return tab.partition("/")[0]
