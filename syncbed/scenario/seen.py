"""What a run has shown so far, and whether what a step asks for is so.

Fed with the trace's records as they come (`TraceWriter(on_record=seen.feed)`), so that every driver
answers conditions and expectations alike, from what is written down. Knows no time: how long to wait
or to watch is the driver's.
"""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..checkers.converges import difference
from ..trace import Connection, Event, Frame, Invoke, Kind, Record, State, TabLife, View, token_in
from ..trace.prose import items_told


class Seen:
    def __init__(self) -> None:
        self.views: dict[str, View] = {}  # tab -> what it shows now
        self.states: dict[str, str] = {}
        self.frames: set[tuple[str, str]] = set()  # (name, what the wire did)
        self._documents: dict[str, str] = {}
        self._ever: set[tuple[str, str]] = set()  # (tab, token)
        self._handed: Counter[tuple[str, str]] = Counter()
        self._sockets: dict[str, str] = {}  # connection -> tab
        self._titles: dict[str, str] = {}  # token -> title

    def feed(self, record: Record[Kind]) -> None:
        """Take in what happened. The last words of a document that is gone are not what its tab shows."""
        match record.what:
            case TabLife(tab=tab, did=did, document=document):
                if document:
                    self._documents[tab] = document
                    self._forget(tab)
                elif did in ("closed", "crashed"):
                    self._documents.pop(tab, None)
                    self._forget(tab)
            case View(tab=tab, items=items) as view:
                self._ever.update((tab, token_in(item)) for item in items)
                if self._is_current(tab, record.source):
                    self.views[tab] = view
            case State(tab=tab, state=state):
                if self._is_current(tab, record.source):
                    self.states[tab] = state
            case Event(tab=tab, token=token) if token:
                self._handed[tab, token] += 1
            case Frame(message=message, did=did):
                self.frames.add((message, did))
            case Connection(did="websocket", connection=connection, tab=tab):
                self._sockets[connection] = tab
            case Connection(did="closed", connection=connection):
                self._sockets.pop(connection, None)
            case Invoke(token=token, value={"title": str(title)}):
                self._titles[token] = title

    def holds(self, asked: Mapping[str, Any], server_items: Sequence[Any] | None = None) -> bool:
        """Whether a condition or expectation is so now. `converged` needs the server's items.

        `connects_within` and `sockets_at_most` hold at this moment; the driver watches the clock.
        """
        tab, token = asked.get("tab", ""), asked.get("op", "")
        match asked["is"]:
            case "state" | "state_is":
                return self.states.get(tab) == str(asked["state"])
            case "connects_within":
                return self.states.get(tab) == "connected"
            case "shows":
                return self._count(tab, token) > 0
            case "shows_once":
                return self._count(tab, token) == 1
            case "never_shows":
                return (tab, token) not in self._ever
            case "absent":
                return tab in self.views and all(_id(item) != asked["key"] for item in self.views[tab].items)
            case "delivered_once":
                return self._handed[tab, token] == 1
            case "pending" | "pending_is":
                return tab in self.views and len(self.views[tab].pending) == asked["n"]
            case "sockets_at_most":
                return self.sockets(asked["on"]) <= int(asked["n"])
            case "frame":
                pattern = re.compile(fnmatch.translate(asked["message"].replace("[", "[[]")))
                return any(did == asked["did"] and pattern.match(name) for name, did in self.frames)
            case "converged":
                return server_items is not None and not self._differing(server_items)
            case unknown:
                raise KeyError(f"{unknown!r} is no condition or expectation")

    def found(self, asked: Mapping[str, Any], server_items: Sequence[Any] | None = None) -> str:
        """What is so instead, in words."""
        tab, token = asked.get("tab", ""), asked.get("op", "")
        match asked["is"]:
            case "state" | "state_is" | "connects_within":
                return f"{tab} {self.states.get(tab, 'without a state')}"
            case "delivered_once":
                return f"{self._handed[tab, token]} times"
            case "pending" | "pending_is":
                return f"{len(self.views[tab].pending)} pending" if tab in self.views else "no view"
            case "sockets_at_most":
                return f"{self.sockets(asked['on'])} sockets"
            case "frame":
                return f"{sum(did == asked['did'] for _, did in self.frames)} other frames {asked['did']}"
            case "converged":
                return "; ".join(self._differing(server_items)) if server_items is not None else "no items"
            case "never_shows" if (tab, token) in self._ever:
                return "it was shown"
            case _:
                return f"{tab} shows {items_told(self.views[tab].items)}" if tab in self.views else "no view"

    def expected(self, asked: Mapping[str, Any]) -> str:
        """What is asked for, in words: `bob/1 shows once "espresso #order"`."""
        who = asked.get("tab") or asked.get("on") or ""
        what = asked["is"].replace("_", " ")
        if "op" in asked:
            rest = f'"{self._titles.get(asked["op"], "#" + asked["op"])}"'
        elif asked["is"] == "connects_within":
            rest = f"{asked['from_ms']} to {asked['to_ms']} ms"
        else:
            rest = " ".join(
                str(asked[key]) for key in ("state", "key", "n", "message", "did") if key in asked
            )
        return " ".join(filter(None, (who, what, rest)))

    def sockets(self, on: str) -> int:
        """The living WebSockets, at the wire, of a profile or of a tab."""
        return sum(tab == on or tab.startswith(f"{on}/") for tab in self._sockets.values())

    def _differing(self, server_items: Sequence[Any]) -> list[str]:
        """In words, each tab that shows something else than the server holds, or waits for an answer."""
        found = []
        for tab in self._documents:
            view = self.views.get(tab)
            differs = difference(view.items, tuple(server_items)) if view is not None else None
            if view is None:
                found.append(f"{tab} shows nothing yet")
            elif differs is not None:
                found.append(f"{tab} shows {differs[1]}")
            elif view.pending:
                found.append(f"{tab} has {len(view.pending)} pending")
        return found

    def _count(self, tab: str, token: str) -> int:
        view = self.views.get(tab)
        return 0 if view is None else sum(token_in(item) == token for item in view.items)

    def _is_current(self, tab: str, source: str) -> bool:
        return self._documents.get(tab, source) == source

    def _forget(self, tab: str) -> None:
        self.views.pop(tab, None)
        self.states.pop(tab, None)


def _id(item: Any) -> Any:
    return item.get("id") if isinstance(item, Mapping) else None
