"""What becomes of a request to a client while Redis does not answer, or its answer is lost."""

from __future__ import annotations

import pytest

from integration.rpc.client import echo, rpc_client
from integration.tcp_relay import TcpRelay
from integration.waiting import until
from server.brokers.base import BrokerUnavailableError
from server.remote import remote_service
from server.service.calls import RequestTimeoutError
from syncbed.world import World

pytestmark = pytest.mark.own_stack

PREFIX = "rpc"


@pytest.mark.parametrize("listens", [False, True], ids=["its first request", "one of many"])
async def test_a_request_ends_by_its_own_timeout_while_redis_stands_still(
    world: World, listens: bool
) -> None:
    redis = world.redis()
    address = world.reference(redis_url=redis.url, redis_prefix=PREFIX).address
    async with remote_service(redis.url, PREFIX) as service, rpc_client(address) as client:
        client.register_handler("client.echo", echo)
        client_id = client.broker_client_id
        if listens:
            await service.request_to_client(client_id, "client.echo", {"param": 0})
        redis.suspend()
        for _ in range(3):
            with pytest.raises(RequestTimeoutError, match=r"^request timed out$"):
                await service.request_to_client(client_id, "client.echo", {"param": 1}, 50)
        redis.resume()

        async def is_asked() -> bool:
            try:
                answer = await service.request_to_client(client_id, "client.echo", {"param": 2})
            except BrokerUnavailableError:
                return False
            return bool(answer == {"result": "echo-2"})

        await until(is_asked)


async def test_a_client_that_may_have_been_asked_is_waited_for(world: World) -> None:
    redis = world.redis()
    address = world.reference(redis_url=redis.url, redis_prefix=PREFIX).address
    async with (
        TcpRelay(redis.url) as relay,
        remote_service(relay.url, PREFIX) as service,
        rpc_client(address) as client,
    ):
        client.register_handler("client.echo", echo)
        client_id = client.broker_client_id
        await service.request_to_client(client_id, "client.echo", {"param": 0})
        relay.lose_answer_to(b"the-lost-one")
        answer = await service.request_to_client(client_id, "client.echo", {"param": "the-lost-one"})
        assert (answer, relay.lost) == ({"result": "echo-the-lost-one"}, 1)


async def test_that_nobody_can_be_asked_is_said_at_once(world: World) -> None:
    redis = world.redis()
    async with remote_service(redis.url, PREFIX) as service:
        redis.kill()
        with pytest.raises(BrokerUnavailableError, match=r"cannot reach Redis"):
            await service.request_to_client("wsconn-x", "client.echo", None, 60_000)
