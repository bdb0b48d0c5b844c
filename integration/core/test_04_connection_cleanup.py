"""4. Cleanup after every kind of disconnect. The fixture looks at every registry after each of them."""

from __future__ import annotations

import asyncio
import time

from integration.client import connect
from integration.core.client import Core, Figures, token
from integration.waiting import until


async def test_a_clean_close_leaves_nothing(core: Core, figures: Figures) -> None:
    for _ in range(20):
        async with core.open() as client:
            assert (await core.leftovers())["users"] == 1
            began = time.perf_counter()
            await client.connection.close()
            await until(core.is_empty)
            figures.seconds.append(time.perf_counter() - began)
    figures.done("connections forgotten")


async def test_a_network_that_goes_leaves_nothing(core: Core) -> None:
    async with core.open() as client, core.open() as other:
        await client.update("cart", 1)
        client.drop()

        async def one_is_left() -> bool:
            return (await core.leftovers())["connections"] == 1

        await until(one_is_left)
        await other.next()
        await other.ping()


async def test_a_client_that_leaves_in_the_middle_of_its_welcome_leaves_nothing(core: Core) -> None:
    for _ in range(20):
        async with connect(core.address, "/ws/state", f"?token={token()}") as client:
            client.connection.transport.abort()
    await until(core.is_empty)


async def test_a_handshake_that_is_broken_off_leaves_nothing(core: Core) -> None:
    port = int(core.address.url.rpartition(":")[2])
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /ws/state?token={token()} HTTP/1.1\r\nHost: localhost\r\n".encode())
        await writer.drain()
        writer.transport.abort()
    await until(core.is_empty)


async def test_a_close_by_the_server_leaves_nothing(core: Core) -> None:
    async with core.open() as client:
        await client.send({"type": "user_message", "payload": "x" * 600_000})
        assert (await client.closed())[0] == 1009
        await until(core.is_empty)


async def test_fifty_that_go_at_once_leave_nothing(core: Core) -> None:
    async with asyncio.TaskGroup() as group:
        for n in range(50):
            group.create_task(_come_and_go(core, f"user-{n % 12}", drop=n % 2 == 0))
    await until(core.is_empty)


async def _come_and_go(core: Core, user: str, *, drop: bool) -> None:
    async with core.open(user) as client:
        await client.ping()
        if drop:
            client.drop()
