"""The wire as a stranger uses it: the command in a process of its own, steered by its REST API alone.

The server behind it is a `websockets` echo server, which knows nothing of us.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.server import ServerConnection, serve

TOP = Path(__file__).resolve().parents[2]
WAIT = {"wait_ms": "5000"}


@pytest.fixture(scope="module")
def echo_port() -> Iterator[int]:
    def echo(client: ServerConnection) -> None:
        for message in client:
            client.send(message)

    with serve(echo, "127.0.0.1", 0) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        serving.join()


def run(*options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "syncbed.wire", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )


class Process:
    """A wire in a process of its own."""

    def __init__(self, *options: str) -> None:
        self.process = run(*options, "--port", "0", "--control-port", "0", "--json")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        at = json.loads(line)
        self.ports: dict[str, int] = at["profiles"]
        self.token: str = at["token"]
        self.control: str = at["control"]
        self.api: httpx.AsyncClient

    def client(self) -> httpx.AsyncClient:
        token = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(base_url=self.control, headers=token, timeout=60)

    def url(self, profile: str = "alice", tab: int = 1) -> str:
        return f"ws://127.0.0.1:{self.ports[profile]}/ws?__tab={tab}"

    def stop(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def process(echo_port: int) -> Iterator[Process]:
    upstream = f"echo=http://127.0.0.1:{echo_port}"
    process = Process("--upstream", upstream, "--profile", "alice", "--profile", "bob")
    yield process
    assert process.stop() == 0


@pytest.fixture
async def wire(process: Process) -> AsyncIterator[Process]:
    """The one process, as new: rules gone, free, numbers and counters from zero."""
    async with process.client() as process.api:
        yield process
        assert (await process.api.post("/reset", json={"connections": "cut"})).status_code == 200


async def test_rules_are_added_seen_to_act_and_removed(wire: Process) -> None:
    rule = {"id": "third", "match": {"direction": "up", "frame": 3}, "fault": {"kind": "cut"}}
    added = await wire.api.post("/rules", json=rule)
    assert added.status_code == 201
    async with connect(wire.url()) as client:
        for text in ("one", "two"):
            await client.send(text)
            assert await client.recv() == text
        await client.send("three")
        with pytest.raises(ConnectionClosedError):
            await client.recv()
    listed = (await wire.api.get("/rules")).json()["rules"]
    assert [(one["id"], one["acted"]) for one in listed] == [("third", 1)]
    removed = await wire.api.delete("/rules/third")
    assert removed.json()["acted"] == 1
    async with connect(wire.url()) as client:
        for number in range(5):
            await client.send(str(number))
            assert await client.recv() == str(number)


async def test_a_held_frame_is_dropped_and_what_cannot_be_says_why(wire: Process) -> None:
    await wire.api.post("/mode", json={"mode": "held"})
    async with connect(wire.url()) as client:
        for text in ("lost", "kept"):
            await client.send(text)
        waiting = (await wire.api.get("/in-flight", params={**WAIT, "count": 2})).json()["in_flight"]
        assert waiting[0]["verdicts"] == [
            "deliver",
            "end_before",
            "end_after",
            "drop",
            "duplicate",
            "reorder",
        ]
        dropped = (await wire.api.post(f"/in-flight/{waiting[0]['id']}/drop")).json()
        assert (dropped["decided"], dropped["tcp_impossible"]) == ("drop", True)
        refused = await wire.api.post(f"/in-flight/{waiting[1]['id']}/reorder")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_sense")
        assert "reorder" not in refused.json()["error"]["allowed"]
        await wire.api.post("/mode", json={"mode": "free"})
        assert await client.recv() == "kept"


async def test_a_profile_is_added_and_removed(wire: Process) -> None:
    added = await wire.api.post("/profiles", json={"profile": "carol"})
    assert added.status_code == 201
    async with connect(f"ws://127.0.0.1:{added.json()['profiles']['carol']}/ws") as client:
        await client.send("hello")
        assert await client.recv() == "hello"
        assert "carol" not in (await wire.api.delete("/profiles/carol")).json()["profiles"]
        with pytest.raises(ConnectionClosed):
            await client.recv()
    for path, given, at in (
        ("profile", 7, "/profile"),
        ("port", -1, "/port"),
        ("profile", "a b", "/profile"),
    ):
        refused = await wire.api.post("/profiles", json={"profile": "dave", path: given})
        assert (refused.status_code, refused.json()["error"]["path"]) == (422, at)


async def test_held_frames_are_delivered_one_by_one_by_id_and_by_name(wire: Process) -> None:
    assert (await wire.api.post("/mode", json={"mode": "held"})).json() == {"mode": "held"}
    async with connect(wire.url()) as client:
        await client.send("hello")
        waiting = (await wire.api.get("/in-flight", params=WAIT)).json()["in_flight"]
        assert [(one["name"], one["payload"]) for one in waiting] == [("alice/1 /ws #1 up 1", "hello")]
        assert (await wire.api.post(f"/in-flight/{waiting[0]['id']}/deliver")).status_code == 200
        assert (await wire.api.get("/in-flight", params=WAIT)).json()["in_flight"][0]["direction"] == "down"
        delivered = await wire.api.post("/in-flight/alice%2F1%20%2Fws%20%231%20down%201/deliver")
        assert delivered.json()["decided"] == "deliver"
        assert await client.recv() == "hello"
        await client.send("lost")
        waiting = (await wire.api.get("/in-flight", params=WAIT)).json()["in_flight"]
        await wire.api.post(f"/in-flight/{waiting[0]['id']}/end_before")
        with pytest.raises(ConnectionClosed):
            await client.recv()
    totals = (await wire.api.get("/counters")).json()["totals"]["ws"]
    assert totals["up"] == {"got": 2, "put": 1, "lost": 1, "extra": 0, "waiting": 0}
    assert (await wire.api.post("/reset")).json() == {"reset": True}
    assert (await wire.api.get("/state")).json()["mode"] == "free"


async def test_a_library_that_pings_stays_connected_while_its_frames_are_held(wire: Process) -> None:
    await wire.api.post("/mode", json={"mode": "held"})
    async with connect(wire.url(), ping_interval=0.02, ping_timeout=30) as client:
        for _ in range(5):
            await (await client.ping())
        await client.send("held")
        assert (await wire.api.get("/in-flight", params=WAIT)).json()["in_flight"]
        await wire.api.post("/mode", json={"mode": "free"})
        assert await client.recv() == "held"


async def test_connections_are_listed_by_profile_and_tab(wire: Process) -> None:
    async with connect(wire.url("alice", 2)), connect(wire.url("bob", 1)):
        listed = (await wire.api.get("/connections", params={**WAIT, "count": "2"})).json()["connections"]
        who = sorted(
            (one["profile"], one["tab"], one["kind"], one["path"], one["connection"]) for one in listed
        )
        assert who == [("alice", "2", "ws", "/ws", 1), ("bob", "1", "ws", "/ws", 1)]


async def test_events_are_read_from_where_one_left_off_or_streamed(wire: Process) -> None:
    first = (await wire.api.get("/events")).json()
    assert first["next"] == first["events"][-1]["seq"]
    assert [event["event"] for event in first["events"][:2]] == ["listener_opened", "listener_opened"]
    async with connect(wire.url()) as client:
        await client.send("hello")
        await client.recv()
    async with wire.api.stream(
        "GET", "/events", params={"since": first["next"]}, headers={"Accept": "text/event-stream"}
    ) as stream:
        events: list[dict[str, object]] = []
        async with asyncio.timeout(60):
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))
                    if events[-1]["event"] == "connection_closed":
                        break
    seqs = [int(str(event["seq"])) for event in events]
    assert seqs == list(range(first["next"] + 1, first["next"] + 1 + len(seqs)))
    assert [
        event["payload"] for event in events if event["event"] == "frame_seen" and event["stage"] == "frame"
    ] == [
        "hello",
        "hello",
    ]


async def test_without_the_token_or_under_another_name_nothing_is_said(wire: Process) -> None:
    refused = await wire.api.get("/rules", headers={"Authorization": "Bearer guess"})
    assert refused.status_code == 401
    assert "the token is printed at start" in refused.json()["error"]["do"]
    rebound = await wire.api.get("/rules", headers={"Host": "evil.example"})
    assert rebound.status_code == 421
    assert "access-control-allow-origin" not in rebound.headers
    in_the_url = await wire.api.get("/rules", params={"token": wire.token}, headers={"Authorization": ""})
    assert in_the_url.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where"),
    [
        ("POST", "/rules", {"fault": {"kind": "boom"}}, 422, "/fault/kind"),
        (
            "POST",
            "/rules",
            [{"fault": {"kind": "cut"}}, {"fault": {"kind": "cut", "when": 1}}],
            422,
            "/1/fault/when",
        ),
        ("POST", "/rules", {"fault": {"kind": "drop"}}, 422, "/fault/tcp_impossible"),
        ("DELETE", "/rules/none", None, 404, "/id"),
        ("POST", "/mode", {"mode": "paused"}, 422, "/mode"),
        ("POST", "/mode", {"mood": "held"}, 422, "/mood"),
        ("POST", "/reset", {"connections": "burn"}, 422, "/connections"),
        ("POST", "/in-flight/f9/deliver", None, 404, "/id"),
        ("POST", "/in-flight/f9/eat", None, 422, "/verdict"),
        ("GET", "/events?since=x", None, 422, "/since"),
        ("GET", "/events?wait_ms=99999999", None, 422, "/wait_ms"),
    ],
)
async def test_an_error_says_where_it_is_and_what_to_do(
    wire: Process, method: str, path: str, body: object, status: int, where: str
) -> None:
    answer = await wire.api.request(method, path, json=body) if body else await wire.api.request(method, path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["path"] == where
    assert error["do"]
    assert (await wire.api.get("/rules")).json() == {"rules": []}  # all of a request or nothing of it


async def test_what_can_be_asked_is_listed(wire: Process) -> None:
    listed = (await wire.api.get("/")).json()["endpoints"]
    assert {"GET /rules", "POST /in-flight/{id:path}/{verdict}", "GET /events"} <= set(listed)


def test_a_rules_file_is_in_force_from_the_start_and_a_wrong_one_ends_it_with_2(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('[{"id": "gone", "match": {"profile": "alice"}, "fault": {"kind": "refuse"}}]')
    process = Process("--upstream", "http://127.0.0.1:1", "--rules", str(rules))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{process.ports['alice']}/")
    assert process.stop() == 0
    rules.write_text('[{"fault": {"kind": "boom"}}]')
    failed = run(
        "--upstream", "http://127.0.0.1:1", "--rules", str(rules), "--port", "0", "--control-port", "0"
    )
    said = failed.communicate(timeout=60)[1]
    assert failed.returncode == 2
    assert "'boom' is no fault at /0/fault/kind (allowed: cut, " in said
