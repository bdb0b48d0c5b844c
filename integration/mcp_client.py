"""A real MCP client, the SDK's own, over stdio with `syncbed mcp` as its subprocess."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client

from syncbed.world.reference import without_settings

TOP = Path(__file__).resolve().parents[1]


@dataclass
class Tools:
    """`progress` holds what the last call told on its way."""

    client: Client
    progress: list[str] = field(default_factory=list)

    async def names(self) -> dict[str, dict[str, Any]]:
        """The schema of every tool's arguments, by its name."""
        return {tool.name: tool.input_schema for tool in (await self.client.list_tools()).tools}

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What the tool answers; AssertionError with its words if it refuses."""
        self.progress.clear()
        answer = await self.client.call_tool(name, arguments, progress_callback=self._heard)
        assert not answer.is_error, _text(answer)
        found: dict[str, Any] = answer.structured_content
        return found

    async def refusal(self, name: str, **arguments: Any) -> str:
        answer = await self.client.call_tool(name, arguments)
        assert answer.is_error, answer.structured_content
        return _text(answer)

    async def _heard(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress.append(f"{progress:g}/{total:g} {message}")


@asynccontextmanager
async def mcp_tools(*words: str, cwd: Path) -> AsyncIterator[Tools]:
    environ = {**without_settings(os.environ), "PYTHONPATH": str(TOP)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "syncbed", "mcp", *words], env=environ, cwd=cwd
    )
    async with Client(stdio_client(command)) as client:
        yield Tools(client)


def _text(answer: Any) -> str:
    return "\n".join(block.text for block in answer.content)
