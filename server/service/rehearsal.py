"""Test mode: what a test of an RPC client needs at the other end.

`test.echo` answers `{"param": p}` with `{"result": "echo-p"}`; `test.err` fails; `test.slow` takes `delay_ms`
(a second, by the server's clock); `test.ask` asks a client (`{"topic", "body", "timeout_ms", "client_id"}`;
without an id, its sender) and answers what that one did. The event `kill` drops the connection of its sender.
"""

from __future__ import annotations

from typing import Any

from ..clock import Clock
from .calls import TIMEOUT_MS
from .handlers import Client, Handlers

SLOW_MS = 1000


def with_rehearsal(handlers: Handlers, clock: Clock) -> Handlers:
    """The application's own come first."""
    rehearsal = Handlers()

    @rehearsal.rpc("test.echo")
    def echo(client: Client, body: Any) -> Any:
        return {"result": f"echo-{_member(body, 'param')}"}

    @rehearsal.rpc("test.err")
    def err(client: Client, body: Any) -> Any:
        raise RuntimeError(_member(body, "message") or "boom")

    @rehearsal.rpc("test.slow")
    async def slow(client: Client, body: Any) -> Any:
        delay_ms = _member(body, "delay_ms")
        await clock.sleep((SLOW_MS if delay_ms is None else float(delay_ms)) / 1000, "test.slow")
        return {"result": "slow"}

    @rehearsal.rpc("test.ask")
    async def ask(client: Client, body: Any) -> Any:
        client_id = _member(body, "client_id") or client.id
        timeout_ms = int(_member(body, "timeout_ms") or TIMEOUT_MS)
        topic = str(_member(body, "topic"))
        answer = await client.service.request_to_client(client_id, topic, _member(body, "body"), timeout_ms)
        return {"answer": answer}

    @rehearsal.on_event("kill")
    def kill(client: Client, body: Any) -> None:
        client.drop()

    return handlers.before(rehearsal)


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, dict) else None
