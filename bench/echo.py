"""The handler that `bench/rpc.py` asks."""

from __future__ import annotations

from typing import Any

from server.service.handlers import Client, rpc


@rpc("bench.echo")
def echo(client: Client, body: Any) -> Any:
    return body
