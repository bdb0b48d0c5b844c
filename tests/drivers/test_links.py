"""Documents that dial in: who is let in, which tab is which, and what is done with what they say.

The other end is a WebSocket client that says what a page's `link.js` says; real pages are in e2e/driver.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from syncbed.drivers.driver import Equipment
from syncbed.drivers.links import BAD_MESSAGE, NOT_ADMITTED, link
from syncbed.drivers.panes import PanesDriver
from syncbed.drivers.tab import Place
from syncbed.evidence import Recorder
from syncbed.trace import Header, Note, TabLife, View


class Nowhere:
    """No page shows panes here."""

    async def open(self, tab: str, url: str) -> None: ...
    async def close(self, tab: str) -> None: ...
    async def reload(self, tab: str) -> None: ...


class QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Bed:
    def __init__(self, port: int) -> None:
        self.recorder = Recorder(None)
        self.recorder.begin(Header())
        self.url = f"ws://127.0.0.1:{port}/link"
        equipment = Equipment(self.recorder, tabs=frozenset(("alice/1", "alice/2")))
        self.driver = PanesDriver(Nowhere(), self.url, [], equipment)

    async def served(self, socket: WebSocket) -> None:
        await link(self.driver, socket)

    @asynccontextmanager
    async def dial(self, tab: str, token: str | None = None) -> AsyncIterator[ClientConnection]:
        shown = self.driver.token(tab) if token is None else token
        async with connect(f"{self.url}?tab={tab}&token={shown}", proxy=None) as dialled:
            yield dialled

    def notes(self) -> list[str]:
        return [note.what.text for note in self.recorder.trace().all(Note)]

    def lives(self) -> list[tuple[str, str]]:
        return [(life.what.tab, life.what.did) for life in self.recorder.trace().all(TabLife)]


@pytest.fixture
async def bed() -> AsyncIterator[Bed]:
    raw = socket.socket()
    raw.bind(("127.0.0.1", 0))
    raw.listen()
    bed = Bed(raw.getsockname()[1])
    await bed.driver.open_profile(Place("alice", "http://alice.lab.localhost:1", "/bed.html", "orders"))
    app = Starlette(routes=[WebSocketRoute("/link", bed.served)])
    server = QuietServer(uvicorn.Config(app, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve([raw]))
    yield bed
    await bed.driver.close()
    server.should_exit = server.force_exit = True
    await serving


def hello(tab: str, document: str = "d1", **more: Any) -> str:
    said = {
        "tab": tab,
        "document": document,
        "url": "http://x/",
        "framed": False,
        "agent": "Chrome/9",
        **more,
    }
    return json.dumps({"hello": said})


async def code_of(dialled: ClientConnection) -> int:
    await dialled.wait_closed()
    assert dialled.close_code is not None
    return dialled.close_code


async def answer_all(dialled: ClientConnection) -> None:
    """As a page does that has an adapter and is fine."""
    with_value = {"caps": ["offline"], "clock": 5.0}
    try:
        while True:
            asked = json.loads(await dialled.recv())
            if "ask" in asked:
                await dialled.send(json.dumps({"id": asked["id"], "value": with_value.get(asked["ask"])}))
    except ConnectionClosed:
        return


@asynccontextmanager
async def window(bed: Bed, tab: str, document: str = "d1") -> AsyncIterator[tuple[ClientConnection, str]]:
    """A window that is let in, and answers; and what it is called from then on."""
    async with bed.dial(tab) as dialled:
        await dialled.send(hello(tab, document))
        welcome = json.loads(await dialled.recv())["welcome"]
        answering = asyncio.create_task(answer_all(dialled))
        yield dialled, welcome["tab"]
        answering.cancel()


async def test_a_token_is_good_for_its_own_tab_alone(bed: Bed) -> None:
    async with bed.dial("alice/3", bed.driver.token("alice/4")) as dialled:
        assert await code_of(dialled) == NOT_ADMITTED
    async with bed.dial("../1", "x") as dialled:
        assert await code_of(dialled) == NOT_ADMITTED


async def test_a_profile_that_is_not_there_has_no_tabs(bed: Bed) -> None:
    async with bed.dial("carol/1") as dialled:
        await dialled.send(hello("carol/1"))
        assert await code_of(dialled) == NOT_ADMITTED


@pytest.mark.parametrize(
    "first",
    [
        b"bytes",
        "{",
        "[]",
        '{"report": {}}',
        hello("bob/3"),
        hello("alice/3", document="d" * 3000),
        json.dumps({"hello": {"tab": "alice/3"}}),
    ],
    ids=["bytes", "half", "list", "report", "another profile", "too long", "keys missing"],
)
async def test_who_does_not_introduce_himself_is_not_let_in(bed: Bed, first: str | bytes) -> None:
    async with bed.dial("alice/3") as dialled:
        await dialled.send(first)
        assert await code_of(dialled) == BAD_MESSAGE
    assert bed.lives() == []


async def test_a_window_becomes_a_tab_and_its_reports_are_records(bed: Bed) -> None:
    async with window(bed, "alice/3") as (dialled, name):
        assert name == "alice/3"
        await bed.recorder.until(lambda: bed.lives() == [("alice/3", "opened")], 5000)
        report = {"kind": "view", "life": 1, "n": 1, "at_ms": 7.5, "items": [{"id": "a"}], "pending": []}
        await dialled.send(json.dumps({"no": 1, "report": report}))
        await dialled.send(json.dumps({"no": 1, "report": report}))  # said again: it may have been lost
        await dialled.send(json.dumps({"no": 2, "report": {**report, "n": 2, "life": 7}}))
        await bed.recorder.until(lambda: bed.notes(), 5000)
    [view] = bed.recorder.trace().all(View)
    assert (view.source, view.n, view.at_ms) == ("tab alice/3", 1, 7.5)
    assert bed.notes()[0] == "alice/3 reported what cannot be read: life 7 is none of its documents"


async def test_what_is_neither_answer_nor_report_ends_the_link(bed: Bed) -> None:
    async with window(bed, "alice/3") as (dialled, _):
        await bed.recorder.until(lambda: bed.lives(), 5000)
        await dialled.send('{"do": "something"}')
        await dialled.wait_closed()
        assert dialled.close_code == BAD_MESSAGE
    assert "alice/3 said what cannot be read: neither an answer nor a report" in bed.notes()


async def test_a_link_that_comes_back_is_told_what_was_heard(bed: Bed) -> None:
    async with window(bed, "alice/3") as (dialled, _):
        await bed.recorder.until(lambda: bed.lives(), 5000)
        report = {"kind": "state", "life": 1, "n": 1, "at_ms": 1, "state": "connected"}
        await dialled.send(json.dumps({"no": 1, "report": report}))
        await bed.recorder.until(lambda: bed.recorder.watch.tabs["alice/3"].state, 5000)
    async with bed.dial("alice/3") as again:
        await again.send(hello("alice/3"))
        assert json.loads(await again.recv()) == {"welcome": {"tab": "alice/3", "heard": 1}}
    assert bed.lives() == [("alice/3", "opened")]


async def test_two_windows_of_one_number_are_two_tabs(bed: Bed) -> None:
    async with window(bed, "alice/3"):
        await bed.recorder.until(lambda: bed.lives(), 5000)
        async with window(bed, "alice/3", "d2") as (_, name):
            assert name == "alice/4"


async def test_a_window_is_never_called_as_a_tab_of_the_scenario(bed: Bed) -> None:
    assert [bed.driver.assign_tab("alice") for _ in range(3)] == ["3", "4", "5"]


async def test_after_the_run_nobody_is_wanted(bed: Bed) -> None:
    await bed.driver.close()
    async with bed.dial("alice/3") as dialled:
        await dialled.send(hello("alice/3"))
        assert await code_of(dialled) == NOT_ADMITTED
