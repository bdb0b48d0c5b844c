"""Seed 000, 4.3: large messages and high rates."""

from __future__ import annotations

import asyncio

from integration.rpc.client import rpc_client
from integration.waiting import until
from server.service.notify import Service
from syncbed.world import Address

LARGE = "x" * 1_000_000
"""Near the limit of 1 MiB, with what stands around it."""
BURST = 900
EVENTS = 2000


async def test_a_large_message_goes_there_and_back(rpc_address: Address) -> None:
    async with rpc_client(rpc_address) as client:
        answer = await client.result("test.echo", {"param": LARGE}, timeout_ms=20_000)
        assert answer == {"result": f"echo-{LARGE}"}


async def test_a_large_message_goes_to_a_client_and_back_through_redis(
    rpc_address: Address, service: Service
) -> None:
    async with rpc_client(rpc_address) as client:
        client.register_handler("client.same", lambda body: body)
        answer = await service.request_to_client(client.broker_client_id, "client.same", [LARGE], 20_000)
        assert answer == [LARGE]


async def test_a_burst_of_requests_is_answered_to_the_last(rpc_address: Address) -> None:
    async with rpc_client(rpc_address) as client:
        asked = (client.result("test.echo", {"param": n}, 30_000) for n in range(BURST))
        assert await asyncio.gather(*asked) == [{"result": f"echo-{n}"} for n in range(BURST)]


async def test_many_events_come_in_their_order_and_none_is_lost(rpc_address: Address) -> None:
    async with rpc_client(rpc_address) as teller, rpc_client(rpc_address) as listener:
        await listener.send("subscribe", "stress", None)
        await listener.result("test.echo", {"param": 1})
        for n in range(EVENTS):
            await teller.send_event("stress", n)
        await until(lambda: listener.events.qsize() == EVENTS, 30)
        bodies = [(await listener.next_event("stress"))["body"] for _ in range(EVENTS)]
        assert bodies == list(range(EVENTS))
