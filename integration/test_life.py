"""How a server starts, refuses to start, and ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Iterator

import httpx
import pytest

from integration.client import connect, http
from integration.waiting import until
from syncbed.world import World, WorldError


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def refusal(world: World, **settings: object) -> str:
    """The one line that the server says instead of starting, with exit code 2."""
    with pytest.raises(WorldError) as refused:
        world.reference(**settings)  # type: ignore[arg-type]
    assert refused.value.exit_code == 2
    lines = refused.value.output.strip().splitlines()
    assert len(lines) == 1, refused.value.output
    assert lines[0].startswith("syncbed: error: ")
    return lines[0]


# the end


async def test_a_server_that_is_asked_to_end_says_so_to_everyone_and_exits_0(world: World) -> None:
    running = world.reference()
    async with connect(running.address) as first, connect(running.address) as second:
        await first.subscribe("orders")
        await second.follow("orders")
        stopping = asyncio.create_task(asyncio.to_thread(running.stop))
        assert (await first.closed())[0] == 1012
        assert (await second.closed())[0] == 1012
        assert await stopping == 0


async def test_a_reader_that_does_not_read_holds_the_end_up_only_so_long(world: World) -> None:
    running = world.reference(shutdown_s_max=1)
    async with connect(running.address) as client, http(running.address) as caller:
        client.connection.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
        )
        await client.subscribe("orders")
        client.connection.transport.pause_reading()
        body = {"channel": "orders", "event": "e", "payload": "x" * 400_000}
        for _ in range(20):
            await caller.post("/test/broadcast", json=body)
        async with asyncio.timeout(8):
            assert await asyncio.to_thread(running.stop) == 0


async def test_an_interrupt_ends_it_like_a_termination(world: World) -> None:
    running = world.reference()
    os.kill(running.pid, signal.SIGINT)
    assert await asyncio.to_thread(running.wait, 60) == 0


async def test_a_request_that_is_under_way_is_answered_before_the_end(world: World) -> None:
    running = world.reference()
    async with http(running.address, "slow") as caller:
        await caller.put("/test/clients/slow/faults", json={"delay_ms": 700})
        waiting = asyncio.create_task(caller.post("/api/things", json={"id": "a"}))
        async with http(running.address) as control:
            await until(lambda: _is_waiting(control))
        assert await asyncio.to_thread(running.stop) == 0
        assert (await waiting).status_code == 201


async def _is_waiting(control: httpx.AsyncClient) -> bool:
    # The request is on its way once the server has read what was sent before this answer.
    return (await control.get("/health")).status_code == 200


# the start


def test_a_busy_port_is_one_line_and_exit_code_2(world: World, taken_port: int) -> None:
    line = refusal(world, port=taken_port)
    assert line == (
        f"syncbed: error: port {taken_port} is in use; stop what uses it, or choose another with --port"
    )


def test_a_busy_port_may_be_passed_over(world: World, taken_port: int) -> None:
    running = world.reference(port=taken_port, port_next=True)
    assert running.port > taken_port
    assert f"syncbed: port {taken_port} is in use, taking {running.port}" in running.output
    assert httpx.get(running.url + "/health").status_code == 200


def test_it_listens_on_both_loopback_addresses_at_the_same_port(world: World) -> None:
    port = world.reference().port
    assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    if _has_ipv6():
        assert httpx.get(f"http://[::1]:{port}/health").status_code == 200


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_port_that_is_taken_on_one_of_the_two_addresses_is_taken(world: World) -> None:
    """The last of the addresses: where there is no IPv6, as in many containers, that is the only one."""
    family, address = (socket.AF_INET6, "::1") if _has_ipv6() else (socket.AF_INET, "127.0.0.1")
    with socket.socket(family) as taken:
        if family == socket.AF_INET6:
            taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        taken.bind((address, 0))
        taken.listen()
        assert "is in use" in refusal(world, port=taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_one_line(world: World) -> None:
    assert "cannot listen on 192.0.2.1:8000" in refusal(world, host="192.0.2.1", port=8000)


def test_there_is_no_port_after_the_last_one(world: World) -> None:
    sockets: list[socket.socket] = []
    try:
        taken = socket.socket()
        taken.bind(("127.0.0.1", 65_535))
        taken.listen()
        sockets.append(taken)
        assert "no free port between 65535 and 65535" in refusal(world, port=65_535, port_next=True)
    finally:
        for one in sockets:
            one.close()


def test_a_redis_that_is_not_there_is_one_line_without_the_password(world: World) -> None:
    redis = world.redis()
    redis.kill()
    url = redis.url.replace("redis://", "redis://me:secret@")
    line = refusal(world, redis_url=url)
    assert f"cannot reach Redis at redis://me:***@127.0.0.1:{redis.port}/0" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"redis_url": "me:secret@nowhere"}, "me:***@nowhere is not the address of a Redis"),
        ({"port": 70_000}, "SYNCBED_PORT: "),
        ({"port": "http"}, "SYNCBED_PORT: "),
        ({"slow_consumer": "ignore"}, "SYNCBED_SLOW_CONSUMER: "),
        ({"resume_events_max": 5000}, "resume_events_max must be below outbox_frames_max"),
        ({"allowed_origins": "https://app.example"}, 'a list is written ["one","two"]'),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(
    world: World, settings: dict[str, object], says: str
) -> None:
    assert says in refusal(world, **settings)


async def test_the_line_that_says_where_it_listens_may_be_believed(world: World) -> None:
    running = world.reference()
    assert re.search(r"^syncbed: listening on http://localhost:\d+ \(broker: memory\)$", running.output, re.M)
    async with connect(running.address) as client:
        assert await client.settle() == []


# pages


async def test_pages_and_modules_are_served_fresh_and_as_what_they_are(world: World) -> None:
    async with http(world.reference().address) as caller:
        page = await caller.get("/")
        assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
        module = await caller.get("/static/sdk/index.js")
        assert (module.status_code, module.headers["content-type"].split(";")[0]) == (200, "text/javascript")
        assert module.headers["x-content-type-options"] == "nosniff"
        assert module.headers["cache-control"] == page.headers["cache-control"] == "no-cache"
        again = await caller.get("/static/sdk/index.js", headers={"If-None-Match": module.headers["etag"]})
        assert again.status_code == 304
