"""The table of tools, and the server that offers them on standard input and output."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from ..drivers.errors import DriverError
from ..run.errors import RunError
from ..scenario import ScenarioError
from ..trace import TraceError
from ..wire import WireError
from ..world import WorldError
from .gateway import Gateway, GatewayError
from .scenarios import Scenarios
from .standard_input import StandardInput

Tool = Callable[..., Awaitable[dict[str, Any]]]

KNOWN = (RunError, ScenarioError, TraceError, WireError, DriverError, WorldError, GatewayError, OSError)
"""What is told in its own words. Anything else is a mistake of ours, and goes to the log with its stack."""

LOOKS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
ENDS = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)


def tools(scenarios: Scenarios, gateway: Gateway) -> dict[str, tuple[Tool, ToolAnnotations]]:
    """By name. What a tool takes, and says of itself, is its signature and its docstring."""
    return {
        "list_scenarios": (scenarios.list, LOOKS),
        "run_scenario": (scenarios.run, ACTS),
        "explain_run": (scenarios.explain, LOOKS),
        "websocket_get_endpoint": (gateway.get_endpoint, LOOKS),
        "websocket_publish_to_channel": (gateway.publish_to_channel, ACTS),
        "websocket_subscribe_to_channel": (gateway.subscribe_to_channel, ACTS),
        "websocket_send_to_connection": (gateway.send_to_connection, ACTS),
        "reset": (gateway.reset, ENDS),
    }


async def serve(url: str | None, runs: Path, *, headed: bool) -> int:
    """Until standard input ends, or a signal ends it: the exit code. `url` is the gateway's server."""
    with StandardInput().taken() as standard_input:
        async with Gateway(url) as gateway:
            await offer(Scenarios(runs, headed=headed), gateway).run_stdio_async()
    return 128 + standard_input.ended_by if standard_input.ended_by else 0


async def describe(url: str | None, runs: Path) -> list[dict[str, Any]]:
    """The tools as a client is told of them."""
    async with Gateway(url) as gateway:
        listed = await offer(Scenarios(runs, headed=False), gateway).list_tools()
    return [tool.model_dump(by_alias=True, exclude_none=True) for tool in listed]


def offer(scenarios: Scenarios, gateway: Gateway) -> MCPServer:
    offered = MCPServer(
        "syncbed",
        version=version("syncbed"),
        instructions="Play scenarios of browser sync in real tabs and learn what went wrong; publish and "
        "send through a WebSocket gateway.",
        log_level="WARNING",
    )
    for name, (tool, hints) in tools(scenarios, gateway).items():
        offered.add_tool(told(tool), name=name, annotations=hints)
    return offered


def told(tool: Tool) -> Tool:
    """The same; what may be expected to go wrong is an answer, in its own words."""

    @functools.wraps(tool)
    async def call(*given: Any, **named: Any) -> dict[str, Any]:
        try:
            return await tool(*given, **named)
        except KNOWN as error:
            raise ToolError(str(error)) from error

    return call
