"""What the watch knows after each record, and that whoever waits for it is woken by it."""

from __future__ import annotations

import asyncio
from typing import Any

from syncbed.evidence import Recorder, Watch
from syncbed.trace import Connection, Event, Fail, Frame, Header, Info, Kind, Ok, Record, State, TabLife, View


def watched(*told: Kind) -> Watch:
    watch = Watch()
    for i, what in enumerate(told):
        watch.take(Record(i, "a test", i + 1, 0.0, what), float(i))
    return watch


def item(title: str) -> dict[str, Any]:
    return {"id": title.partition(" ")[0], "title": title}


def test_a_tab_shows_its_last_view_and_remembers_all() -> None:
    watch = watched(View("alice/1", (item("latte #a"),), ("latte",)), View("alice/1", (item("latte #b"),)))
    seen = watch.tabs["alice/1"]
    assert (seen.shown("a"), seen.shown("b"), seen.pending) == (0, 1, ())
    assert seen.ever_shown == {"a", "b"}
    assert seen.shows_item("latte")
    assert not seen.shows_item("mocha")


def test_a_reloaded_tab_shows_nothing_until_it_says_so() -> None:
    watch = watched(
        View("alice/1", (item("latte #a"),)), State("alice/1", "connected"), TabLife("alice/1", "reloaded")
    )
    seen = watch.tabs["alice/1"]
    assert (seen.items, seen.state) == ((), "")
    assert seen.ever_shown == {"a"}
    assert watch.life["alice/1"] == "reloaded"


def test_events_are_counted_by_their_token() -> None:
    event = Event("bob/1", "orders", "created", token="a")
    assert watched(event, event).tabs["bob/1"].handed["a"] == 2


def test_the_first_end_of_an_op_counts() -> None:
    watch = watched(Ok("a"), Info("a", "the tab was closed"), Fail("b", "conflict"))
    assert watch.ends == {"a": Ok("a"), "b": Fail("b", "conflict")}


def test_a_socket_lives_from_its_101_to_its_close_frame() -> None:
    opened = [Connection("websocket", name, tab) for name, tab in (("c1", "alice/1"), ("c2", "alice/2"))]
    assert watched(*opened).sockets("alice") == 2
    watch = watched(*opened, Connection("closing", "c1", "alice/1"))
    assert (watch.sockets("alice"), watch.sockets("alice/1"), watch.sockets("alice/2")) == (1, 0, 1)


def test_a_profile_is_not_one_whose_name_begins_alike() -> None:
    assert watched(Connection("websocket", "c1", "alice-b/1")).sockets("alice") == 0


def test_what_was_done_to_a_frame_is_found_by_a_pattern() -> None:
    watch = watched(Frame("alice/1 POST /api/orders mutation 1 #1 up", "lost"))
    assert watch.frame_was("lost", "alice/1 POST /api/orders*up")
    assert not watch.frame_was("delivered", "alice/1 POST /api/orders*up")


async def test_who_waits_is_woken_by_the_record() -> None:
    recorder = Recorder(None)
    recorder.begin(Header())
    waiting = asyncio.ensure_future(recorder.until(lambda: recorder.watch.ends.get("a"), 10_000))
    await asyncio.sleep(0)
    assert not waiting.done()
    recorder.write("driver", Ok("a"))
    assert await waiting == Ok("a")


async def test_a_wait_ends_with_its_time() -> None:
    recorder = Recorder(None)
    assert await recorder.until(lambda: False, 1) is None
    assert await recorder.quiet(1, 1000)


async def test_what_is_said_before_the_header_comes_after_it() -> None:
    recorder = Recorder(None)
    recorder.write("driver", Ok("early"))
    assert recorder.watch.ends == {}
    recorder.begin(Header(scenario="late"))
    trace = recorder.trace()
    assert trace.header.scenario == "late"
    assert [record.what for record in trace.all(Ok)] == [Ok("early")]
    assert recorder.watch.ends == {"early": Ok("early")}
    assert trace.gaps() == []
