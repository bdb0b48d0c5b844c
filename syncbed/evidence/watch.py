"""What the trace says right now: each tab's view, state and history, each op's end, what lives at the wire.

Fed with every record as it is written. Expectations and waits are questions to it; it asks nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..trace import Connection, Event, Fail, Frame, Info, Kind, Ok, Record, State, TabLife, View, token_in


@dataclass
class TabSeen:
    """One tab, over all its documents. What it shows is what its present document has told."""

    told: bool = False
    """There is a view; without one nobody knows what is shown, and what is not."""
    ever_told: bool = False
    items: tuple[Any, ...] = ()
    pending: tuple[str, ...] = ()
    state: str = ""
    became: list[tuple[str, float]] = field(default_factory=list)  # (state, the bed's ms)
    ever_shown: set[str] = field(default_factory=set)  # tokens
    handed: Counter[str] = field(default_factory=Counter)  # token -> events
    sockets: set[str] = field(default_factory=set)  # living WebSockets at the wire

    def shown(self, token: str) -> int:
        return sum(token_in(item) == token for item in self.items)

    def shows_item(self, key: str) -> bool:
        return any(isinstance(item, dict) and item.get("id") == key for item in self.items)


class Watch:
    def __init__(self) -> None:
        self.tabs: dict[str, TabSeen] = defaultdict(TabSeen)
        self.life: dict[str, str] = {}  # tab -> what became of it last
        self.ends: dict[str, Ok | Fail | Info] = {}
        self._documents: dict[str, str] = {}  # tab -> the source that speaks for it
        self._frames: set[tuple[str, str]] = set()  # (what was done, the message's name)

    def take(self, record: Record[Kind], at_ms: float) -> None:
        """`at_ms` is the bed's own time."""
        match record.what:
            case View(tab=tab, items=items, pending=pending):
                seen = self.tabs[tab]
                seen.ever_told = True
                seen.ever_shown.update(filter(None, map(token_in, items)))
                if self._is_current(tab, record.source):
                    seen.told, seen.items, seen.pending = True, items, pending
            case State(tab=tab, state=state) if self._is_current(tab, record.source):
                self.tabs[tab].state = state
                self.tabs[tab].became.append((state, at_ms))
            case Event(tab=tab, token=token) if token:
                self.tabs[tab].handed[token] += 1
            case TabLife(tab=tab, did=did, document=document):
                self.life[tab] = did
                if document:
                    self._documents[tab] = document
                if did in ("opened", "reloaded", "closed", "crashed"):
                    seen = self.tabs[tab]
                    seen.told, seen.items, seen.pending, seen.state = False, (), (), ""
            case Ok() | Fail() | Info() as end:
                self.ends.setdefault(end.op, end)
            case Frame(did=did, message=message):
                self._frames.add((did, message))
            case Connection() as told:
                self._connection(told)
            case _:
                pass

    def _connection(self, told: Connection) -> None:
        sockets = self.tabs[told.tab].sockets
        if told.did == "websocket":
            sockets.add(told.connection)
        elif told.did in ("closing", "closed"):
            sockets.discard(told.connection)

    def _is_current(self, tab: str, source: str) -> bool:
        """Whether a document speaks for its tab; the last words of one that is gone do not."""
        return self._documents.get(tab, source) == source

    def frame_was(self, did: str, pattern: str) -> bool:
        """`*` stands for anything, and nothing else does."""
        glob = pattern.replace("[", "[[]").replace("?", "[?]")
        return any(done == did and fnmatchcase(name, glob) for done, name in self._frames)

    def sockets(self, on: str) -> int:
        """How many WebSockets a profile or a tab has at the wire."""
        return sum(
            len(seen.sockets) for tab, seen in self.tabs.items() if tab == on or tab.startswith(f"{on}/")
        )
