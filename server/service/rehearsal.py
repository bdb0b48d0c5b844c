"""Test mode: what a test of an RPC client needs at the other end.

`test.echo` answers `{"param": p}` with `{"result": "echo-p"}`; `test.err` fails; `test.slow` takes `delay_ms`
(a second, by the server's clock); the event `kill` drops the connection of who says it.
"""

from __future__ import annotations

from typing import Any

from ..clock import Clock
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

    @rehearsal.on_event("kill")
    def kill(client: Client, body: Any) -> None:
        client.drop()

    return handlers.before(rehearsal)


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, dict) else None
