"""Seed 000, phase 2: a client asks the server."""

from __future__ import annotations

from integration.rpc.client import rpc_client
from syncbed.world import Address


async def test_client_to_server_rpc(rpc_address: Address) -> None:
    """TestClientToServerRPC."""
    async with rpc_client(rpc_address) as client:
        response = await client.send_rpc("test.echo", {"param": "test-param"}, 5000)
        assert response["header"]["type"] == "response"
        assert response["header"]["topic"] == response["header"]["correlationID"]
        assert response["body"] == {"result": "echo-test-param"}


async def test_a_request_needs_no_registration(rpc_address: Address) -> None:
    async with rpc_client(rpc_address, register=False) as client:
        assert await client.result("test.echo", {"param": 1}) == {"result": "echo-1"}
