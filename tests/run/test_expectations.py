"""What a scenario waits for and expects is answered from what was written down, alike for every driver."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.evidence import Watch
from syncbed.run.expectations import CONDITIONS, EXPECTATIONS, difference
from syncbed.trace import Connection, Event, Frame, Kind, Record, State, TabLife, View, document_of

LATTE = {"id": "latte", "title": "latte #o1", "version": 1}
TEA = {"id": "tea", "title": "tea #o2", "version": 1}
BOB: dict[str, Any] = {"tab": "bob/1"}
SHOWS = {**BOB, "op": "o1"}
EVENT = Event("bob/1", "orders", "created", token="o1")
CONNECTED, RECONNECTING = State("bob/1", "connected"), State("bob/1", "reconnecting")
POST = {"is": "frame", "message": "bob/1 POST * up", "did": "lost"}
NO_VIEW = "it has told no view"


def view(*items: dict[str, Any], pending: tuple[str, ...] = ()) -> View:
    return View("bob/1", items, pending)


TWICE = view(LATTE, {**LATTE, "id": "copy"})


class Told:
    """A watch that is told what a tab says, document by document."""

    def __init__(self, *said: Kind) -> None:
        self.watch = Watch()
        self.document = 0
        self.becomes("opened")
        self.says(*said)

    def says(self, *said: Kind, document: int = 0) -> None:
        for what in said:
            of_wire = isinstance(what, Frame | Connection)
            self._take("wire" if of_wire else document_of("bob/1", document or self.document), what)

    def becomes(self, did: Any) -> None:
        self.document += 1
        self._take("driver", TabLife("bob/1", did, document_of("bob/1", self.document)))

    def holds(self, asked: dict[str, Any]) -> bool:
        return (CONDITIONS | EXPECTATIONS)[asked["is"]].met(self.watch, asked)

    def found(self, asked: dict[str, Any]) -> str:
        return (CONDITIONS | EXPECTATIONS)[asked["is"]].found(self.watch, asked)

    def _take(self, source: str, what: Kind) -> None:
        self.watch.take(Record(0, source, 1, 0.0, what), 0.0)


# what is asked for, what makes it so, what does not, what is found then
ASKED: list[tuple[dict[str, Any], list[Kind], list[Kind], str]] = [
    ({"is": "state", **BOB, "state": "connected"}, [CONNECTED], [], "it is gone"),
    ({"is": "state_is", **BOB, "state": "connected"}, [CONNECTED], [RECONNECTING], "it is reconnecting"),
    ({"is": "shows", **SHOWS}, [view(LATTE)], [view(TEA)], "it shows tea #o2"),
    ({"is": "shows", **SHOWS}, [view(LATTE)], [view(LATTE), view()], "it shows nothing"),
    ({"is": "shows", **SHOWS}, [view(LATTE)], [], NO_VIEW),
    ({"is": "shows_once", **SHOWS}, [view(LATTE)], [TWICE], "2 times; it shows latte #o1, latte #o1"),
    ({"is": "never_shows", **SHOWS}, [view(TEA)], [view(LATTE), view()], "it did"),
    ({"is": "never_shows", **SHOWS}, [view(TEA)], [], NO_VIEW),
    ({"is": "absent", **BOB, "key": "tea"}, [view(LATTE)], [view(TEA)], "it shows tea #o2"),
    ({"is": "absent", **BOB, "key": "latte"}, [view()], [], NO_VIEW),
    ({"is": "delivered_once", **SHOWS}, [EVENT], [EVENT, EVENT], "2 times"),
    ({"is": "delivered_once", **SHOWS}, [EVENT], [], "0 times"),
    ({"is": "pending", **BOB, "n": 1}, [view(pending=("latte",))], [view()], "it has 0"),
    ({"is": "pending_is", **BOB, "n": 0}, [view()], [view(pending=("latte",))], "it has 1"),
    ({"is": "pending_is", **BOB, "n": 0}, [view()], [], NO_VIEW),
    (
        POST,
        [Frame("bob/1 POST /x #1 up", "lost")],
        [Frame("bob/1 POST /x #1 up", "seen"), Frame("bob/1 GET /x #1 up", "lost")],
        "it was not",
    ),
    (
        {**POST, "message": "bob/1 POST /x[1]* up"},
        [Frame("bob/1 POST /x[1] #1 up", "lost")],
        [Frame("bob/1 POST /x1 #1 up", "lost")],
        "it was not",
    ),
]


@pytest.mark.parametrize(
    ("asked", "met", "unmet", "found"), ASKED, ids=[f"{each[0]['is']}: {each[3]}" for each in ASKED]
)
def test_what_is_asked_is_so_or_is_not(
    asked: dict[str, Any], met: list[Kind], unmet: list[Kind], found: str
) -> None:
    assert Told(*met).holds(asked)
    assert not Told(*unmet).holds(asked)
    assert Told(*unmet).found(asked) == found


@pytest.mark.parametrize(
    ("said", "differs"),
    [
        ([view(LATTE)], ""),
        ([view({**LATTE, "version": 7})], ""),
        ([view(LATTE, pending=("latte",))], "bob/1 has 1 pending"),
        ([view()], "bob/1: it shows nothing; the server holds o1"),
        ([], "bob/1 shows nothing yet"),
    ],
    ids=["the same", "another version", "pending", "another view", "no view"],
)
def test_a_tab_shows_what_the_server_holds_or_it_is_told_what_differs(said: list[Kind], differs: str) -> None:
    assert difference(Told(*said).watch, ["bob/1"], (LATTE,)) == differs


def test_a_reload_forgets_what_the_old_page_showed_and_said() -> None:
    bob = Told(CONNECTED, view(LATTE))
    bob.becomes("reloaded")
    assert not bob.holds({"is": "shows", **SHOWS})
    assert not bob.holds({"is": "state_is", **BOB, "state": "connected"})
    bob.says(view(LATTE), CONNECTED, document=1)
    assert not bob.holds({"is": "shows", **SHOWS}), "the last words of a page that is gone"
    assert not bob.holds({"is": "state_is", **BOB, "state": "connected"})
    assert not bob.holds({"is": "never_shows", **SHOWS}), "but it was shown"
    bob.says(view(LATTE))
    assert bob.holds({"is": "shows", **SHOWS})
