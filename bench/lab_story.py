"""A long run, made up: what the lab's diagram is given to draw when it is measured.

Three tabs of two profiles write orders through two servers; each write is a mutation, its request and
answer, an event to every tab, the views that follow. Some answers are lost and asked for again, some frames
are held, the tabs of a profile talk to each other, and a log is read now and then. The same rows each time.
"""

from __future__ import annotations

import json
from typing import Any

from syncbed.trace.kinds import (
    Choice,
    Commit,
    Event,
    Fault,
    Frame,
    Header,
    Invoke,
    Kind,
    Lifted,
    LogRead,
    Ok,
    Receipt,
    TabMessage,
    View,
)
from syncbed.trace.record import Record

TABS = ("alice/1", "alice/2", "bob/1")
SERVERS = {"alice": "a", "bob": "b"}
ITEMS_SHOWN = 12
CHANNEL = "orders"


class LongStory:
    def __init__(self) -> None:
        header = Header(
            scenario="long",
            title="A long run",
            profiles={"alice": {"tabs": 2, "instance": "a"}, "bob": {"tabs": 1, "instance": "b"}},
        )
        self.records: list[Record[Kind]] = [Record(0, "driver", 1, 0.0, header)]
        self._items: list[dict[str, Any]] = []
        self._at_ms = 0.0
        self._frames = 0

    def say(self, source: str, what: Kind, after_ms: float = 1.7) -> None:
        self._at_ms += after_ms
        self.records.append(Record(len(self.records), source, len(self.records), self._at_ms, what))

    def view(self, tab: str, items: list[dict[str, Any]], *pending: str) -> None:
        self.say(f"tab {tab}", View(tab, tuple(items), pending))

    def frame(self, message: str, tab: str, *did: str, **more: Any) -> None:
        for at, each in enumerate(did):
            given = more if at == 0 else {key: more[key] for key in more if key not in ("payload", "headers")}
            self.say("wire", Frame(message, each, tab=tab, connection=f"c-{tab}", **given))  # type: ignore[arg-type]

    def write(self, number: int) -> None:
        tab = TABS[number % 3]
        profile = tab.partition("/")[0]
        token, item_id = f"o{number}", f"order-{number}"
        fields = {"id": item_id, "title": f"{number} × flat white #{token}", "done": False}
        committed = {**fields, "version": 1}
        if number % 40 == 7:
            rule = {"match": {"profile": profile}, "limit": 1, "fault": {"kind": "answer_lost"}}
            self.say("driver", Fault(f"f{number}", rule))
        self.say("driver", Invoke(f"op{number}", tab, "put", item_id, fields, token, CHANNEL), 40)
        self.view(tab, [*self._items, {**fields, "version": None}], item_id)
        if profile == "alice":
            other = TABS[1 - number % 3]
            told = {"topic": "collection", "body": {"kind": "mutation", "mutation": {"mutationId": number}}}
            self.say(f"tab {tab}", TabMessage(tab, "sent", f"t{number}", CHANNEL, json.dumps(told)))
            self.say(f"tab {other}", TabMessage(other, "received", f"t{number}", CHANNEL))
            self.view(other, [*self._items, {**fields, "version": None}], item_id)
        self.request(tab, number, 1, fields, committed, is_lost=number % 40 == 7)
        self.events(number, committed, is_held=number % 25 == 3)
        if number % 40 == 7:
            self.request(tab, number, 2, fields, committed, is_lost=False)
            self.say("wire", Lifted(f"f{number}"))
        self._items = [*self._items, committed][-ITEMS_SHOWN:]
        self.say(f"tab {tab}", Ok(f"op{number}", version=1, client_id=f"client-{tab}", mutation_id=number))
        if number % 10 == 0:
            self.say(
                "bed",
                Commit(CHANNEL, "e1", number, "created", item_id, 1, f"client-{tab}", number, committed),
            )
            self.say("bed", LogRead(CHANNEL, "e1", number - 1, number))
        if number % 90 == 0:
            self._at_ms += 4000

    def request(self, tab: str, number: int, time: int, fields: Any, committed: Any, is_lost: bool) -> None:
        name = f"{tab} POST /api/orders mutation {number} #{time}"
        about = {"layer": "http", "method": "POST", "path": "/api/orders", "mutation": str(number)}
        headers = [["Client-Id", f"client-{tab}"], ["Mutation-Id", str(number)], ["Accept", "*/*"]]
        up = {
            **about,
            "direction": "up",
            "stage": "request",
            "headers": headers,
            "payload": json.dumps(fields),
        }
        self.frame(f"{name} up", tab, "seen", "delivered", **up)
        down = {
            **about,
            "direction": "down",
            "stage": "response",
            "status": 201,
            "payload": json.dumps(committed),
        }
        if is_lost:
            self.frame(f"{name} down", tab, "seen", **down)
            self.say("wire", Receipt(f"f{number}", f"answer_lost acted on {name} up"))
            self.frame(f"{name} down", tab, "lost", rule=f"f{number}", **{**about, "direction": "down"})
        else:
            self.frame(f"{name} down", tab, "seen", "delivered", **down)

    def events(self, number: int, committed: Any, is_held: bool) -> None:
        payload = {"entity_id": committed["id"], "version": 1, "mutation_id": number, "item": committed}
        told = json.dumps(
            {"channel": CHANNEL, "event": "created", "payload": payload, "epoch": "e1", "offset": number}
        )
        about = {
            "layer": "ws",
            "direction": "down",
            "stage": "frame",
            "path": "/ws/broadcast",
            "payload": told,
        }
        names = []
        for tab in TABS:
            self._frames += 1
            names.append(f"{tab} /ws/broadcast #1 down {self._frames}")
            self.frame(names[-1], tab, "seen", *(["held"] if is_held else ["delivered"]), **about)
        for tab, name in zip(TABS, names, strict=True):
            if is_held:
                self.say("driver", Choice("deliver", name))
                self.frame(name, tab, "delivered", layer="ws", direction="down")
            self.say(
                f"tab {tab}", Event(tab, CHANNEL, "created", "e1", number, f"o{number}", committed["id"], 1)
            )
            self.view(tab, [*self._items, committed])


def long_story(records: int) -> list[Record[Kind]]:
    story = LongStory()
    number = 0
    while len(story.records) < records:
        number += 1
        story.write(number)
    return story.records[:records]
