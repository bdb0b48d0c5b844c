"""Seed 000, 4.3: several clients, and requests that are under way at the same time, in both directions."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from integration.rpc.client import echo, rpc_client
from server.service.notify import Service
from syncbed.world import Address

CLIENTS = 20
CALLS = 25


def pair(first: Any, second: Any) -> Any:
    return [first, second]


async def test_a_slow_request_holds_no_other_one_up(rpc_address: Address) -> None:
    async with rpc_client(rpc_address) as client:
        slow = asyncio.create_task(client.result("test.slow", {"delay_ms": 300}))
        answers = [await client.result("test.echo", {"param": n}) for n in range(CALLS)]
        assert not slow.done()
        assert answers == [{"result": f"echo-{n}"} for n in range(CALLS)]
        assert await slow == {"result": "slow"}


async def test_many_clients_ask_at_once_and_each_gets_its_own_answers(rpc_address: Address) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(rpc_client(rpc_address)) for _ in range(CLIENTS)]
        answers = await asyncio.gather(
            *(
                client.result("test.echo", {"param": f"{client.broker_client_id} {n}"})
                for n in range(CALLS)
                for client in clients
            )
        )
        assert answers == [
            {"result": f"echo-{client.broker_client_id} {n}"} for n in range(CALLS) for client in clients
        ]


async def test_many_clients_are_asked_at_once_and_each_by_its_id(
    rpc_address: Address, service: Service
) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(rpc_client(rpc_address)) for _ in range(CLIENTS)]
        for client in clients:
            client.register_handler("whoami", partial(pair, client.broker_client_id))
        asked = (
            service.request_to_client(client.broker_client_id, "whoami", n)
            for n in range(CALLS)
            for client in clients
        )
        assert await asyncio.gather(*asked) == [
            [client.broker_client_id, n] for n in range(CALLS) for client in clients
        ]


async def test_both_directions_at_once_over_one_connection(rpc_address: Address, service: Service) -> None:
    async with rpc_client(rpc_address) as client:
        client.register_handler("client.echo", echo)
        for_client = (
            service.request_to_client(client.broker_client_id, "client.echo", {"param": n})
            for n in range(CALLS)
        )
        for_server = (client.result("test.echo", {"param": n}) for n in range(CALLS))
        expected = [{"result": f"echo-{n}"} for n in range(CALLS)]
        assert await asyncio.gather(*for_client, *for_server) == expected * 2
