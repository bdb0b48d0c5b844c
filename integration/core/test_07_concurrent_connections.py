"""7. Several connections of one user: tabs, devices."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from integration.client import connect
from integration.core.client import Core, Figures, StateSocket, token
from integration.waiting import until


async def several(stack: AsyncExitStack, core: Core, count: int, user: str = "alice") -> list[StateSocket]:
    return [await stack.enter_async_context(core.open(user)) for _ in range(count)]


async def test_a_users_five_connections_hear_each_other_and_what_the_user_is_told(
    core: Core, figures: Figures
) -> None:
    async with AsyncExitStack() as stack:
        first, *others = await several(stack, core, 5)
        figures.start()
        for n in range(40):
            began = time.perf_counter()
            await first.send({"type": "user_message", "payload": {"message_id": n}, "broadcast": True})
            heard = await asyncio.gather(*(other.next() for other in others))
            figures.seconds.append(time.perf_counter() - began)
            assert {frame["payload"]["message_id"] for frame in heard} == {n}
            assert len({frame["sequence"] for frame in heard}) == 1
            assert (await first.next())["type"] == "ack"
        figures.done("messages to four connections")
        assert await core.notify("alice", "all") == "delivered"
        told = await asyncio.gather(*(each.next() for each in (first, *others)))
        assert [frame["payload"]["data"] for frame in told] == ["all"] * 5


async def test_the_sixth_is_refused_with_4004_and_the_five_live(core: Core) -> None:
    async with AsyncExitStack() as stack:
        five = await several(stack, core, 5)
        async with connect(core.address, "/ws/state", f"?token={token()}") as sixth:
            assert (await sixth.next())["type"] == "error"
            assert (await sixth.closed())[0] == 4004
        async with core.open("bob") as bob:
            await bob.ping()
        await asyncio.gather(*(each.ping() for each in five))
        await five[0].connection.close()

        async def four_are_left() -> bool:
            return (await core.leftovers())["connections"] == 4

        await until(four_are_left)
        async with core.open() as again:
            await again.ping()


async def test_twenty_at_once_at_a_limit_of_five_admit_exactly_five(core: Core) -> None:
    async with AsyncExitStack() as stack:
        doors = [connect(core.address, "/ws/state", f"?token={token()}") for _ in range(20)]
        clients = await asyncio.gather(*(stack.enter_async_context(door) for door in doors))
        first = [(await client.next())["type"] for client in clients]
        assert (first.count("connection_established"), first.count("error")) == (5, 15)


async def test_the_end_of_one_is_nothing_to_the_others_nor_to_other_users(core: Core) -> None:
    async with AsyncExitStack() as stack:
        one, two, three = await several(stack, core, 3)
        [bob] = await several(stack, core, 1, "bob")
        one.drop()
        await two.connection.close()
        await three.send({"type": "user_message", "payload": {}, "broadcast": True})
        assert (await three.next())["type"] == "ack"
        await bob.ping()


async def test_where_the_oldest_makes_room_it_is_closed_with_4004(strict: Core) -> None:
    async with strict.open() as one, strict.open() as two, strict.open() as three:
        assert (await one.closed())[0] == 4004
        await two.ping()
        await three.ping()
