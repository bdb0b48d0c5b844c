"""Clients of one instance, asked from another, and what is known of them when theirs is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from integration.rpc.client import RpcFailedError, echo, rpc_client, silent
from integration.waiting import until
from server.remote import remote_service
from server.service.calls import ClientNotFoundError, RequestTimeoutError
from syncbed.world import ReferenceProcess, World

pytestmark = pytest.mark.own_stack

Instances = tuple[ReferenceProcess, ReferenceProcess]


async def fails(asked: Awaitable[object]) -> str:
    with pytest.raises(RpcFailedError) as failed:
        await asked
    return str(failed.value)


async def test_a_client_of_another_instance_is_asked_and_its_end_is_known_at_once(
    two_instances: Instances,
) -> None:
    first, second = (instance.address for instance in two_instances)
    async with rpc_client(first) as here, rpc_client(second) as there:
        there.register_handler("client.echo", echo)
        there.register_handler("client.silent", silent)
        ask = {"client_id": there.broker_client_id, "topic": "client.echo", "body": {"param": "p"}}
        assert await here.result("test.ask", ask) == {"answer": {"result": "echo-p"}}
        assert await fails(here.result("test.ask", ask | {"topic": "none"})) == (
            "handler error: no handler for topic: none"
        )
        pending = asyncio.create_task(
            fails(here.result("test.ask", ask | {"topic": "client.silent", "timeout_ms": 60_000}, 60_000))
        )
        await there.asked(3)
        there.drop()
        assert await pending == "handler error: connection lost"


async def test_an_event_reaches_a_subscriber_of_another_instance(two_instances: Instances) -> None:
    first, second = (instance.address for instance in two_instances)
    async with rpc_client(first) as here, rpc_client(second) as there:
        await there.send("subscribe", "news", None)
        await there.result("test.echo", {"param": 1})
        await here.send_event("news", {"n": 1})
        assert (await there.next_event("news"))["body"] == {"n": 1}


async def test_an_instance_that_is_killed_answers_nothing_and_then_nobody_is_there(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    first = world.reference(redis_url=redis_url, redis_prefix=redis_prefix)
    second = world.reference(redis_url=redis_url, redis_prefix=redis_prefix)
    async with (
        remote_service(redis_url, redis_prefix) as service,
        rpc_client(first.address) as here,
        rpc_client(second.address) as there,
    ):
        there.register_handler("client.silent", silent)
        client_id = there.broker_client_id
        pending = asyncio.create_task(service.request_to_client(client_id, "client.silent", None, 1500))
        await there.asked(1)
        second.kill()
        with pytest.raises(RequestTimeoutError, match=r"^request timed out$"):
            await pending

        async def nobody_is_there() -> bool:
            try:
                await service.request_to_client(client_id, "client.silent", None, 100)
            except ClientNotFoundError:
                return True
            except RequestTimeoutError:  # Redis has not noticed yet
                return False
            raise AssertionError("answered")

        await until(nobody_is_there)
        ask = {"client_id": client_id, "topic": "client.silent"}
        assert await fails(here.result("test.ask", ask)) == "handler error: client not found"
        here.register_handler("client.echo", echo)
        answer = await service.request_to_client(here.broker_client_id, "client.echo", {"param": 1})
        assert answer == {"result": "echo-1"}


async def test_while_redis_is_down_an_instance_asks_its_own_clients_and_afterwards_all(world: World) -> None:
    redis = world.redis()
    first = world.reference(redis_url=redis.url).address
    second = world.reference(redis_url=redis.url).address
    async with rpc_client(first) as here, rpc_client(second) as there:
        for client in (here, there):
            client.register_handler("client.echo", echo)
        own = {"topic": "client.echo", "body": {"param": 1}}
        afar = own | {"client_id": there.broker_client_id}
        assert await here.result("test.ask", afar) == {"answer": {"result": "echo-1"}}
        redis.kill()
        assert await here.result("test.ask", own) == {"answer": {"result": "echo-1"}}
        assert (await fails(here.result("test.ask", afar))).startswith("handler error: ")
        redis.start()

        async def is_asked() -> bool:
            try:
                return bool(await here.result("test.ask", afar) == {"answer": {"result": "echo-1"}})
            except RpcFailedError:
                return False

        await until(is_asked)
