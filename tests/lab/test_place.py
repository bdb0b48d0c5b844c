"""A place in a run, found again in another: by what had passed, not by when."""

from __future__ import annotations

from syncbed.lab.place import Place
from syncbed.trace import Frame, Heal, Kind, Record, Settled, State, Step

POST = "alice/1 POST /api/orders mutation 1 #1 down"


def frame(message: str, did: str = "delivered", layer: str = "http") -> Frame:
    return Frame(message, did, "alice/1", layer=layer)  # type: ignore[arg-type]


def place(*what: Kind) -> Place:
    return Place([Record(i, "driver", i + 1, float(i), each) for i, each in enumerate(what)])


def step(do: str) -> Step:
    return Step(0, {"do": do})


def test_only_what_happened_since_the_last_step_began_counts() -> None:
    found = place(step("hold"), frame("earlier"), step("settle"), frame(POST))
    assert found.do == "settle"
    assert not found.take(frame("something else"))
    assert found.take(frame(POST))


def test_of_a_websocket_it_is_how_much_not_which() -> None:
    beats = [frame(f"alice/1 /ws #1 up {n}", layer="ws") for n in (14, 15)]
    found = place(step("settle"), *beats)
    assert not found.take(frame("alice/1 /ws #1 up 3", layer="ws"))
    assert not found.take(frame("alice/1 /ws #1 up 4", "held", layer="ws"))
    assert found.take(frame("alice/1 /ws #1 up 4", layer="ws"))


def test_what_a_tab_became_is_of_the_place() -> None:
    found = place(step("settle"), State("alice/1", "reconnecting"))
    assert not found.take(State("bob/1", "reconnecting"))
    assert found.take(State("alice/1", "reconnecting"))


def test_where_nothing_had_happened_yet_it_is_reached_at_once() -> None:
    assert place(step("settle")).reached


def test_a_step_that_had_ended_is_over() -> None:
    assert place(step("settle"), frame(POST), Settled(True, 100, 1)).over
    assert not place(step("settle"), frame(POST)).over


def test_what_judging_healed_is_no_step() -> None:
    assert place(step("deliver"), Heal()).healed
    assert not place(step("heal"), Heal()).healed
