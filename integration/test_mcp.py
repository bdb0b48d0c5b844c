"""`syncbed mcp` as a real MCP client meets it: which tools there are, what they do, what they refuse."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from integration.client import connect, http
from integration.mcp_client import TOP, mcp_tools
from syncbed.scenario import gallery
from syncbed.world import Address, World

TOOLS = {
    "list_scenarios",
    "run_scenario",
    "explain_run",
    "websocket_get_endpoint",
    "websocket_publish_to_channel",
    "websocket_subscribe_to_channel",
    "websocket_send_to_connection",
    "reset",
}


async def test_the_tools_and_what_each_one_needs(tmp_path: Path) -> None:
    async with mcp_tools(cwd=tmp_path) as tools:
        listed = (await tools.client.list_tools()).tools
    assert {tool.name for tool in listed} == TOOLS
    required = {tool.name: set(tool.input_schema.get("required", [])) for tool in listed}
    assert required["run_scenario"] == {"scenario"}
    assert required["websocket_publish_to_channel"] == {"channel", "message"}
    assert required["websocket_subscribe_to_channel"] == {"channel"}
    assert required["websocket_send_to_connection"] == {"connection_id", "message"}
    assert all(tool.description and tool.annotations for tool in listed)


def test_the_tools_can_be_printed_without_a_client(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "syncbed", "mcp", "--json"]
    told = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(TOP)}, text=True, capture_output=True, timeout=30
    )
    assert told.returncode == 0, told.stderr
    assert {tool["name"] for tool in json.loads(told.stdout)} == TOOLS


async def test_the_scenarios_are_those_of_the_gallery(tmp_path: Path) -> None:
    async with mcp_tools(cwd=tmp_path) as tools:
        found = (await tools.call("list_scenarios"))["scenarios"]
    assert [each["name"] for each in found] == list(gallery())
    assert {"title", "expected", "judges"} <= found[0].keys()


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("run_scenario", {}, "scenario\n  Field required"),
        ("run_scenario", {"scenario": "no-such-one"}, "there is no such scenario or file (allowed: "),
        ("run_scenario", {"scenario": "multi-tab", "seed": "x"}, "seed"),
        ("run_scenario", {"scenario": "multi-tab", "fixed": True}, "multi-tab"),
        ("explain_run", {"run": "multi-tab"}, "no scenario with a run under "),
        ("websocket_publish_to_channel", {"channel": "guide", "message": "text"}, "message"),
        ("websocket_send_to_connection", {"message": {}}, "connection_id\n  Field required"),
        ("websocket_subscribe_to_channel", {"channel": "guide", "offset": 1}, "give both"),
        ("websocket_subscribe_to_channel", {"channel": ""}, "answered 422"),
        ("websocket_send_to_connection", {"connection_id": "ws_x", "message": {}}, "client not found"),
        ("reset", {"collections": ["orders"]}, "our own server is emptied as a whole"),
        ("dance", {}, "dance"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    tmp_path: Path, tool: str, arguments: dict[str, object], says: str
) -> None:
    async with mcp_tools(cwd=tmp_path) as tools:
        assert says in await tools.refusal(tool, **arguments)
        assert await tools.call("list_scenarios")  # and the server lives


async def test_the_gateways_tools_reach_real_clients(tmp_path: Path, world: World) -> None:
    address = world.reference().address
    async with mcp_tools("--url", address.url, cwd=tmp_path) as tools:
        endpoint = await tools.call("websocket_get_endpoint", session_token="mcp")
        assert "pillar:content" in endpoint["channels"]
        path = endpoint["websocket_url"].removeprefix(address.ws_url)
        assert path == "/ws/gateway?session_token=mcp"
        stands = await tools.call("websocket_subscribe_to_channel", channel="guide")
        assert (stands["messages"], stands["recovered"]) == ([], True)
        async with connect(address, path) as client:
            welcome = await client.next()
            published = await tools.call(
                "websocket_publish_to_channel", channel="guide", message={"n": 1}, realm="agents"
            )
            assert (published["status"], published["channel"]) == ("published", "websocket:guide")
            told = await client.next()
            assert (told["source"], told["message"]) == ("agents", {"n": 1})
            sent = await tools.call(
                "websocket_send_to_connection",
                connection_id=welcome["connection_id"],
                message={"type": "system", "n": 2},
            )
            assert sent["success"]
            assert (await client.next())["n"] == 2
        position = {"epoch": stands["epoch"], "offset": stands["offset"]}
        since = await tools.call("websocket_subscribe_to_channel", channel="guide", **position)
        assert [message["message"] for message in since["messages"]] == [{"n": 1}]
        assert since["offset"] == stands["offset"] + 1


async def test_our_own_server_is_started_when_it_is_needed_and_begins_anew_at_the_same_place(
    tmp_path: Path,
) -> None:
    async with mcp_tools(cwd=tmp_path) as tools:
        url = (await tools.call("reset"))["restarted"]
        async with http(Address(url)) as caller:
            assert (await caller.post("/api/orders", json={"title": "latte"})).status_code == 201
            assert await tools.call("reset") == {"restarted": url}
            assert (await caller.get("/api/orders")).json()["items"] == []


async def test_a_server_of_yours_loses_what_was_named_and_nothing_else(tmp_path: Path, world: World) -> None:
    address = world.reference().address
    async with http(address) as caller:
        for collection in ("orders", "contacts"):
            for title in ("one", "two"):
                await caller.post(f"/api/{collection}", json={"id": f"a b?/{title}", "title": title})
        async with mcp_tools("--url", address.url, cwd=tmp_path) as tools:
            assert "say which collections" in await tools.refusal("reset")
            assert await tools.call("reset", collections=["orders"]) == {"deleted": {"orders": 2}}
        assert (await caller.get("/api/orders")).json()["items"] == []
        assert len((await caller.get("/api/contacts")).json()["items"]) == 2


async def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with mcp_tools("--url", url, cwd=tmp_path) as tools:
            assert f"{url} cannot be reached" in await tools.refusal("websocket_get_endpoint")


def test_standard_output_is_the_protocols_alone_and_its_end_ends_the_server(tmp_path: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "by hand", "version": "1"},
        },
    }
    ended = subprocess.run(
        [sys.executable, "-m", "syncbed", "mcp"],
        input=json.dumps(hello) + "\n",
        cwd=tmp_path,
        env={"PYTHONPATH": str(TOP), "PATH": ""},
        text=True,
        capture_output=True,
        timeout=30,
    )
    assert ended.returncode == 0, ended.stderr
    [answer] = map(json.loads, ended.stdout.splitlines())
    assert answer["result"]["serverInfo"]["name"] == "syncbed"


def test_sigterm_ends_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "syncbed", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={"PYTHONPATH": str(TOP), "PATH": ""},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        process.stdin.flush()
        assert process.stdout.readline()  # it listens by now
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM  # though nobody has closed its standard input
