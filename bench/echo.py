"""The handlers that `bench/rpc.py` asks."""

from __future__ import annotations

from typing import Any

from server.service.handlers import Client, rpc


@rpc("bench.echo")
def echo(client: Client, body: Any) -> Any:
    return body


@rpc("bench.begin")
async def begin(client: Client, body: Any) -> Any:
    """Ask the client, again with every answer, until it has gone."""
    while True:
        await client.request("bench.echo", body)
