"""Seed 000, phase 3: the server asks a client."""

from __future__ import annotations

from typing import Any

from integration.rpc.client import echo, rpc_client
from server.service.notify import Service
from syncbed.world import Address


async def test_server_to_client_rpc(rpc_address: Address, service: Service) -> None:
    """TestServerToClientRPC, from another process."""
    seen: list[Any] = []

    def handler(body: Any) -> Any:
        seen.append(body)
        return echo(body)

    async with rpc_client(rpc_address) as client:
        client.register_handler("client.echo", handler)
        asked = service.request_to_client(
            client.broker_client_id, "client.echo", {"param": "test-param"}, 5000
        )
        assert await asked == {"result": "echo-test-param"}
        assert seen == [{"param": "test-param"}]


async def test_the_server_that_holds_the_connection_asks_it(rpc_address: Address) -> None:
    async with rpc_client(rpc_address) as client:
        client.register_handler("client.echo", echo)
        asked = {"topic": "client.echo", "body": {"param": "p"}}
        assert await client.result("test.ask", asked) == {"answer": {"result": "echo-p"}}


async def test_an_id_belongs_to_one_connection_and_the_page_session_to_all_of_a_page(
    rpc_address: Address,
) -> None:
    async with rpc_client(rpc_address, "ps-1") as first:
        assert await first.register() == {
            "brokerClientID": first.broker_client_id,
            "pageSessionID": "ps-1",
            "status": "registered",
        }
    async with rpc_client(rpc_address, "ps-1") as second:
        assert second.broker_client_id != first.broker_client_id
        assert second.broker_client_id.startswith("wsconn-")
