"""Who may come in, what a test may do to a client, and what a slow reader may cost the others."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from integration.client import Socket, broadcast, connect, health, http, nobody_is_left
from integration.waiting import until
from syncbed.world import Address, World


@pytest.fixture
def me() -> str:
    return f"client-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def plain(session_world: World) -> Address:
    """A server as `serve` starts it: no test mode."""
    return session_world.reference(test_mode=False, connections_max=5, messages_per_s_max=20).address


# test mode off


async def test_without_test_mode_there_is_no_test_control(plain: Address, me: str) -> None:
    async with http(plain) as caller:
        for method, path in (
            ("POST", "/test/broadcast"),
            ("PUT", f"/test/clients/{me}/faults"),
            ("POST", f"/test/clients/{me}/cut"),
        ):
            answer = await caller.request(method, path, json={"channel": "c", "event": "e", "payload": 1})
            assert (answer.status_code, answer.json()["error"]["name"]) == (404, "no_such_path")


# origins and hosts


@asynccontextmanager
async def from_page(address: Address, origin: str | None) -> AsyncIterator[Socket]:
    async with connect(address, origin=origin) as client:
        yield client


def same(address: Address) -> str:
    return address.url


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:1"])
async def test_a_strange_page_opens_no_socket_and_writes_nothing(plain: Address, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with from_page(plain, origin):
            pass
    assert refused.value.response.status_code == 403
    assert b"origin_refused" in refused.value.response.body
    async with http(plain) as caller:
        answer = await caller.post("/api/orders", json={"title": "tea"}, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]["name"]) == (403, "origin_refused")
        assert origin in answer.json()["error"]["message"]
        assert (await caller.get("/api/orders", headers={"Origin": origin})).status_code == 200


async def test_the_servers_own_page_and_what_is_no_page_are_welcome(plain: Address) -> None:
    for origin in (None, plain.url):
        async with from_page(plain, origin) as client:
            assert await client.settle() == []
    async with http(plain) as caller:
        answer = await caller.post("/api/things", json={}, headers={"Origin": plain.url})
        assert answer.status_code == 201


async def test_bob_is_welcome_in_test_mode_and_null_never_is(memory_stack: Address) -> None:
    port = httpx.URL(memory_stack.url).port
    async with from_page(memory_stack, f"http://bob.localhost:{port}") as client:
        assert await client.settle() == []
    with pytest.raises(InvalidStatus):
        async with from_page(memory_stack, "null"):
            pass


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:8000", "[", "localhost.evil.example"])
async def test_a_strange_host_is_refused_whatever_is_asked(plain: Address, host: str) -> None:
    async with http(plain) as caller:
        for path in ("/", "/health", "/api/orders"):
            answer = await caller.get(path, headers={"Host": host})
            assert (answer.status_code, answer.json()["error"]["name"]) == (403, "host_refused")


# limits


async def test_over_the_limit_of_connections_a_newcomer_is_told_and_closed(plain: Address) -> None:
    async with connect(plain), connect(plain), connect(plain), connect(plain), connect(plain) as fifth:
        assert await fifth.settle() == []
        async with connect(plain) as sixth:
            told = await sixth.next()
            assert (told["type"], told["code"]) == ("error", 50302)
            assert await sixth.closed() == (1013, "server is at maximum capacity")
        assert (await health(plain))["clients"] == 5
    await until(lambda: nobody_is_left(plain))
    async with connect(plain) as client:
        assert await client.settle() == []


async def test_too_many_messages_are_refused_and_the_connection_lives(plain: Address) -> None:
    async with connect(plain) as client:
        for _ in range(60):
            await client.send({"type": "ping"})
        answers = [await client.next() for _ in range(60)]
        assert {"type": "pong"} in answers
        refused = [answer for answer in answers if answer.get("code") == 42901]
        assert len(refused) >= 20

        async def answered() -> bool:
            await client.send({"type": "ping"})
            return bool(await client.next() == {"type": "pong"})

        await until(answered)


async def test_a_connection_may_hear_only_so_many_channels(world: World) -> None:
    address = world.reference(channels_per_connection_max=2).address
    async with connect(address) as client:
        await client.send({"subscribe": ["a", "b", "c"]})
        [told] = await client.settle()
        assert (told["code"], "2 channels at most" in told["message"]) == (40004, True)
        await broadcast(address, "b", 1)
        assert (await client.next())["payload"] == 1


# faults of one client


async def set_faults(address: Address, client_id: str, **faults: Any) -> None:
    async with http(address) as caller:
        answer = await caller.put(f"/test/clients/{client_id}/faults", json=faults)
        expected = {"delay_ms": 0, "offline": False, "refuse_next": False} | faults
        assert (answer.status_code, answer.json()) == (200, expected)


async def test_a_delay_makes_this_client_wait_and_nobody_else(memory_stack: Address, me: str) -> None:
    await set_faults(memory_stack, me, delay_ms=400)
    async with http(memory_stack, me) as slow, http(memory_stack, me + "-other") as other:
        waiting = asyncio.create_task(slow.get("/api/things"))
        quick = await other.get("/api/things")
        assert quick.status_code == 200
        assert not waiting.done()
        answer = await waiting
        assert answer.elapsed.total_seconds() >= 0.4
        assert answer.headers["connection"] == "close", "a browser must not send it again by itself"
        assert "connection" not in quick.headers


async def test_an_offline_client_is_cut_and_gets_no_answer_until_it_is_back(
    memory_stack: Address, me: str
) -> None:
    async with connect(memory_stack, query=f"?client_id={me}") as client, connect(memory_stack) as other:
        await client.settle()
        await set_faults(memory_stack, me, offline=True)
        assert (await client.closed())[0] == 1006
        with pytest.raises((InvalidHandshake, ConnectionClosed, OSError, EOFError)) as aborted:
            async with connect(memory_stack, query=f"?client_id={me}"):
                pass
        assert not isinstance(aborted.value, InvalidStatus), "the handshake got an answer"
        async with http(memory_stack, me) as caller:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await caller.post("/api/things", json={})
        assert await other.settle() == []
        await set_faults(memory_stack, me)
    async with connect(memory_stack, query=f"?client_id={me}") as client, http(memory_stack, me) as caller:
        assert await client.settle() == []
        assert (await caller.get("/api/things")).status_code == 200


async def test_a_request_that_waits_is_aborted_when_its_client_goes_offline(
    memory_stack: Address, me: str, channel: str
) -> None:
    await set_faults(memory_stack, me, delay_ms=5000)
    async with http(memory_stack, me) as caller:
        waiting = asyncio.create_task(caller.post(f"/api/{channel}", json={"id": "a"}))
        async with http(memory_stack) as control:

            async def cut() -> bool:
                return bool((await control.post(f"/test/clients/{me}/cut")).json() == {"aborted": 1})

            await until(cut)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await waiting


async def test_a_cut_ends_what_is_open_and_lets_it_come_back_at_once(memory_stack: Address, me: str) -> None:
    async with connect(memory_stack, query=f"?client_id={me}") as client, http(memory_stack) as caller:
        await client.settle()
        assert (await caller.post(f"/test/clients/{me}/cut")).json() == {"aborted": 1}
        assert (await client.closed())[0] == 1006
        assert (await caller.post(f"/test/clients/{me}/cut")).json() == {"aborted": 0}
    async with connect(memory_stack, query=f"?client_id={me}") as client:
        assert await client.settle() == []


async def test_one_write_is_refused_once_and_its_id_is_consumed(
    memory_stack: Address, me: str, channel: str
) -> None:
    await set_faults(memory_stack, me, refuse_next=True)
    async with http(memory_stack, me) as caller:
        assert (await caller.get(f"/api/{channel}")).status_code == 200
        for _ in range(2):
            answer = await caller.post(f"/api/{channel}", json={"id": "a"}, headers={"Mutation-Id": "1"})
            assert (answer.status_code, answer.json()["error"]["name"]) == (422, "refused")
        answer = await caller.post(f"/api/{channel}", json={"id": "a"}, headers={"Mutation-Id": "2"})
        assert answer.status_code == 201
        assert (await caller.get(f"/api/{channel}")).json()["offset"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [({"delay_ms": -1}, "delay_ms"), ({"offline": "yes"}, "offline"), ({"explode": True}, "explode")],
)
async def test_a_fault_that_makes_no_sense_is_named(
    memory_stack: Address, me: str, body: dict[str, Any], field: str
) -> None:
    async with http(memory_stack) as caller:
        answer = await caller.put(f"/test/clients/{me}/faults", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


# a reader that is too slow


RECEIVE_BYTES = 262_144
"""Small enough to be full soon; with a very small one the kernel would take minutes to catch up."""


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


async def stop_reading(client: Socket) -> None:
    client.connection.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES
    )
    client.connection.transport.pause_reading()


async def test_a_reader_that_is_too_slow_is_closed_and_the_others_hear_everything(world: World) -> None:
    running = world.reference(outbox_bytes_max=2_000_000)
    address = running.address
    events, size = 150, 200_000  # fifteen times what the outbox and the kernel hold
    async with connect(address) as slow, connect(address) as quick:
        await slow.subscribe("orders")
        await quick.follow("orders")
        await stop_reading(slow)
        before = resident_bytes(running.pid)
        hearing = asyncio.create_task(quick.events(events))
        for n in range(events):
            await broadcast(address, "orders", f"{n}:" + "x" * size)
        heard = await hearing
        assert [event["offset"] for event in heard] == list(range(1, events + 1))

        async def one_is_left() -> bool:
            return bool((await health(address))["clients"] == 1)

        await until(one_is_left)
        # The history of the channel is kept on purpose; what the slow reader adds must stay bounded.
        history = events * size
        assert resident_bytes(running.pid) - before < history + 30_000_000
        slow.connection.transport.resume_reading()
        code, _ = await slow.closed()
        assert code in (1006, 1013)


async def test_a_reader_that_is_slow_for_a_moment_is_told_to_resume(world: World) -> None:
    """It reads again in time for the close frame, and gets the code with the reason."""
    address = world.reference(outbox_frames_max=20, resume_events_max=10).address
    async with connect(address) as client, http(address) as caller:
        await client.subscribe("orders")
        await stop_reading(client)
        for _ in range(400):
            body = {"channel": "orders", "event": "e", "payload": "x" * 60_000}
            await caller.post("/test/broadcast", json=body)
            if (await health(address))["clients"] == 0:
                break
        client.connection.transport.resume_reading()
        code, _ = await client.closed()
        assert code in (1006, 1013)
        await until(lambda: nobody_is_left(address))


async def test_under_drop_oldest_a_slow_reader_stays_and_hears_the_newest(world: World) -> None:
    address = world.reference(slow_consumer="drop_oldest", outbox_frames_max=20, resume_events_max=10).address
    events = 200
    async with connect(address) as client:
        await client.subscribe("orders")
        await stop_reading(client)
        for n in range(events):
            await broadcast(address, "orders", f"{n}:" + "x" * 200_000)
        assert (await health(address))["clients"] == 1
        client.connection.transport.resume_reading()
        heard: list[int] = []
        while not heard or heard[-1] != events - 1:
            [event] = await client.events(1)
            heard.append(int(event["payload"].split(":")[0]))
        assert heard == sorted(set(heard))
        assert len(heard) < events
        assert heard[-20:] == list(range(events - 20, events))
