"""Conditions and expectations are answered from what was written down, alike for every driver."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.scenario import Seen
from syncbed.scenario.steps import CONDITIONS, EXPECTATIONS
from syncbed.trace import (
    Connection,
    Event,
    Frame,
    Header,
    Invoke,
    Kind,
    State,
    TabLife,
    TraceWriter,
    View,
    document_of,
)

LATTE = {"id": "latte", "title": "latte #o1", "version": 1}
TEA = {"id": "tea", "title": "tea #o2", "version": 1}


def seen(*said: Kind, tab: str = "bob/1") -> Seen:
    """What was seen after these reports of a tab (or of the wire, which is not a tab's to tell)."""
    found = Seen()
    log = TraceWriter(None, Header(), on_record=found.feed)
    log.write("driver", TabLife(tab, "opened", document_of(tab)), at_ms=0)
    for what in said:
        log.write("wire" if isinstance(what, Frame | Connection) else document_of(tab), what, at_ms=1)
    return found


def view(*items: dict[str, Any], pending: tuple[str, ...] = ()) -> View:
    return View("bob/1", items, pending)


SHOWS = {"tab": "bob/1", "op": "o1"}
EVENT = Event("bob/1", "orders", "created", token="o1")
SOCKET = Connection("websocket", "c1", "bob/1")


CONNECTED, RECONNECTING = State("bob/1", "connected"), State("bob/1", "reconnecting")
BOB: dict[str, Any] = {"tab": "bob/1"}
POST = {"is": "frame", "message": "bob/1 POST * up", "did": "lost"}
TWICE = view(LATTE, {**LATTE, "id": "copy"})

# what is asked for, what makes it so, what does not, what is found then
ASKED: list[tuple[dict[str, Any], list[Kind], list[Kind], str]] = [
    ({"is": "state", **BOB, "state": "connected"}, [CONNECTED], [], "bob/1 without a state"),
    ({"is": "state_is", **BOB, "state": "connected"}, [CONNECTED], [RECONNECTING], "bob/1 reconnecting"),
    ({"is": "connects_within", **BOB}, [CONNECTED], [CONNECTED, RECONNECTING], "bob/1 reconnecting"),
    ({"is": "shows", **SHOWS}, [view(LATTE)], [view(TEA)], 'bob/1 shows "tea #o2" v1'),
    ({"is": "shows", **SHOWS}, [view(LATTE)], [view(LATTE), view()], "bob/1 shows nothing"),
    ({"is": "shows_once", **SHOWS}, [view(LATTE)], [TWICE], 'bob/1 shows "latte #o1" v1, "latte #o1" v1'),
    ({"is": "never_shows", **SHOWS}, [view(TEA)], [view(LATTE), view()], "it was shown"),
    ({"is": "absent", **BOB, "key": "tea"}, [view(LATTE)], [view(TEA)], 'bob/1 shows "tea #o2" v1'),
    ({"is": "absent", **BOB, "key": "latte"}, [view()], [], "no view"),
    ({"is": "delivered_once", **SHOWS}, [EVENT], [EVENT, EVENT], "2 times"),
    ({"is": "delivered_once", **SHOWS}, [EVENT], [], "0 times"),
    ({"is": "pending", **BOB, "n": 1}, [view(pending=("latte",))], [view()], "0 pending"),
    ({"is": "pending_is", **BOB, "n": 0}, [view()], [view(pending=("latte",))], "1 pending"),
    (
        {"is": "sockets_at_most", "on": "bob", "n": 0},
        [SOCKET, Connection("closed", "c1")],
        [SOCKET],
        "1 sockets",
    ),
    (
        {"is": "sockets_at_most", "on": "bob/1", "n": 0},
        [Connection("websocket", "c1", "bob/2")],
        [SOCKET],
        "1 sockets",
    ),
    (
        POST,
        [Frame("bob/1 POST /x #1 up", "lost")],
        [Frame("bob/1 POST /x #1 up", "seen"), Frame("bob/1 GET /x #1 up", "lost")],
        "1 other frames lost",
    ),
    ({"is": "converged"}, [view(LATTE)], [view(LATTE, pending=("latte",))], "bob/1 has 1 pending"),
    (
        {"is": "converged"},
        [view(LATTE)],
        [view()],
        'bob/1 shows no "latte #o1" v1, which the server holds',
    ),
    ({"is": "converged"}, [view(LATTE)], [], "bob/1 shows nothing yet"),
]


@pytest.mark.parametrize(
    ("asked", "met", "unmet", "found"), ASKED, ids=[f"{each[0]['is']}: {each[3]}" for each in ASKED]
)
def test_what_is_asked_is_so_or_is_not(
    asked: dict[str, Any], met: list[Kind], unmet: list[Kind], found: str
) -> None:
    assert seen(*met).holds(asked, [LATTE])
    assert not seen(*unmet).holds(asked, [LATTE])
    assert seen(*unmet).found(asked, [LATTE]) == found


def test_every_condition_and_expectation_can_be_asked() -> None:
    everything = {"tab": "bob/1", "op": "o1", "state": "connected", "key": "x", "n": 0, "on": "bob"}
    more = {"message": "*", "did": "seen", "from_ms": 0, "to_ms": 1}
    for name in (*CONDITIONS, *EXPECTATIONS):
        asked = {"is": name, **everything, **more}
        assert isinstance(seen().holds(asked, []), bool)
        assert seen().found(asked, []) is not None
        assert seen().expected(asked)


def test_what_is_unknown_cannot_be_asked() -> None:
    with pytest.raises(KeyError, match="'glows' is no condition"):
        seen().holds({"is": "glows"})


def test_what_is_asked_is_told_with_its_title() -> None:
    found = seen(Invoke("o1", "bob/1", "put", "latte", {"title": "latte #o1"}, "o1"))
    assert found.expected({"is": "shows_once", **SHOWS}) == 'bob/1 shows once "latte #o1"'
    asked = {"is": "state_is", "tab": "bob/1", "state": "connected"}
    assert found.expected(asked) == "bob/1 state is connected"


def test_a_reload_forgets_what_the_old_page_showed_and_said() -> None:
    found = Seen()
    log = TraceWriter(None, Header(), on_record=found.feed)
    log.write("driver", TabLife("bob/1", "opened", document_of("bob/1")), at_ms=0)
    log.write("tab bob/1", State("bob/1", "connected"), at_ms=1)
    log.write("tab bob/1", view(LATTE), at_ms=1)
    log.write("driver", TabLife("bob/1", "reloaded", document_of("bob/1", 2)), at_ms=2)
    assert not found.holds({"is": "shows", **SHOWS})
    assert found.states == {}
    log.write("tab bob/1", view(LATTE), at_ms=3)
    assert not found.holds({"is": "shows", **SHOWS}), "the last words of a page that is gone"
    assert not found.holds({"is": "never_shows", **SHOWS}), "but it was shown"
    log.write("tab bob/1#2", view(LATTE), at_ms=4)
    assert found.holds({"is": "shows", **SHOWS})


def test_a_closed_tab_need_not_converge() -> None:
    found = seen(view())
    log = TraceWriter(None, Header(), on_record=found.feed)
    assert not found.holds({"is": "converged"}, [LATTE])
    log.write("driver", TabLife("bob/1", "closed"), at_ms=1)
    assert found.holds({"is": "converged"}, [LATTE])
