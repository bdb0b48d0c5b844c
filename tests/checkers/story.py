"""A small world that is told as a trace: a correct one, unless a test tells it otherwise.

Every method writes the records of one thing that happened, in a true order.
"""

from __future__ import annotations

from typing import Any

from syncbed.trace import (
    Clock,
    Commit,
    Connection,
    Event,
    Fail,
    Fault,
    Header,
    Heal,
    Info,
    Invoke,
    Kind,
    LogRead,
    Ok,
    Receipt,
    Record,
    Settled,
    Snapshot,
    State,
    Subscribed,
    TabLife,
    Trace,
    TraceWriter,
    View,
    document_of,
    mark,
)

CHANNEL = "orders"
CAPS = ("server_authority", "offline", "tabs", "order", "idempotent")


class Story:
    def __init__(self, *tabs: str, caps: tuple[str, ...] = CAPS) -> None:
        self.writer = TraceWriter(None, Header(scenario="story", caps=caps))
        self.now_ms = 0.0
        self.items: dict[str, dict[str, Any]] = {}
        self.epoch, self.offset = "e1", 0
        self.log: list[Commit] = []
        self.shown: dict[str, dict[str, dict[str, Any]]] = {}
        self.lives: dict[str, int] = {}
        self.mutations = 0
        for source in ("driver", "wire", "bed"):
            self.say("driver", Clock(source))
        for tab in tabs or ("alice/1", "bob/1"):
            self.open(tab)

    def say(self, source: str, what: Kind) -> Record[Kind]:
        self.now_ms += 1
        return self.writer.write(source, what, at_ms=self.now_ms)

    @property
    def trace(self) -> Trace:
        return self.writer.trace()

    # Tabs

    def document(self, tab: str) -> str:
        return document_of(tab, self.lives[tab])

    def open(self, tab: str) -> None:
        again = tab in self.lives
        self.lives[tab] = self.lives.get(tab, 0) + 1
        self.say("driver", TabLife(tab, "reloaded" if again else "opened", self.document(tab)))
        self.say("driver", Clock(self.document(tab)))
        self.socket(tab)
        self.connected(tab)
        self.read(tab, "new")

    def socket(self, tab: str) -> None:
        """Its document's one WebSocket; that of the document before it is closed."""
        old, new = (f"{tab}#{life}" for life in (self.lives[tab] - 1, self.lives[tab]))
        self.say("wire", Connection("closed", old, tab))
        self.say("wire", Connection("opened", new, tab))
        self.say("wire", Connection("websocket", new, tab))

    def connected(self, tab: str, state: str = "connected") -> None:
        self.say(self.document(tab), State(tab, state))

    def read(self, tab: str, reason: str) -> None:
        """The tab reads everything anew, and its app is told."""
        self.say(self.document(tab), Subscribed(tab, CHANNEL, self.epoch, self.offset, reason))
        self.shown[tab] = dict(self.items)
        self.show(tab)

    def show(self, tab: str, *pending: str) -> None:
        items = tuple(dict(item) for item in self.shown[tab].values())
        self.say(self.document(tab), View(tab, items, pending))

    def life(self, tab: str, did: Any) -> None:
        self.say("driver", TabLife(tab, did))

    # Writes, piece by piece and whole

    def ask(self, tab: str, key: str, op: str) -> None:
        self.say("driver", Invoke(op, tab, "put", key, {"title": mark(key, op)}, op, CHANNEL))

    def commit(self, key: str, op: str, *, mutation: int | None = None) -> Commit:
        if mutation is None:
            self.mutations += 1
            mutation = self.mutations
        old = self.items.get(key)
        version = old["version"] + 1 if old else 1
        item = {"id": key, "version": version, "title": mark(key, op)}
        return self._log("updated" if old else "created", key, version, mutation, item)

    def delete(self, key: str) -> Commit:
        self.mutations += 1
        return self._log("deleted", key, self.items[key]["version"] + 1, self.mutations, None)

    def _log(self, event: str, key: str, version: int, mutation: int, item: Any) -> Commit:
        self.offset += 1
        if item is None:
            del self.items[key]
        else:
            self.items[key] = item
        commit = Commit(CHANNEL, self.epoch, self.offset, event, key, version, "c1", mutation, item)
        self.log.append(commit)
        return commit

    def hand(self, tab: str, commit: Commit, token: str = "") -> None:
        """The event of a commit is handed to the tab's app, which shows it."""
        event = Event(
            tab,
            CHANNEL,
            commit.event,
            commit.epoch,
            commit.offset,
            token,
            commit.entity_id,
            commit.version,
            commit.client_id,
            commit.mutation_id,
        )
        self.say(self.document(tab), event)
        if commit.item is None:
            self.shown[tab].pop(commit.entity_id, None)
        else:
            self.shown[tab][commit.entity_id] = commit.item
        self.show(tab)

    def hand_all(self, commit: Commit, token: str = "") -> None:
        for tab in self.shown:
            self.hand(tab, commit, token)

    def answer(self, op: str, commit: Commit) -> None:
        self.say("driver", Ok(op, None, commit.version, commit.client_id, commit.mutation_id))

    def put(self, tab: str, key: str, op: str) -> Commit:
        self.ask(tab, key, op)
        commit = self.commit(key, op)
        self.hand_all(commit, op)
        self.answer(op, commit)
        return commit

    def remove(self, tab: str, key: str, op: str) -> Commit:
        self.say("driver", Invoke(op, tab, "remove", key, None, op, CHANNEL))
        commit = self.delete(key)
        self.hand_all(commit)
        self.answer(op, commit)
        return commit

    def refused(self, tab: str, key: str, op: str) -> None:
        self.ask(tab, key, op)
        self.say("driver", Fail(op, "version_conflict"))

    def doubtful(self, tab: str, key: str, op: str) -> None:
        self.ask(tab, key, op)
        self.say("driver", Info(op, "timeout"))

    # Faults

    def fault(self, name: str, receipt: bool = True) -> None:
        self.say("wire", Fault(name, {"id": name, "fault": {"kind": "cut"}}))
        if receipt:
            self.say("wire", Receipt(name, "cut acted on connection c1"))

    def lose_everything(self) -> None:
        """Redis restarts empty: another epoch, and every tab is told."""
        self.items, self.log = {}, []
        self.epoch, self.offset = f"e{int(self.epoch[1:]) + 1}", 0
        for tab in list(self.shown):
            self.read(tab, "resync")

    # The end

    def end(self, *, reached: bool = True, log: bool = True, snapshot: bool = True) -> Trace:
        self.say("driver", Heal())
        self.say("driver", Settled(reached, 10_000, 50, "" if reached else "1 pending in alice/1"))
        if log:
            for commit in self.log:
                self.say("bed", commit)
            self.say("bed", LogRead(CHANNEL, self.epoch, 0, self.offset))
        if snapshot:
            self.say("bed", Snapshot(CHANNEL, self.epoch, self.offset, tuple(self.items.values())))
        return self.trace
