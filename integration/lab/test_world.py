"""The running world over real sockets: held, delivered, ended, broken, begun anew; and no error ends it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from integration.lab.client import HERE, Document, LabProcess, Page, Panes
from integration.waiting import until

POST = "alice/unknown POST /api/orders mutation 1 #1"


def order(lab: LabProcess, key: str = "one", mutation: str = "1") -> asyncio.Task[httpx.Response]:
    """Somebody's write, through the wire."""

    async def write() -> httpx.Response:
        async with httpx.AsyncClient(base_url=lab.origin_of("alice"), timeout=60) as http:
            return await http.post(
                "/api/orders",
                json={"id": key, "title": f"1 × {key}", "done": False},
                headers={"Client-Id": "somebody", "Mutation-Id": mutation, "Sec-Fetch-Dest": "empty"},
            )

    return asyncio.create_task(write())


def in_flight(page: Page) -> list[str]:
    return [each["name"] for each in page.state["in_flight"]]


async def held(lab: LabProcess, page: Page) -> asyncio.Task[httpx.Response]:
    await page.does("hold")
    writing = order(lab)
    await page.until(lambda: f"{POST} up" in in_flight(page))
    return writing


async def test_a_page_is_told_what_there_is_the_trace_and_the_state(lab: LabProcess, lab_page: Page) -> None:
    assert [message["type"] for message in lab_page.heard[:2]] == ["hello", "reset"]
    assert {card["name"] for card in lab_page.hello["gallery"]} >= {"multi-tab", "the-order-is-there-twice"}
    assert all(fault["rule"]["fault"]["kind"] for fault in lab_page.hello["faults"])
    assert [row[0] for row in lab_page.rows] == list(range(len(lab_page.rows)))
    assert lab_page.rows[0][3] == "header"
    assert lab_page.resets[-1]["header"]["driver"] == "panes"
    assert lab_page.state["servers"] == [{"name": "a", "up": True}]
    async with Page(lab.live()) as later:
        assert later.rows[: len(lab_page.rows)] == lab_page.rows[: len(later.rows)]


async def test_what_is_held_is_delivered_by_choice(lab: LabProcess, lab_page: Page) -> None:
    writing = await held(lab, lab_page)
    [request] = [each for each in lab_page.state["in_flight"] if each["stage"] == "request"]
    assert (request["label"], request["tab"], request["head"]) == ("POST m1", "alice/unknown", True)
    assert json.loads(request["payload"])["title"] == "1 × one"
    await lab_page.does("deliver", message=request["id"])
    await lab_page.until(lambda: in_flight(lab_page) == [f"{POST} down"])
    assert not writing.done()
    await lab_page.does("step")
    assert (await writing).status_code == 201
    assert "chosen: deliver POST m1 of alice/unknown" in lab_page.told("choice")


async def test_a_connection_is_ended_before_its_answer(lab: LabProcess, lab_page: Page) -> None:
    writing = await held(lab, lab_page)
    await lab_page.does("step")
    await lab_page.until(lambda: in_flight(lab_page) == [f"{POST} down"])
    await lab_page.does("end_before", message=f"{POST} down")
    with pytest.raises(httpx.TransportError):
        await writing
    assert lab_page.state["in_flight"] == []


async def test_going_on_lets_everything_pass(lab: LabProcess, lab_page: Page) -> None:
    writing = await held(lab, lab_page)
    await lab_page.does("go")
    assert (await writing).status_code == 201
    await lab_page.until(lambda: lab_page.state["mode"] == "free")


async def test_a_frame_is_dropped_though_tcp_never_does(lab: LabProcess, lab_page: Page) -> None:
    url = f"ws://{HERE}:{lab.port_of('alice')}/ws/broadcast"
    async with connect(url) as socket:
        await socket.send(json.dumps({"subscribe": ["orders"], "positions": {"orders": None}}))
        await lab_page.until(
            lambda: any("subscribed orders reached" in told for told in lab_page.told("frame"))
        )
        await lab_page.does("hold")
        await order_through(lab, lab_page)
        await lab_page.until(lambda: any("/ws/broadcast" in name for name in in_flight(lab_page)))
        name = next(name for name in in_flight(lab_page) if "/ws/broadcast" in name)
        assert (await lab_page.refused("drop", message="no such message"))["code"] == "refused"
        await lab_page.does("drop", message=name)
        assert re.search(r"created \d+ to \S+ was dropped", " ".join(lab_page.told("frame")))
        await lab_page.does("go")


@pytest.mark.parametrize("does", ["drop", "duplicate", "reorder"])
async def test_one_message_meets_what_tcp_never_does(lab: LabProcess, lab_page: Page, does: str) -> None:
    """Two events wait on one WebSocket; the choice is about the first, then the rest is delivered."""
    url = f"ws://{HERE}:{lab.port_of('alice')}/ws/broadcast"
    async with connect(url) as socket:
        await socket.send(json.dumps({"subscribe": ["orders"], "positions": {"orders": None}}))
        await lab_page.until(
            lambda: any("subscribed orders reached" in told for told in lab_page.told("frame"))
        )
        await socket.recv()
        await lab_page.does("hold")
        first, second = await two_events(lab, lab_page)
        assert first["verdicts"] == ["deliver", "end_before", "end_after", "drop", "duplicate", "reorder"]
        assert first["impossible"] == ["drop", "duplicate", "reorder"]
        assert second["verdicts"] == []
        assert "decide about that one first" in second["refused"]["reorder"]
        request = next(each for each in lab_page.state["in_flight"] if each["stage"] == "response")
        assert "an answer that never arrives" in request["refused"]["drop"]
        assert "one answer" in (await lab_page.refused("duplicate", message=request["name"]))["text"]
        await lab_page.does(does, message=first["id"])
        assert re.search(rf"chosen: {does} created \d+ to ", " ".join(lab_page.told("choice")))
        for name in [name for name in events_waiting(lab_page) if name]:
            await lab_page.does("deliver", message=name)
        titles = {"drop": ["b"], "duplicate": ["a", "a", "b"], "reorder": ["b", "a"]}[does]
        got = [json.loads(await asyncio.wait_for(socket.recv(), 60)) for _ in titles]
        assert [title_in(each) for each in got] == titles
        recorded = await lab_page.does("scenario")
        assert {"do": does, "message": first["name"]} in recorded["steps"]
        await lab_page.does("go")


def title_in(event: Any) -> str:
    """Which of the two orders an event is about."""
    return "a" if '"order-a"' in json.dumps(event) else "b"


def events_waiting(page: Page) -> list[str]:
    return [name for name in in_flight(page) if "/ws/broadcast" in name and " down " in name]


async def two_events(lab: LabProcess, page: Page) -> list[dict[str, Any]]:
    """The two messages that tell of two orders, as they wait."""
    for number, key in enumerate(("order-a", "order-b"), 1):
        order(lab, key, str(number))
        name = f"alice/unknown POST /api/orders mutation {number} #1 up"
        await page.until(lambda name=name: name in in_flight(page))  # type: ignore[misc]
        await page.does("deliver", message=name)
        await page.until(lambda number=number: len(events_waiting(page)) == number)  # type: ignore[misc]
    return sorted(
        (each for each in page.state["in_flight"] if each["name"] in events_waiting(page)),
        key=lambda each: str(each["name"]),
    )


async def order_through(lab: LabProcess, page: Page) -> None:
    """A write that is held, and let to the server, so that its event is on its way down."""
    order(lab, "two")
    await page.until(lambda: f"{POST} up" in in_flight(page))
    await page.does("deliver", message=f"{POST} up")


async def test_a_rule_gets_a_name_acts_and_is_lifted(lab: LabProcess, lab_page: Page) -> None:
    rule = {"match": {"method": "POST"}, "limit": 1, "fault": {"kind": "http_status", "status": 503}}
    found = await lab_page.does("add_rule", rule=rule)
    assert (await order(lab)).status_code == 503
    await lab_page.until(lambda: [each["acted"] for each in lab_page.state["faults"]] == [1])
    await lab_page.does("remove_rule", rule=found["id"])
    await lab_page.until(lambda: lab_page.state["faults"] == [])
    recorded = await lab_page.does("scenario")
    assert [step["do"] for step in recorded["steps"]][-2:] == ["add_rule", "remove_rule"]


async def test_a_server_is_killed_and_started(lab: LabProcess, lab_page: Page) -> None:
    await lab_page.does("kill_server", name="a")
    await lab_page.until(lambda: lab_page.state["servers"] == [{"name": "a", "up": False}])
    with pytest.raises(httpx.TransportError):
        await order(lab)
    await lab_page.does("start_server", name="a")
    assert (await order(lab)).status_code == 201
    assert "redis" in (await lab_page.refused("stop_redis"))["text"].lower()


async def test_a_fresh_world_has_nothing_of_the_one_before(lab: LabProcess, lab_page: Page) -> None:
    writing = await held(lab, lab_page)
    run = lab_page.resets[-1]["run"]
    await lab_page.does("reset")
    with pytest.raises(httpx.TransportError):
        await writing
    await lab_page.until(lambda: lab_page.resets[-1]["run"] == run + 1 and lab_page.rows != [])
    await lab_page.until(lambda: lab_page.state["mode"] == "free" and lab_page.state["servers"] != [])
    assert [row[0] for row in lab_page.rows] == list(range(len(lab_page.rows)))
    async with httpx.AsyncClient(base_url=lab.origin_of("alice")) as http:
        assert (await http.get("/api/orders")).json()["items"] == []


@pytest.mark.parametrize(
    ("name", "about", "code"),
    [
        ("explode", {}, "unknown"),
        ("", {}, "unknown"),
        ("step", {}, "refused"),
        ("play", {}, "refused"),
        ("compare", {}, "refused"),
        ("judge", {}, "refused"),
        ("deliver", {"message": "nothing of the kind"}, "diverged"),
        ("remove_rule", {"rule": "nothing-of-the-kind"}, "world"),
        ("add_rule", {"rule": {"fault": {"kind": "gremlins"}}}, "invalid"),
        ("add_rule", {"rule": 7}, "invalid"),
        ("load", {"scenario": "no-such-scenario"}, "invalid"),
        ("load", {"scenario": {"syncbed": 1}}, "world"),
        ("reload", {"tab": "alice/9"}, "world"),
        ("kill_server", {"name": "z"}, "refused"),
        ("pop_out", {"tab": "alice/9"}, "world"),
    ],
)
async def test_what_cannot_be_done_is_an_answer_and_the_world_goes_on(
    lab: LabProcess, lab_page: Page, name: str, about: dict[str, Any], code: str
) -> None:
    error = await lab_page.refused(name, **about)
    assert error["code"] == code
    assert len(error["text"]) > 10
    assert (await order(lab, f"after-{code}")).status_code == 201


async def test_what_is_no_command_at_all_ends_nothing(lab: LabProcess, lab_page: Page) -> None:
    for text in (
        "no json",
        "[]",
        "7",
        "null",
        "{}",
        '{"id": 3}',
        "[" * 100_000,
        '{"do": {"a": 1}, "id": [1]}',
    ):
        await lab_page.say(text)
    await lab_page.does("heal")
    answers = [message for message in lab_page.heard if message["type"] == "answer"]
    assert sum("error" in answer for answer in answers) >= 8


async def test_a_window_becomes_a_tab_and_goes_with_its_link(lab: LabProcess, lab_page: Page) -> None:
    async with Document(lab, f"http://alice.lab.localhost:{lab.port_of('alice')}/", framed=False) as window:
        await lab_page.until(lambda: [each["state"] for each in lab_page.state["tabs"]] == ["connected"])
        [tab] = lab_page.state["tabs"]
        assert (tab["tab"], tab["kind"], tab["live"]) == (window.tab, "window", True)
        assert f"{window.tab} was opened" in lab_page.told("tab")
    await lab_page.until(lambda: lab_page.state["tabs"] == [])


async def test_a_second_page_looks_on_and_takes_over(lab: LabProcess) -> None:
    first = Page(lab.live())
    async with first:
        await first.does("load", scenario="lab")
        async with Panes(lab, first):
            await first.does("open_tab", profile="alice")
            await first.until(lambda: [each["kind"] for each in first.state["tabs"]] == ["pane"])
            async with Page(lab.live()) as second:
                await second.until(lambda: [each["kind"] for each in second.state["tabs"]] == ["window"])
                assert second.panes == []
                await first.__aexit__()
                await second.until(lambda: [message["do"] for message in second.panes] == ["open"])
                await second.until(lambda: [each["kind"] for each in second.state["tabs"]] == ["pane"])


async def test_a_script_that_came_with_a_link_never_runs_by_itself(lab: LabProcess) -> None:
    """It is loaded when the page says so, and begun when it says play."""
    scenario = {
        "syncbed": 1,
        "title": "Somebody's",
        "about": "Sent with a link.",
        "profiles": {"alice": {}},
        "judges": ["converges"],
        "steps": [{"do": "wait", "for": {"is": "state", "tab": "alice/1", "state": "connected"}}],
    }
    async with Page(lab.live()) as page, Panes(lab, page) as panes:
        await page.does("load", scenario=scenario)
        await page.until(lambda: [each["state"] for each in page.state["tabs"]] == ["connected"])
        assert page.state["scenario"]["step"] == 0
        assert "act" not in panes.documents["alice/1"].asked
        assert page.told("step") == []
        await page.does("play")
        await page.until(lambda: page.state["scenario"]["step"] == 1)
        await page.until(lambda: page.state["verdict"] is not None and page.state["verdict"]["final"])
        link = await page.does("link")
        assert link.startswith("s=")
        assert "# Somebody" in await page.does("issue")
        await page.does("load", scenario="lab")


async def test_a_signal_ends_all_of_it() -> None:
    for sign in (signal.SIGTERM, signal.SIGINT):
        lab = await asyncio.to_thread(LabProcess("demo", "--port", "0").start)
        async with Page(lab.live()) as page:
            await page.until(lambda page=page: page.state["servers"] != [])  # type: ignore[misc]
            assert await asyncio.to_thread(lab.ended, sign) == 0
        await until(lambda lab=lab: not listens(lab))  # type: ignore[misc]


def listens(lab: LabProcess) -> bool:
    try:
        httpx.get(lab.origin_of("alice") + "/health", timeout=1)
    except httpx.TransportError:
        return False
    return True
